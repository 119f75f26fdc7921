#!/bin/sh
# Runs at the first start only: creates the roles and the database of the API and of the exporter.
#   app      owns the database of the API
#   monitor  reads statistics (postgres-exporter)
# The passwords come from files and never appear in an argument, in the environment or in the server's log.
set -eu
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set app_password `cat /run/secrets/postgres/app_password`
\set monitor_password `cat /run/secrets/postgres/monitor_password`
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
SET pgaudit.log = 'none';
CREATE ROLE app LOGIN PASSWORD :'app_password';
CREATE ROLE monitor LOGIN PASSWORD :'monitor_password' IN ROLE pg_monitor;
CREATE DATABASE app OWNER app;
REVOKE CONNECT ON DATABASE app FROM PUBLIC;
GRANT CONNECT ON DATABASE app TO monitor;
-- Not in public: the exporter's session looks names up in here and in pg_catalog alone. And not in the application's database, whose owner
-- can lock what every session there reads.
CREATE SCHEMA monitoring;
GRANT USAGE ON SCHEMA monitoring TO monitor;
CREATE EXTENSION pg_stat_statements SCHEMA monitoring;
-- An application that takes all connections hides itself from nobody.
GRANT pg_use_reserved_connections TO monitor;
CREATE EXTENSION pgaudit;
\connect app
CREATE SCHEMA monitoring;
GRANT USAGE ON SCHEMA monitoring TO monitor;
CREATE EXTENSION pg_stat_statements SCHEMA monitoring;
CREATE EXTENSION pgaudit;
SQL
