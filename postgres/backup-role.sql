-- Lets a role take backups without being a superuser. Run it as a superuser, once in each database that is backed up, in the maintenance
-- database, and in template1, which gives it to databases made later:
--   psql -v role=backup -d app -f backup-role.sql
-- The role must exist: CREATE ROLE backup LOGIN PASSWORD '…';
\set ON_ERROR_STOP 1
BEGIN;
-- Every table, view and sequence, the password hashes of roles among them, and the server's settings.
GRANT pg_read_all_data, pg_read_all_settings, pg_read_all_stats TO :"role";
-- Rows that policies hide. A role that takes backups sees all rows or fails.
ALTER ROLE :"role" NOSUPERUSER BYPASSRLS;
-- Large objects of others: pg_read_all_data does not reach them.
ALTER ROLE :"role" SET lo_compat_privileges = on;
-- Dumps that a killed sidecar left running are its own, and end with their role's rights. Locks, snapshots and advisory locks need none.
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'role') \gexec
COMMIT;
