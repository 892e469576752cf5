#!/bin/sh
# Installs the locked packages of the given extras, with their bytecode, into /opt/heaters. Runs inside an image's build.
# The build secret `ca` is wanted only where a proxy signs the package index's certificate anew.
set -eu
python3 -m venv /opt/uv
if [ -s /run/secrets/ca ]; then
    export PIP_CERT=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca
fi
/opt/uv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check "uv>=0.9,<1"
for extra in "$@"; do
    set -- "$@" --extra "$extra"
    shift
done
UV_PROJECT_ENVIRONMENT=/opt/heaters UV_PYTHON_DOWNLOADS=never /opt/uv/bin/uv sync \
    --locked --no-dev --no-install-project --no-cache --compile-bytecode --quiet --python /usr/bin/python3 "$@"
