#!/usr/bin/env bash
# Installs Renji from an unpacked bundle, without the Internet: checks every file, then fills .venv from wheels/.
# Needs Linux on x86-64, make and Python 3.10 with its venv module. Then: make up
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -f SHA256SUMS ]; then
    echo "This is no unpacked bundle (make bundle); in a checkout, make up installs." >&2
    exit 1
fi
sha256sum --check --quiet --strict SHA256SUMS || {
    echo "Not what was packed: fetch the bundle again and compare its SHA-256. Nothing was installed." >&2
    exit 1
}
echo "All $(wc -l <SHA256SUMS) files are what was packed."
for python in ${PYTHON:+"$PYTHON"} python3.10 python3 /usr/bin/python3; do
    "$python" -c "" 2>/dev/null && exec "$python" deploy/up.py install
done
echo "Python 3.10 is needed and not found." >&2
exit 1
