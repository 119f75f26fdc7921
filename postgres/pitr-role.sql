-- Lets one role begin and end physical backups, and another ask for the archive and leave the markers of drills, neither a superuser. Run
-- it as a superuser, once, in the maintenance database:
--   psql -v role=pitr -v asks=backup -d postgres -f pitr-role.sql
-- role: pgBackRest logs in as it on the database's host. asks: the sidecar's role of backups. Both must exist: CREATE ROLE pitr LOGIN
-- PASSWORD '…'. It needs PostgreSQL 15 or newer.
\set ON_ERROR_STOP 1
-- The owner of the database in which this runs has a say in what names mean, and in who we are.
SET search_path = pg_catalog, pg_temp;
SET ROLE NONE;
SET client_min_messages = warning;
BEGIN;
ALTER ROLE :"role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), grantee)
FROM unnest(ARRAY[:'role', :'asks']) AS grantee
WHERE NOT has_database_privilege(grantee, current_database(), 'CONNECT') \gexec
-- Where connections are reserved (reserved_connections, since PostgreSQL 16), an application that takes all others stops no backup.
SELECT format('GRANT pg_use_reserved_connections TO %I', :'role')
FROM pg_roles WHERE rolname = 'pg_use_reserved_connections' \gexec
-- Where its files are and how it archives; a backup begins and ends, and its WAL is archived at once.
GRANT pg_read_all_settings TO :"role";
GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_create_restore_point(text), pg_switch_wal() TO :"role";
-- The sidecar looks at the size of pg_wal, and has the WAL of a drill archived.
GRANT pg_monitor TO :"asks";
GRANT EXECUTE ON FUNCTION pg_create_restore_point(text), pg_switch_wal() TO :"asks";
-- Two rows for each drill: what is there after a recovery, and what is not.
-- Whoever owns the table decides what runs when a drill writes into it.
SELECT format('DO %L', format('BEGIN RAISE EXCEPTION ''schema sidecar_pitr or its table belongs to %%'', %L USING HINT = ''Drop it, and run this again.''; END', pg_get_userbyid(owner)))
FROM (
  SELECT nspowner FROM pg_namespace WHERE nspname = 'sidecar_pitr'
  UNION ALL
  SELECT relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'sidecar_pitr' AND c.relname = 'marker'
) AS place(owner)
WHERE pg_get_userbyid(owner) <> :'asks' AND NOT (SELECT rolsuper FROM pg_roles WHERE pg_roles.oid = owner)
LIMIT 1 \gexec
CREATE SCHEMA IF NOT EXISTS sidecar_pitr AUTHORIZATION :"asks";
CREATE TABLE IF NOT EXISTS sidecar_pitr.marker (drill uuid, side text, at timestamptz DEFAULT now());
ALTER TABLE sidecar_pitr.marker OWNER TO :"asks";
COMMIT;
