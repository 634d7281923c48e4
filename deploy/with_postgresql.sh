#!/usr/bin/env bash
# Runs a command beside an empty PostgreSQL of its own, on a unix socket in a temporary directory, and names it in
# TEST_POSTGRES. Where none is installed the command runs without, and the tests that need it are skipped.
set -uo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ] || [ -n "${TEST_POSTGRES:-}" ]; then
    exec "$@"
fi
directory=$(mktemp -d "${TMPDIR:-/tmp}/renji-pg-XXXXXX")
# PostgreSQL refuses to run as root.
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    chown postgres "$directory"
    as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
fi
stop() {
    as "$bin/pg_ctl" -D "$directory/data" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$directory"
}
trap stop EXIT
(
    cd "$directory" &&
        as "$bin/initdb" -D data -U postgres -A trust -E UTF8 --no-sync >initdb.log &&
        as "$bin/pg_ctl" -D data -l "$directory/log" -w \
            -o "-c listen_addresses='' -k $directory -c fsync=off" start >/dev/null
) || {
    echo "PostgreSQL does not start: $(cat "$directory"/*log 2>/dev/null | tail -n 3)" >&2
    exit 1
}
TEST_POSTGRES="postgresql+asyncpg://postgres@/postgres?host=$directory" "$@"
