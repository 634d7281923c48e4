#!/usr/bin/env bash
# Tests that need neither Rasa nor a browser, in .venv-light: ≤200 MB to install, ≤60 s to run, on any Python from 3.10 on.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=.venv-light
wanted="$("$python" --version) $(cat requirements/gateway.txt requirements/light.txt | sha256sum)"
if [ "$(cat $venv/installed 2>/dev/null)" != "$wanted" ]; then
    rm -rf $venv
    "$python" -m venv $venv
    $venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/installer.txt || true
    files=(--no-deps --require-hashes -r requirements/gateway.txt -r requirements/light.txt)
    $venv/bin/uv pip install -q --python $venv/bin/python "${files[@]}" ||
        $venv/bin/python -m pip install -q --disable-pip-version-check "${files[@]}"
    # uv alone is as large as the rest.
    $venv/bin/python -m pip uninstall -q -y uv 2>/dev/null || true
    echo "$wanted" >$venv/installed
    used=$(du -sm $venv | cut -f1)
    echo "$venv: $used MB"
    if [ "$used" -gt 200 ]; then
        echo "The light environment may have 200 MB." >&2
        exit 1
    fi
fi
exec $venv/bin/python -m pytest -n 2 --dist loadfile ${TESTS:-tests} -m "not rasa and not browser and not chaos and not postgresql"
