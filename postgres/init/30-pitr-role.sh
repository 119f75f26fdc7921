#!/bin/sh
# Runs at the first start, and by hand where PITR=1 was set later (docs/pitr.md); a second run changes nothing.
#   pitr     begins and ends physical backups, and reads no data
# The password comes from a file and never appears in an argument, in the environment or in the server's log.
set -eu
[ -r /run/secrets/postgres/pitr_password ] || exit 0
# The owner of a database has no say in these sessions.
export PGOPTIONS='-c search_path=pg_catalog,pg_temp -c role=none -c pgaudit.log=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic'
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set pitr_password `cat /run/secrets/postgres/pitr_password`
SELECT 'CREATE ROLE pitr' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pitr') \gexec
ALTER ROLE pitr LOGIN PASSWORD :'pitr_password';
SQL
psql --no-psqlrc --quiet --username postgres --dbname postgres -v role=pitr -v asks=backup --file /etc/postgresql/pitr-role.sql
