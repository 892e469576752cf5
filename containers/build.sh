#!/usr/bin/env bash
# Builds container images as heaters-NAME: `build.sh [NAME…]`; state, media and embed unless told otherwise.
# embed-gpu is the fourth: some GB larger, and of use only where there is a GPU.
set -euo pipefail
cd "$(dirname "$0")/.."

find_engine() {
    if docker info >/dev/null 2>&1; then
        echo docker
    elif command -v buildah >/dev/null; then
        echo buildah
    elif podman info >/dev/null 2>&1; then
        echo podman
    else
        echo "heaters: no working docker, buildah or podman here; install one (Debian: apt-get install buildah)." >&2
        return 1
    fi
}

engine=$(find_engine)
options=()
if [ -n "${SSL_CERT_FILE:-}" ]; then  # this machine has certificates of its own: the build trusts them too
    options+=(--secret "id=ca,src=$SSL_CERT_FILE")
fi
# Builds inside a container, where no further namespaces may be made, as anywhere else.
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

[ $# -gt 0 ] || set -- state media embed
for name in "$@"; do
    echo "heaters: building heaters-$name with $engine ..."
    case $name in
        embed-gpu) folder=embed arguments=(--build-arg RUNTIME=gpu) ;;
        *) folder=$name arguments=() ;;
    esac
    "$engine" build "${options[@]}" "${arguments[@]}" --tag "heaters-$name" --file "containers/$folder/Dockerfile" .
done
