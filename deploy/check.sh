#!/usr/bin/env bash
# Every check, to the end; fails if one failed.
cd "$(dirname "$0")/.." || exit 1
failed=()
check() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}
bin=.venv/bin
check format $bin/ruff format --check --diff .
check lint $bin/ruff check .
check types $bin/mypy
check imports $bin/lint-imports --no-logo
check docs $bin/python -m pytest -q tests/docs
if [ ${#failed[@]} -gt 0 ]; then
    echo "Failed: ${failed[*]}"
    exit 1
fi
echo "All checks passed."
