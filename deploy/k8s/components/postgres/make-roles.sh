#!/bin/sh
# Run once, when the database is made: the roles of the services, each with the password of its Secret.
set -eu
for service in ingest analytics gateway; do
  psql --set=ON_ERROR_STOP=1 --quiet --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
    --set=role="fansipan_$service" --set=password="$(cat "/run/secrets/postgres/$service")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
done
