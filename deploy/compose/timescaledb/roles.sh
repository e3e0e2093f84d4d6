#!/bin/sh
# When the database is made: a role for each service, which may log in with the password in its address. What each may do is granted by
# the migrations.
set -eu
for service in ingest analytics gateway; do
    password=$(sed -E 's|^postgresql://[^:]*:([^@]*)@.*$|\1|' "${SECRETS:-/run/secrets}/${service}_database_url")
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set role="fansipan_$service" --set password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
done
