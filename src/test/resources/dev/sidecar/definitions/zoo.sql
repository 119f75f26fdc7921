-- One thing of every kind that a dump brings back, and of those that PostgreSQL spells otherwise when it reads its own text.
SELECT current_setting('server_version_num')::int >= 150000 AS since15 \gset
CREATE ROLE app;
CREATE ROLE reader;
CREATE ROLE writer;
CREATE SCHEMA app AUTHORIZATION app; CREATE SCHEMA "Odd "" .schema";
CREATE EXTENSION pgcrypto SCHEMA app; CREATE EXTENSION postgres_fdw; CREATE EXTENSION hstore;
SET search_path=app,public;
CREATE TYPE mood AS ENUM ('sad','ok'); ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
CREATE TYPE pair AS (a int, b text COLLATE "C");
CREATE DOMAIN email AS text COLLATE "C" DEFAULT 'x' NOT NULL CHECK (VALUE ~ '@');
CREATE TYPE span AS RANGE (subtype=float8, subtype_diff=float8mi);
CREATE COLLATION german (provider=icu, locale='de-u-co-phonebk', deterministic=false);
CREATE FUNCTION plus1(i int DEFAULT 3, VARIADIC x varchar[] DEFAULT ARRAY['a','b']) RETURNS int LANGUAGE sql IMMUTABLE SET search_path = app, public SET work_mem='8MB' AS 'SELECT i+1';
CREATE FUNCTION atomic(s varchar) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT s IN ('a','b') AND 1 BETWEEN 0 AND 2 AND true; END;
CREATE PROCEDURE proc() LANGUAGE plpgsql AS $$ BEGIN
  NULL; END $$;
