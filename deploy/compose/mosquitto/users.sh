#!/bin/sh
# Makes the gateway a user of the running broker, with the role that publishes (as ingest makes it, too). May be repeated.
set -eu
. "$(dirname "$0")/password.sh"
# It ends well whatever the broker says: what became of it is asked at the end.
control() {
    mosquitto_ctrl -h "${HOST:-mosquitto}" -p "${PORT:-1883}" -u fansipan-ingest -P "$(password_of ingest)" dynsec "$@"
}
if ! control listRoles | grep -qx fansipan-publisher; then
    control createRole fansipan-publisher
    control addRoleACL fansipan-publisher publishClientSend 'v1.1/#' allow
    control addRoleACL fansipan-publisher publishClientSend 'live/#' allow
    control addRoleACL fansipan-publisher publishClientReceive 'fansipan-control/#' allow
    control addRoleACL fansipan-publisher subscribePattern 'fansipan-control/#' allow
fi
if ! control listClients | grep -qx fansipan-gateway; then
    control createClient fansipan-gateway -p "$(password_of gateway)"
    control addClientRole fansipan-gateway fansipan-publisher
fi
control getClient fansipan-gateway | grep fansipan-publisher
