#!/usr/bin/env bash
# Resolves the *.in files into hashed *.txt. No index address is written into them.
set -euo pipefail
cd "$(dirname "$0")"
compile() {
    ../.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
        --custom-compile-command "make requirements" "$@"
}
compile --python-version 3.10 --override overrides.txt bot.in -o bot.txt
compile --python-version 3.10 --override overrides.txt -c bot.txt dev.in -o dev.txt
# The parts without Rasa also run on newer Pythons, hence --universal.
compile --universal --python-version 3.10 --override overrides.txt -c bot.txt gateway.in -o gateway.txt
compile --universal --python-version 3.10 --override overrides.txt -c bot.txt -c dev.txt light.in -o light.txt
compile --universal --python-version 3.10 -c dev.txt node.in -o node.txt
compile --universal --python-version 3.10 installer.in -o installer.txt
compile --universal --python-version 3.12 lint.in -o lint.txt