CREATE AGGREGATE mysum(int) (sfunc=int4pl, stype=int, initcond='0', parallel=safe);
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, gone int, s varchar(10) DEFAULT 'a' CHECK (s IN ('a','b')), n numeric(10,2) CHECK (n BETWEEN 1 AND 2 AND n>0), d date DEFAULT now(), g int GENERATED ALWAYS AS (id*2) STORED, e email, m mood DEFAULT 'ok', p pair, PRIMARY KEY(id), tx text) WITH (fillfactor=70, toast.autovacuum_enabled=false);
ALTER TABLE t DROP COLUMN gone; ALTER TABLE t ALTER tx SET STORAGE EXTERNAL; ALTER TABLE t ALTER s SET STATISTICS 500; ALTER TABLE t ALTER s SET (n_distinct=5);
ALTER TABLE t ADD CONSTRAINT later CHECK (id > 0) NOT VALID;
CREATE TABLE "Child T" (x int, PRIMARY KEY (x)) INHERITS (t);
CREATE TABLE own (x serial, fk int REFERENCES t(id) ON DELETE CASCADE DEFERRABLE);
CREATE TABLE inhlater (s2 int, s varchar(10), id int NOT NULL);
CREATE TABLE ev (at date, k text, id bigserial, v varchar) PARTITION BY RANGE (at);
CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST(k);
CREATE TABLE ev1a PARTITION OF ev1 FOR VALUES IN ('a');
CREATE TABLE evd (k text, at date, id bigint NOT NULL DEFAULT 7, v varchar); ALTER TABLE ev ATTACH PARTITION evd DEFAULT;
CREATE INDEX ON ev (k) ; ALTER TABLE ev ADD UNIQUE (at,k); ALTER TABLE ev ADD CHECK (v IN ('x','y'));
ALTER TABLE ev ADD FOREIGN KEY (id) REFERENCES t(id);
CREATE INDEX ix ON t (lower(s)) INCLUDE (n) WHERE s IN ('a','b'); ALTER TABLE t CLUSTER ON t_pkey; ALTER INDEX ix ALTER COLUMN 1 SET STATISTICS 77;
CREATE VIEW v WITH (security_barrier) AS SELECT s, n FROM t WHERE s IN ('a','b') AND n BETWEEN 1 AND 3 AND (id = 1 OR id IN (2,3)) WITH CHECK OPTION;
ALTER VIEW v ALTER s SET DEFAULT 'zz';
CREATE MATERIALIZED VIEW mv AS SELECT count(*) c FROM t WHERE s = ANY ('{a,b}'); CREATE UNIQUE INDEX ON mv(c);
CREATE RULE r AS ON INSERT TO own DO ALSO NOTIFY x;
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE OF s ON t FOR EACH ROW WHEN (NEW.s IN ('a','b')) EXECUTE FUNCTION trg('arg'); ALTER TABLE t DISABLE TRIGGER tr;
CREATE TRIGGER ptr AFTER INSERT ON ev FOR EACH ROW EXECUTE FUNCTION trg();
ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY pol ON t AS RESTRICTIVE FOR SELECT TO reader, writer USING (s IN ('a','b'));
CREATE STATISTICS st (dependencies, mcv) ON s, n FROM t; ALTER STATISTICS st SET STATISTICS 100; CREATE STATISTICS st2 ON (lower(s)), n FROM t;
\if :since15
CREATE PUBLICATION pub FOR TABLE t (id, s) WHERE (id > 3);
CREATE PUBLICATION pubs FOR TABLES IN SCHEMA public;
\endif
CREATE PUBLICATION puball FOR ALL TABLES WITH (publish='insert', publish_via_partition_root);
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x', dbname 'y'); CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'u', password 'secret'); CREATE USER MAPPING FOR PUBLIC SERVER far;
CREATE FOREIGN TABLE ft (a int OPTIONS (column_name 'b') NOT NULL, c text) SERVER far OPTIONS (table_name 't');
CREATE OPERATOR === (leftarg=int, rightarg=int, function=int4eq, commutator= ===, hashes, merges);
CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 3 === , FUNCTION 1 btint4cmp(int,int);
CREATE CAST (mood AS int) WITH INOUT AS ASSIGNMENT;
CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE=simple, STOPWORDS=english); CREATE TEXT SEARCH CONFIGURATION cfg (COPY=english); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR asciiword WITH dict, english_stem;
CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER evt ON ddl_command_end WHEN TAG IN ('CREATE TABLE','DROP TABLE') EXECUTE FUNCTION et(); ALTER EVENT TRIGGER evt ENABLE ALWAYS;
CREATE TRANSFORM FOR hstore LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE th (i int) USING heap2;
CREATE SEQUENCE sq AS smallint INCREMENT -2 MINVALUE -100 MAXVALUE 5 CYCLE CACHE 7;
CREATE UNLOGGED TABLE ul (i int); ALTER TABLE ul REPLICA IDENTITY FULL;
CREATE TABLE typed OF pair (PRIMARY KEY (a)); CREATE TABLE ex (i int, EXCLUDE USING btree (i WITH =));
COMMENT ON TABLE t IS E'tab\there\nnew \\ line'; COMMENT ON COLUMN t.s IS 'c'; COMMENT ON CONSTRAINT later ON t IS 'k'; COMMENT ON SCHEMA public IS 'changed'; COMMENT ON EVENT TRIGGER evt IS 'e'; COMMENT ON EXTENSION hstore IS 'mine'; COMMENT ON FUNCTION atomic IS 'f'; COMMENT ON TYPE mood IS 'ty'; COMMENT ON INDEX ix IS 'i';
GRANT USAGE ON SCHEMA app TO reader; ALTER TABLE t OWNER TO app; GRANT SELECT ON t TO reader WITH GRANT OPTION; SET ROLE reader; GRANT SELECT ON t TO writer; RESET ROLE; GRANT UPDATE (s) ON t TO writer; REVOKE DELETE ON t FROM app;
GRANT USAGE ON SCHEMA app TO reader WITH GRANT OPTION; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT EXECUTE ON FUNCTION plus1 TO reader; REVOKE EXECUTE ON FUNCTION trg FROM PUBLIC; GRANT USAGE ON TYPE mood TO reader; GRANT USAGE ON FOREIGN SERVER far TO app; GRANT USAGE ON SEQUENCE sq TO app; GRANT EXECUTE ON FUNCTION pg_stat_reset() TO reader; GRANT EXECUTE ON FUNCTION digest(text,text) TO reader; REVOKE EXECUTE ON FUNCTION digest(text,text) FROM PUBLIC; GRANT SELECT ON pg_catalog.pg_authid TO reader; GRANT SELECT (rolname) ON pg_catalog.pg_authid TO writer; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT INSERT ON TABLES TO writer; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SELECT lo_from_bytea(1000,'x'); GRANT SELECT ON LARGE OBJECT 1000 TO reader; COMMENT ON LARGE OBJECT 1000 IS 'lo'; SELECT lo_from_bytea(1001,'x'); ALTER LARGE OBJECT 1001 OWNER TO app;
alter table inhlater add tx text, add g int, add d date, add n numeric(10,2);
ALTER TYPE mood OWNER TO app; ALTER FUNCTION plus1 OWNER TO app;
CREATE TABLE vc1 (id int, status varchar(5), CONSTRAINT long CHECK (status::text = ANY (ARRAY['a'::varchar,'b'::varchar]::text[])));
-- The schema that every database begins with has an owner of its own, who may less than most.
ALTER SCHEMA public OWNER TO app; REVOKE CREATE ON SCHEMA public FROM app;
-- Owners of all kinds of things, beside many things of another.
CREATE FUNCTION is_sad(mood) RETURNS bool IMMUTABLE LANGUAGE sql AS $$SELECT $1 = 'sad'$$;
CREATE OPERATOR !!! (rightarg=mood, function=is_sad); ALTER OPERATOR !!! (NONE, mood) OWNER TO app; ALTER COLLATION german OWNER TO app; ALTER CONVERSION conv OWNER TO app; ALTER STATISTICS st OWNER TO app; ALTER TEXT SEARCH DICTIONARY dict OWNER TO app; ALTER TEXT SEARCH CONFIGURATION cfg OWNER TO app;
ALTER AGGREGATE mysum(int) OWNER TO app; ALTER DOMAIN email OWNER TO app; ALTER TYPE span OWNER TO app; ALTER OPERATOR CLASS oc USING btree OWNER TO app; ALTER PROCEDURE proc OWNER TO app; ALTER VIEW v OWNER TO app; ALTER MATERIALIZED VIEW mv OWNER TO app; GRANT SELECT ON t TO app;
-- Its negator and its commutator do not exist, only their names.
CREATE FUNCTION at_least(mood, int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR >=! (leftarg=mood, rightarg=int, function=at_least, negator= <!, commutator= !<=); ALTER OPERATOR >=! (mood, int) OWNER TO app;
-- A type without functions, one made of text, and a domain that inherits its default.
CREATE TYPE nothing; ALTER TYPE nothing OWNER TO app; COMMENT ON TYPE nothing IS 'n'; CREATE TYPE base; CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal IMMUTABLE STRICT AS 'textin'; CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE base (input=base_in, output=base_out, like=text, category='X', delimiter='|', default='dflt'); CREATE DOMAIN based AS base;
-- A function with a setting that no library knows, and what needs it.
CREATE FUNCTION tuned() RETURNS int LANGUAGE plpgsql SET "app.tenant" = 'a' SET work_mem = '1MB' AS 'BEGIN RETURN 1; END'; CREATE TABLE tuned_by (i int DEFAULT tuned()); ALTER FUNCTION tuned OWNER TO app;
-- All that hangs on a foreign table, whose owner is another.
CREATE FOREIGN TABLE fx (i serial, j int DEFAULT 7) SERVER far; ALTER FOREIGN TABLE fx ADD CHECK (j > 0) NOT VALID; SELECT nextval('fx_i_seq'); CREATE STATISTICS fxs ON i, j FROM fx; CREATE TRIGGER fxt BEFORE INSERT ON fx FOR EACH ROW EXECUTE FUNCTION trg(); COMMENT ON TRIGGER fxt ON fx IS 'x';
COMMENT ON SEQUENCE fx_i_seq IS 's'; GRANT USAGE ON SEQUENCE fx_i_seq TO reader; ALTER FOREIGN TABLE fx OWNER TO app; CREATE TABLE pf (a int) PARTITION BY LIST (a); CREATE FOREIGN TABLE pf1 PARTITION OF pf FOR VALUES IN (1) SERVER far; ALTER TABLE pf OWNER TO app;
-- As DROP INDEX CONCURRENTLY leaves an index when it is stopped: a dump leaves it out, and all about it.
CREATE INDEX dropping ON own (fk); COMMENT ON INDEX dropping IS 'gone'; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'dropping'::regclass;
COMMENT ON EXTENSION postgres_fdw IS NULL;
-- Partitions that differ from each other: triggers, defaults, columns in another order, owners, an index on one of them only.
CREATE TABLE pa (a int, b text, c int DEFAULT 5) PARTITION BY RANGE (a); CREATE TABLE pa1 (c int, gone int, b text, a int); ALTER TABLE pa1 DROP COLUMN gone; ALTER TABLE pa ATTACH PARTITION pa1 FOR VALUES FROM (1) TO (10); CREATE TABLE pa2 PARTITION OF pa FOR VALUES FROM (10) TO (20) PARTITION BY HASH (b);
CREATE TABLE pa2a PARTITION OF pa2 FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE INDEX pai ON ONLY pa (b); CREATE INDEX pa1i ON pa1 (b); ALTER INDEX pai ATTACH PARTITION pa1i; CREATE TRIGGER pat AFTER INSERT ON pa FOR EACH ROW EXECUTE FUNCTION trg(); ALTER TABLE pa1 DISABLE TRIGGER pat; ALTER TABLE pa2a ENABLE ALWAYS TRIGGER pat;
ALTER TABLE pa1 ALTER c SET DEFAULT 9; ALTER TABLE pa1 OWNER TO app; ALTER TABLE pa2a ALTER b SET STATISTICS 33; COMMENT ON TRIGGER pat ON pa1 IS 'here only';
-- Grants that were handed on, the widest sequence there is, views in a circle, and names that hold everything.
SET ROLE reader; GRANT USAGE ON SCHEMA app TO writer; RESET ROLE; GRANT ALL ON LARGE OBJECT 1001 TO reader WITH GRANT OPTION; SET ROLE reader; GRANT SELECT ON LARGE OBJECT 1001 TO writer; RESET ROLE;
CREATE TABLE bounds (a bigint GENERATED ALWAYS AS IDENTITY (START WITH -9223372036854775808 MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807 INCREMENT BY 9223372036854775807 CYCLE)); INSERT INTO bounds DEFAULT VALUES; INSERT INTO bounds DEFAULT VALUES;
CREATE VIEW round AS SELECT 1 AS i; CREATE VIEW square AS SELECT i FROM round; CREATE OR REPLACE VIEW round AS SELECT i FROM square; CREATE VIEW nought AS SELECT;
CREATE TABLE "-x
\! ""'%$$😀;--" ("a
""b" int, "\." text, "..." int); INSERT INTO "-x
\! ""'%$$😀;--" VALUES (1, '\.', 2); CREATE FUNCTION "f
$1"("a ""x" int) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION "f
$1" OWNER TO app; CREATE TYPE "e
""" AS ENUM ('', '''', '\'); ALTER TYPE "e
""" RENAME VALUE '''' TO 'ren "x'; ALTER TYPE "e
""" OWNER TO app;
