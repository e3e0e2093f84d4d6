#!/bin/sh
# Runs Mosquitto: gives it its first users, and tells it when its certificate was renewed (it looks again on SIGHUP).
set -eu
users=${MOSQUITTO_USERS:-/mosquitto/data/dynamic-security.json}
certificate=${MOSQUITTO_CERTIFICATE:-/run/certificates/mosquitto}
umask 077

if [ ! -e "$users" ]; then # from then on the broker writes it
  cp "${MOSQUITTO_FIRST_USERS:-/run/secrets/mosquitto/dynamic-security.json}" "$users.first"
  mv "$users.first" "$users"
fi

fingerprint() {
  cat "$certificate/tls.crt" "$certificate/tls.key" | sha256sum
}
known=$(fingerprint)
mosquitto -c "${MOSQUITTO_CONFIG:-/etc/mosquitto/mosquitto.conf}" &
broker=$!
trap 'kill -TERM "$broker"' TERM INT

while sleep "${MOSQUITTO_LOOK_SECONDS:-60}"; do
  if now=$(fingerprint) && [ "$now" != "$known" ]; then
    known=$now
    echo "the certificate was renewed" >&2
    kill -HUP "$broker"
  fi
done &
looking=$!

code=0
while kill -0 "$broker" 2>/dev/null; do
  code=0
  wait "$broker" || code=$? # also ends when a signal was passed on
done
kill "$looking" 2>/dev/null || true
exit "$code"
