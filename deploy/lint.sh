#!/usr/bin/env bash
# Lints the Dockerfile, compose.yaml and the chart, in .venv-lint: Helm as a library needs Python 3.12 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-lint
newest() {
    for python in ${PYTHON:+"$PYTHON"} python3.{14,13,12} python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
        "$python" -c "import sys; sys.exit(sys.version_info < (3, 12))" 2>/dev/null && echo "$python" && return
    done
    echo "Python 3.12 or newer is needed to lint the chart; set PYTHON to one." >&2
    return 1
}
wanted=$(sha256sum <requirements/lint.txt)
if [ "$(cat $venv/installed 2>/dev/null)" != "$wanted" ]; then
    python=$(newest)
    rm -rf $venv
    "$python" -m venv $venv
    $venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/lint.txt
    echo "$wanted" >$venv/installed
fi
exec $venv/bin/python deploy/lint_containers.py
