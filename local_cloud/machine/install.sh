#!/usr/bin/env bash
# Installs one tool that the Python and Node packages cannot bring: `install.sh uv|ffmpeg|chromium`.
# Does nothing where the tool is already there. Uses apt-get on Debian and its kin; elsewhere says what to install.
set -euo pipefail
cd "$(dirname "$0")/../.."

apt_install() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        echo "heaters: please install $1 with this system's package manager, then run make again." >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "heaters: please run 'apt-get install $1' as root, then run make again." >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "heaters: installing $1 ..."
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null
}

case "${1:-}" in
    uv)
        command -v uv >/dev/null && exit 0
        if ! python3 -m venv .tools >/dev/null 2>&1; then
            rm -rf .tools
            apt_install python3-venv
            python3 -m venv .tools
        fi
        .tools/bin/pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
        ;;
    ffmpeg)
        if ! command -v ffmpeg >/dev/null || ! command -v ffprobe >/dev/null; then apt_install ffmpeg; fi
        ;;
    chromium)
        command -v chromium >/dev/null || apt_install chromium
        ;;
    *)
        echo "usage: install.sh uv|ffmpeg|chromium" >&2
        exit 2
        ;;
esac
