#!/bin/sh
# Starts the broker. Before the first time its users are written: ingest, who makes API keys users, too.
set -eu
umask 077
here=$(dirname "$0")
. "$here/password.sh"
users=${DATA:-/mosquitto/data}/dynamic-security.json
if [ ! -s "$users" ]; then
    rm -f "$users.new"
    mosquitto_ctrl dynsec init "$users.new" fansipan-ingest "$(password_of ingest)"
    mv "$users.new" "$users"
fi
exec mosquitto -c "$here/mosquitto.conf"
