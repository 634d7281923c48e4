#!/usr/bin/env bash
# Installs what `make test` needs beside pip: Chromium, Chinese fonts, redis-server, PostgreSQL, promtool (root and apt),
# axe-core and Prism (npm).
set -uo pipefail
cd "$(dirname "$0")/.."

missing() {
    command -v chromium >/dev/null || echo chromium
    [ -d /usr/share/fonts/opentype/noto ] || echo fonts-noto-cjk
    command -v redis-server >/dev/null || echo redis-server
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || echo postgresql
    command -v promtool >/dev/null || echo prometheus
}

packages=$(missing | tr '\n' ' ')
if [ -n "${packages// /}" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Missing: ${packages}— install them (Debian: sudo apt-get install ${packages}); tests that need them fail until then." >&2
        exit 1
    fi
    echo "Installing ${packages}…"
    export DEBIAN_FRONTEND=noninteractive
    # No server is to start by itself: the tests start their own.
    # shellcheck disable=SC2086
    { apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $packages >/dev/null; } || {
        echo "apt-get could not install: ${packages}" >&2
        exit 1
    }
fi
make --no-print-directory browser-files
