#!/bin/sh
# Creates the data folder atomically at the first start, then executes PostgreSQL.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    draft="$PGDATA.new"
    rm -rf "$draft"
    mkdir -p -m 0700 "$draft"
    initdb --pgdata "$draft" --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth scram-sha-256 \
        --encoding UTF8 --locale-provider builtin --builtin-locale C.UTF-8 --locale C
    echo 'host all all all scram-sha-256' >>"$draft/pg_hba.conf"
    mv "$draft" "$PGDATA"
fi
exec "$@"
