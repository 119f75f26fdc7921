#!/bin/sh
# Runs at the first start, and by hand in a stack from before it (docs/stack.md, "Upgrading an image"); a second run changes nothing.
#   backup   takes backups: it reads everything and is no superuser
#   restore  restores them, a superuser: extensions, owners and grants are part of a backup. The sidecar logs in as this role only when
#            somebody plans or runs a restore.
# The passwords come from files and never appear in an argument, in the environment or in the server's log.
set -eu
# The owner of a database has no say in these sessions.
export PGOPTIONS='-c search_path=pg_catalog,pg_temp -c role=none -c pgaudit.log=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic'
sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --no-align --tuples-only --username postgres "$@"; }

sql --dbname postgres <<'SQL'
\set backup_password `cat /run/secrets/postgres/backup_password`
\set restore_password `cat /run/secrets/postgres/restore_password`
\set mark 'restores backups, made by the sidecar'
SELECT count(*) > 0 AS is_foreign FROM pg_roles
WHERE rolname = 'restore' AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM :'mark' \gset
\if :is_foreign
  DO $$ BEGIN RAISE EXCEPTION 'There is a role "restore" already, which this stack did not make. Rename it: ALTER ROLE restore RENAME TO ...'; END $$;
\endif
SELECT format('CREATE ROLE %I', missing) FROM unnest('{backup,restore}'::text[]) AS missing
WHERE missing NOT IN (SELECT rolname FROM pg_roles) \gexec
BEGIN;
ALTER ROLE restore LOGIN SUPERUSER PASSWORD :'restore_password';
COMMENT ON ROLE restore IS :'mark';
ALTER ROLE backup LOGIN PASSWORD :'backup_password';
COMMIT;
SQL

# What a backup role from before owns, it owns as a superuser.
databases=$(sql --dbname postgres --command "SELECT datname FROM pg_database WHERE datallowconn
  AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'backup' AND rolsuper)")
[ -z "$databases" ] || printf '%s\n' "$databases" | while IFS= read -r database; do
  PGDATABASE=$database sql --command 'REASSIGN OWNED BY backup TO restore' </dev/null
done

sql --dbname postgres -v role=backup --file /etc/postgresql/backup-role.sql
