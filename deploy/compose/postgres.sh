#!/bin/bash
# Runs once, in an empty data folder: each service gets a database, the role that owns it and migrates it,
# and the role the service runs as, which owns nothing and is held by row-level security.
# The built-in locale sorts the same on every release of the operating system, so indexes stay right.
set -euo pipefail
for service in intake scheduling sessions notifications console; do
  password=$(cat "/run/kap/$service-password")
  owner_password=$(cat "/run/kap/${service}_owner-password")
  psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
    -v service="$service" -v password="$password" \
    -v owner="${service}_owner" -v owner_password="$owner_password" <<'SQL'
create role :"owner" login password :'owner_password';
create role :"service" login password :'password' nosuperuser nobypassrls;
create database :"service" owner :"owner" template template0 encoding 'UTF8'
  locale_provider builtin builtin_locale 'C.UTF-8';
revoke all on database :"service" from public;
grant connect on database :"service" to :"service";
SQL
done
