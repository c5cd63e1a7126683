#!/bin/bash
# Runs once, in an empty data folder: each service gets a role, and a database only that role enters.
# The built-in locale sorts the same on every release of the operating system, so indexes stay right.
set -euo pipefail
for service in intake scheduling sessions notifications console; do
  password=$(cat "/run/kap/$service-password")
  psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
    -v service="$service" -v password="$password" <<'SQL'
create role :"service" login password :'password';
create database :"service" owner :"service" template template0 encoding 'UTF8'
  locale_provider builtin builtin_locale 'C.UTF-8';
revoke all on database :"service" from public;
SQL
done
