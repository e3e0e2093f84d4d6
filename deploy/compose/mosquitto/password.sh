# To be sourced: password_of NAME is the password in the address that the service NAME is given as a secret.
password_of() {
    sed -E 's|^mqtt://[^:]*:([^@]*)@.*$|\1|' "${SECRETS:-/run/secrets}/$1_mqtt_url"
}
