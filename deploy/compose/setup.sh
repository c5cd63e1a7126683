#!/bin/sh
# Brings databases and queues up to date; safe to run again, and while the platform runs.
set -eu
for service in intake scheduling sessions notifications console; do
  kap migrate "$service" --database-url "@/run/kap/$service.database-url" \
    --owner-url "@/run/kap/$service.owner-database-url"
done
kap topology apply
