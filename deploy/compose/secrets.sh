#!/bin/sh
# Makes the secrets of a deployment in a folder, once; what is there already is kept.
set -eu
services="intake scheduling sessions notifications console"
cd "$1"
umask 077

password() {
  [ -s "$1-password" ] && return
  python -c 'import secrets; print(secrets.token_hex(24), end="")' >"$1-password.new"
  # The engines read theirs as users of their own; nobody else mounts this volume.
  chmod 0644 "$1-password.new"
  mv "$1-password.new" "$1-password"
}

database_url() {
  printf 'postgresql+psycopg://%s:%s@postgres:5432/%s' "$1" "$(cat "$1-password")" "$2"
}

for name in postgres rabbitmq oidc-client integrator-client keycloak keycloak-people; do
  password "$name"
done
for service in $services; do
  password "$service"
  password "${service}_owner"
  database_url "$service" "$service" >"$service.database-url"
  database_url "${service}_owner" "$service" >"$service.owner-database-url"
done
printf 'amqp://kap:%s@rabbitmq:5672//' "$(cat rabbitmq-password)" >broker-url
kap keys . >/dev/null
