-- Lets a role take backups without being a superuser. Run it as a superuser, once, in the maintenance database:
--   psql -v role=backup -d postgres -f backup-role.sql
-- The role must exist: CREATE ROLE backup LOGIN PASSWORD '…'. Run it again after a REVOKE of CONNECT on a database made later, and in
-- a database whose functions were revoked from PUBLIC. It needs PostgreSQL 14 or newer.
\set ON_ERROR_STOP 1
-- The owner of the database in which this runs has a say in what names mean, and in who we are.
SET search_path = pg_catalog, pg_temp;
SET ROLE NONE;
SET client_min_messages = warning;
BEGIN;
-- Every table, view and sequence, the password hashes of roles among them, and the server's settings.
GRANT pg_read_all_data, pg_read_all_settings, pg_read_all_stats TO :"role";
-- Rows that policies hide. A role that takes backups sees all rows or fails. Who may make roles could make itself a superuser.
ALTER ROLE :"role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
-- Where connections are reserved (reserved_connections, since PostgreSQL 16), an application that takes all others stops no backup.
SELECT format('GRANT pg_use_reserved_connections TO %I', :'role')
FROM pg_roles WHERE rolname = 'pg_use_reserved_connections' \gexec
-- Large objects of others: pg_read_all_data does not reach them, and there is no right to read them alone.
ALTER ROLE :"role" SET lo_compat_privileges = on;
-- Why a dump failed is read from the server's message, which may be in another language for everybody else.
ALTER ROLE :"role" SET lc_messages = 'C';
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', datname, :'role')
FROM pg_database
WHERE datallowconn AND NOT datistemplate AND NOT has_database_privilege(:'role', datname, 'CONNECT') ORDER BY datname \gexec
-- The lock that one sidecar holds, the moment that pg_dump reads, the server's identity, large objects: everybody may call these, where
-- nobody took that away. What everybody may is not granted once more, as a grant would be in the backup.
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', called, :'role')
FROM unnest('{pg_try_advisory_lock(integer\,integer),pg_export_snapshot(),pg_control_system(),lo_open(oid\,integer),
              loread(integer\,integer),lo_close(integer)}'::regprocedure[]) AS called
WHERE NOT has_function_privilege(:'role', called, 'EXECUTE') \gexec
-- Dumps that a killed sidecar left running are its own, and end with their role's rights. Locking a table to read it needs no more than
-- reading it.
COMMIT;
