-- What a dump of one database must bring back, kind by kind: a query for each, whose rows are a name that is unique within the kind, and
-- what the thing is, one property a line. Every query reads PostgreSQL's own catalogues only, in any session whose search path is
-- pg_catalog, and calls no function of the application.
--
-- "--- KIND [from VERSION] [until VERSION]" begins a query. @free(CATALOGUE, OID): no extension made it, and it came not with the server;
-- of a function also that no type brought it along.
-- @made(OID): the schema is one that a dump makes, or the one that every database begins with, 2200, whatever it is called now.
-- @schema(N): schema N is the application's. @grants(ACL, TYPE, OWNER): who may do what; the owner is called so, as a restore may give the
-- thing to another. @setting(TEXT): a setting and its value, lists of names in one spelling.
-- @unfinished(I, C): index C is one that a dump leaves out, as CREATE, DROP or REINDEX CONCURRENTLY did not end.
-- @options(ARRAY): in one order. @role(OID): a role's name.

--- access method
SELECT quote_ident(amname), concat_ws(E'\n', 'type ' || amtype::text, 'handler ' || amhandler::regproc)
FROM pg_am a WHERE @free(pg_am, a.oid)

--- aggregate
SELECT p.oid::regprocedure::text, concat_ws(E'\n',
  'kind ' || g.aggkind::text, 'direct arguments ' || nullif(g.aggnumdirectargs, 0),
  'transition ' || g.aggtransfn::regprocedure, 'final ' || nullif(g.aggfinalfn, 0)::regprocedure,
  'combine ' || nullif(g.aggcombinefn, 0)::regprocedure, 'serial ' || nullif(g.aggserialfn, 0)::regprocedure,
  'deserial ' || nullif(g.aggdeserialfn, 0)::regprocedure, 'moving transition ' || nullif(g.aggmtransfn, 0)::regprocedure,
  'moving inverse ' || nullif(g.aggminvtransfn, 0)::regprocedure, 'moving final ' || nullif(g.aggmfinalfn, 0)::regprocedure,
  'final extra ' || nullif(g.aggfinalextra, false), 'moving final extra ' || nullif(g.aggmfinalextra, false),
  'final modify ' || g.aggfinalmodify::text, 'moving final modify ' || g.aggmfinalmodify::text,
  'sort operator ' || nullif(g.aggsortop, 0)::regoperator, 'state ' || format_type(g.aggtranstype, NULL),
  'state size ' || nullif(g.aggtransspace, 0), 'moving state ' || format_type(nullif(g.aggmtranstype, 0), NULL),
  'moving state size ' || nullif(g.aggmtransspace, 0), 'initial ' || g.agginitval, 'moving initial ' || g.aggminitval,
  'arguments ' || pg_get_function_arguments(p.oid), 'parallel ' || p.proparallel::text)
FROM pg_proc p JOIN pg_aggregate g ON g.aggfnoid = p.oid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE @schema(n) AND @free(pg_proc, p.oid)

--- cast
SELECT format_type(c.castsource, NULL) || ' to ' || format_type(c.casttarget, NULL), concat_ws(E'\n',
  'context ' || c.castcontext::text, 'method ' || c.castmethod::text, 'function ' || nullif(c.castfunc, 0)::regprocedure)
FROM pg_cast c WHERE @free(pg_cast, c.oid)

--- collation
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname), concat_ws(E'\n',
  'provider ' || c.collprovider::text, 'deterministic ' || c.collisdeterministic, 'collate ' || c.collcollate, 'ctype ' || c.collctype,
  'locale ' || coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'), 'rules ' || (to_jsonb(c) ->> 'collicurules'))
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE @schema(n) AND @free(pg_collation, c.oid)

--- column
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname), concat_ws(E'\n',
  'position ' || CASE WHEN c.relispartition OR i.inhrelid IS NULL THEN a.position END,
  'type ' || format_type(a.atttypid, a.atttypmod),
  'collation ' || CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN a.attcollation::regcollation END,
  CASE WHEN a.attnotnull THEN 'not null' END,
  CASE a.attgenerated WHEN '' THEN 'default ' WHEN 's' THEN 'generated ' ELSE 'virtual ' END || pg_get_expr(d.adbin, d.adrelid),
  'identity ' || nullif(a.attidentity::text, ''),
  'storage ' || CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
  'compression ' || nullif(a.attcompression::text, ''),
  'statistics ' || nullif(a.attstattarget, -1),
  -- Some minor releases, such as 17.12, write a number of their own beside what people set; pg_dump leaves it out.
  'options ' || (SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\_attver=%'),
  'foreign options ' || @options(a.attfdwoptions),
  CASE WHEN NOT a.attislocal THEN 'inherited' END)
FROM (SELECT *, row_number() OVER (PARTITION BY attrelid ORDER BY attnum) AS position
      FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped) a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN (SELECT DISTINCT inhrelid FROM pg_inherits) i ON i.inhrelid = c.oid
WHERE @schema(n) AND @free(pg_class, c.oid)

--- comment
SELECT o.type || ' ' || o.identity, d.description
FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o
WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = 2200)
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
  AND NOT (d.classoid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                                                         WHERE i.indexrelid = d.objoid AND @unfinished(i, c)))
  AND o.identity IS NOT NULL

--- constraint
SELECT coalesce(quote_ident(n.nspname) || '.' || quote_ident(c.relname), format_type(k.contypid, NULL)) || '.' || quote_ident(k.conname),
  CASE WHEN k.conislocal THEN pg_get_constraintdef(k.oid)
    ELSE concat_ws(E'\n', regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''), 'inherited') END
FROM pg_constraint k
  LEFT JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  AND @schema(n) AND @free(pg_class, k.conrelid) AND @free(pg_type, k.contypid)

--- conversion
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.conname), concat_ws(E'\n',
  'from ' || pg_encoding_to_char(c.conforencoding), 'to ' || pg_encoding_to_char(c.contoencoding),
  'function ' || c.conproc::regproc, CASE WHEN c.condefault THEN 'default' END)
FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace
WHERE @schema(n) AND @free(pg_conversion, c.oid)

--- database
SELECT 'itself', concat_ws(E'\n',
  'owner ' || @role(d.datdba), 'encoding ' || pg_encoding_to_char(d.encoding), 'connection limit ' || nullif(d.datconnlimit, -1),
  CASE WHEN d.datistemplate THEN 'template' END, 'comment ' || shobj_description(d.oid, 'pg_database'),
  (SELECT string_agg('security label ' || l.provider || ' ' || l.label, E'\n' ORDER BY l.provider COLLATE "C") FROM pg_shseclabel l
   WHERE l.classoid = 'pg_database'::regclass AND l.objoid = d.oid),
  @grants(d.datacl, 'd', d.datdba))
FROM pg_database d WHERE d.datname = current_database()

--- default privileges
SELECT 'of ' || @role(d.defaclrole) || ' for ' || d.defaclobjtype::text || coalesce(' in ' || quote_ident(n.nspname), ''),
  @grants(d.defaclacl, 'r', d.defaclrole)
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace

--- disabled foreign key
-- ALTER TABLE ... DISABLE TRIGGER ALL: rows that it refuses may be in the table, and a dump enables it.
SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(k.conname), 'enabled ' || t.tgenabled::text
FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgisinternal AND t.tgenabled <> 'O' AND k.contype = 'f' AND t.tgrelid = k.conrelid
  AND @schema(n) AND @free(pg_class, c.oid)

--- event trigger
SELECT quote_ident(e.evtname), concat_ws(E'\n',
  'on ' || e.evtevent, 'enabled ' || e.evtenabled::text, 'function ' || e.evtfoid::regproc,
  'tags ' || (SELECT string_agg(t, ', ' ORDER BY t COLLATE "C") FROM unnest(e.evttags) t), 'owner ' || @role(e.evtowner))
FROM pg_event_trigger e WHERE @free(pg_event_trigger, e.oid)

--- extension
SELECT quote_ident(e.extname), concat_ws(E'\n', 'schema ' || quote_ident(n.nspname))
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace

--- extension version
-- A dump says none, so that another version may come back. Then the two have other parts, which are not compared.
SELECT quote_ident(e.extname), e.extversion FROM pg_extension e

--- foreign data wrapper
SELECT quote_ident(w.fdwname), concat_ws(E'\n', 'handler ' || nullif(w.fdwhandler, 0)::regproc,
  'validator ' || nullif(w.fdwvalidator, 0)::regproc, 'options ' || @options(w.fdwoptions))
FROM pg_foreign_data_wrapper w WHERE @free(pg_foreign_data_wrapper, w.oid)

--- foreign server
SELECT quote_ident(s.srvname), concat_ws(E'\n', 'wrapper ' || quote_ident(w.fdwname), 'type ' || s.srvtype, 'version ' || s.srvversion,
  'options, as a hash ' || md5(@options(s.srvoptions)))
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE @free(pg_foreign_server, s.oid)

--- foreign table
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), concat_ws(E'\n', 'server ' || quote_ident(s.srvname),
  'options ' || @options(f.ftoptions),
  'inherits ' || (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
  'values ' || pg_get_expr(c.relpartbound, c.oid))
FROM pg_foreign_table f JOIN pg_class c ON c.oid = f.ftrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_foreign_server s ON s.oid = f.ftserver
WHERE @schema(n) AND @free(pg_class, c.oid)

--- function
SELECT p.oid::regprocedure::text, concat_ws(E'\n',
  'kind ' || p.prokind::text, 'arguments ' || pg_get_function_arguments(p.oid), 'result ' || pg_get_function_result(p.oid),
  'language ' || quote_ident(l.lanname), 'volatility ' || p.provolatile::text, 'parallel ' || p.proparallel::text,
  CASE WHEN p.proisstrict THEN 'strict' END, CASE WHEN p.prosecdef THEN 'security definer' END,
  CASE WHEN p.proleakproof THEN 'leakproof' END, 'cost ' || p.procost, 'rows ' || p.prorows,
  'support ' || nullif(p.prosupport, 0)::regprocedure,
  'transform ' || (SELECT string_agg(format_type(t, NULL), ', ') FROM unnest(p.protrftypes) t),
  'set ' || (SELECT string_agg(@setting(s), E'\nset ' ORDER BY s COLLATE "C") FROM unnest(p.proconfig) s),
  'library ' || p.probin, 'code ' || pg_get_function_sqlbody(p.oid))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind <> 'a' AND @schema(n) AND @free(pg_proc, p.oid)

--- function body
SELECT p.oid::regprocedure::text, p.prosrc
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind <> 'a' AND p.prosqlbody IS NULL AND @schema(n) AND @free(pg_proc, p.oid)

--- index
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), concat_ws(E'\n', pg_get_indexdef(c.oid),
  CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END,
  'part of ' || (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid),
  'statistics ' || (SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum) FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attstattarget >= 0))
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT @unfinished(i, c) AND @schema(n) AND @free(pg_class, i.indrelid)

--- language
SELECT quote_ident(l.lanname), concat_ws(E'\n', 'trusted ' || l.lanpltrusted, 'handler ' || nullif(l.lanplcallfoid, 0)::regproc,
  'inline ' || nullif(l.laninline, 0)::regproc, 'validator ' || nullif(l.lanvalidator, 0)::regproc)
FROM pg_language l WHERE @free(pg_language, l.oid)

--- large objects
SELECT 'of ' || r.owner || coalesce(E', with grants\n' || r.grants, ''), count(*)::text
FROM (SELECT @role(m.lomowner) AS owner, CASE WHEN m.lomacl IS NOT NULL THEN @grants(m.lomacl, 'L', m.lomowner) END AS grants
      FROM pg_largeobject_metadata m) r
GROUP BY r.owner, r.grants

--- materialized view
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), concat_ws(E'\n', 'access method ' || quote_ident(a.amname),
  'options ' || @options(c.reloptions), pg_get_viewdef(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am a ON a.oid = c.relam
WHERE c.relkind = 'm' AND @schema(n) AND @free(pg_class, c.oid)

--- not null constraint from 180000
SELECT coalesce(quote_ident(n.nspname) || '.' || quote_ident(c.relname), format_type(k.contypid, NULL)) || '.' || quote_ident(k.conname),
  concat_ws(E'\n', pg_get_constraintdef(k.oid),
    -- A dump gives one to the child as its own where the parent's is not valid yet, and one of a partition to its table alone.
    CASE WHEN NOT k.conislocal AND c.relispartition IS NOT TRUE AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_constraint p ON p.conrelid = i.inhparent
                                               WHERE i.inhrelid = k.conrelid AND p.contype = 'n' AND p.conname = k.conname
                                                 AND NOT p.convalidated) THEN 'inherited' END)
FROM pg_constraint k
  LEFT JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype = 'n' AND @schema(n) AND @free(pg_class, k.conrelid) AND @free(pg_type, k.contypid)

--- operator
SELECT o.oid::regoperator::text, concat_ws(E'\n', 'result ' || format_type(nullif(o.oprresult, 0), NULL),
  'function ' || nullif(o.oprcode, 0)::regprocedure, 'commutator ' || nullif(o.oprcom, 0)::regoperator,
  'negator ' || nullif(o.oprnegate, 0)::regoperator, 'restrict ' || nullif(o.oprrest, 0)::regprocedure,
  'join ' || nullif(o.oprjoin, 0)::regprocedure, CASE WHEN o.oprcanmerge THEN 'merges' END, CASE WHEN o.oprcanhash THEN 'hashes' END)
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
-- One that another names as its commutator or negator, and nobody has made yet, comes back with the other.
WHERE o.oprcode <> 0 AND @schema(n) AND @free(pg_operator, o.oid)

--- operator class
SELECT quote_ident(n.nspname) || '.' || quote_ident(o.opcname) || ' using ' || quote_ident(a.amname), concat_ws(E'\n',
  'family ' || quote_ident(fn.nspname) || '.' || quote_ident(f.opfname), 'type ' || format_type(o.opcintype, NULL),
  'stores ' || format_type(nullif(o.opckeytype, 0), NULL), CASE WHEN o.opcdefault THEN 'default' END)
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am a ON a.oid = o.opcmethod
  JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
WHERE @schema(n) AND @free(pg_opclass, o.oid)

--- operator family
SELECT quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' using ' || quote_ident(a.amname), concat_ws(E'\n',
  (SELECT string_agg('operator ' || m.amopstrategy || ' ' || m.amopopr::regoperator || ' ' || m.amoppurpose::text
                     || coalesce(' order by ' || sf.opfname, ''), E'\n' ORDER BY m.amopstrategy, m.amopopr::regoperator::text COLLATE "C")
   FROM pg_amop m LEFT JOIN pg_opfamily sf ON sf.oid = m.amopsortfamily WHERE m.amopfamily = f.oid),
  (SELECT string_agg('function ' || m.amprocnum || ' ' || format_type(m.amproclefttype, NULL) || ', '
                     || format_type(m.amprocrighttype, NULL) || ' ' || m.amproc::regprocedure, E'\n'
                     ORDER BY m.amprocnum, m.amproc::regprocedure::text COLLATE "C")
   FROM pg_amproc m WHERE m.amprocfamily = f.oid))
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod
WHERE @schema(n) AND @free(pg_opfamily, f.oid)

--- owner and grants
SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table ' WHEN 'S' THEN 'sequence '
    ELSE 'table ' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname),
  concat_ws(E'\n', 'owner ' || @role(c.relowner), @grants(c.relacl, CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND @schema(n) AND @free(pg_class, c.oid)
UNION ALL
SELECT 'column ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname),
  @grants(a.attacl, 'c', c.relowner)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attacl IS NOT NULL AND a.attacl <> '{}' AND NOT a.attisdropped AND @schema(n) AND @free(pg_class, c.oid)
UNION ALL
SELECT CASE p.prokind WHEN 'a' THEN 'aggregate ' WHEN 'p' THEN 'procedure ' ELSE 'function ' END || p.oid::regprocedure,
  concat_ws(E'\n', 'owner ' || @role(p.proowner), @grants(p.proacl, 'f', p.proowner))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE @schema(n) AND @free(pg_proc, p.oid)
UNION ALL
SELECT 'type ' || format_type(t.oid, NULL), concat_ws(E'\n', 'owner ' || @role(t.typowner), @grants(t.typacl, 'T', t.typowner))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typtype <> 'm' AND (t.typrelid = 0 OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  AND @schema(n) AND @free(pg_type, t.oid)
UNION ALL
SELECT 'schema ' || quote_ident(n.nspname), concat_ws(E'\n',
  -- The first superuser has another name elsewhere, and is not the first one where the schema was given to it.
  'owner ' || CASE WHEN n.nspname = 'public' AND (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = n.nspowner) THEN NULL
                   ELSE @role(n.nspowner) END,
  @grants(n.nspacl, 'n', n.nspowner))
FROM pg_namespace n WHERE @schema(n) AND @made(n.oid)
UNION ALL
SELECT 'language ' || quote_ident(l.lanname), concat_ws(E'\n', 'owner ' || @role(l.lanowner), @grants(l.lanacl, 'l', l.lanowner))
FROM pg_language l WHERE @free(pg_language, l.oid)
UNION ALL
SELECT 'foreign data wrapper ' || quote_ident(w.fdwname),
  concat_ws(E'\n', 'owner ' || @role(w.fdwowner), @grants(w.fdwacl, 'F', w.fdwowner))
FROM pg_foreign_data_wrapper w WHERE @free(pg_foreign_data_wrapper, w.oid)
UNION ALL
SELECT 'foreign server ' || quote_ident(s.srvname),
  concat_ws(E'\n', 'owner ' || @role(s.srvowner), @grants(s.srvacl, 'S', s.srvowner))
FROM pg_foreign_server s WHERE @free(pg_foreign_server, s.oid)
UNION ALL
SELECT 'collation ' || quote_ident(n.nspname) || '.' || quote_ident(c.collname), 'owner ' || @role(c.collowner)
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE @schema(n) AND @free(pg_collation, c.oid)
UNION ALL
SELECT 'conversion ' || quote_ident(n.nspname) || '.' || quote_ident(c.conname), 'owner ' || @role(c.conowner)
FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE @schema(n) AND @free(pg_conversion, c.oid)
UNION ALL
SELECT 'operator ' || o.oid::regoperator, 'owner ' || @role(o.oprowner)
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode <> 0 AND @schema(n) AND @free(pg_operator, o.oid)
UNION ALL
SELECT 'operator class ' || quote_ident(n.nspname) || '.' || quote_ident(o.opcname) || ' using ' || quote_ident(a.amname),
  'owner ' || @role(o.opcowner)
FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am a ON a.oid = o.opcmethod
WHERE @schema(n) AND @free(pg_opclass, o.oid)
UNION ALL
SELECT 'operator family ' || quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' using ' || quote_ident(a.amname),
  'owner ' || @role(f.opfowner)
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod
WHERE @schema(n) AND @free(pg_opfamily, f.oid)
UNION ALL
SELECT 'statistics object ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname), 'owner ' || @role(s.stxowner)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE @schema(n) AND @free(pg_statistic_ext, s.oid)
UNION ALL
SELECT 'text search configuration ' || quote_ident(n.nspname) || '.' || quote_ident(c.cfgname), 'owner ' || @role(c.cfgowner)
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE @schema(n) AND @free(pg_ts_config, c.oid)
UNION ALL
SELECT 'text search dictionary ' || quote_ident(n.nspname) || '.' || quote_ident(d.dictname), 'owner ' || @role(d.dictowner)
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace WHERE @schema(n) AND @free(pg_ts_dict, d.oid)
UNION ALL
SELECT 'publication ' || quote_ident(p.pubname), 'owner ' || @role(p.pubowner) FROM pg_publication p WHERE @free(pg_publication, p.oid)
UNION ALL
SELECT 'subscription ' || quote_ident(s.subname), 'owner ' || @role(s.subowner) FROM pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- owner and grants of what came with PostgreSQL or an extension
SELECT s.type || ' ' || s.identity, s.now
FROM (SELECT o.type, o.identity, @grants(x.acl, x.objtype, x.owner) AS now, @grants(i.initprivs, x.objtype, x.owner) AS first
      FROM (SELECT 'pg_class'::regclass::oid AS class, c.oid, 0 AS sub, c.relacl AS acl, c.relowner AS owner,
                   CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END AS objtype
            FROM pg_class c WHERE c.relacl IS NOT NULL AND NOT @free(pg_class, c.oid)
            UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, a.attacl, c.relowner, 'c'
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attacl IS NOT NULL AND NOT @free(pg_class, c.oid)
            UNION ALL SELECT 'pg_proc'::regclass, p.oid, 0, p.proacl, p.proowner, 'f'
            FROM pg_proc p WHERE p.proacl IS NOT NULL AND NOT @free(pg_proc, p.oid)
            UNION ALL SELECT 'pg_type'::regclass, t.oid, 0, t.typacl, t.typowner, 'T'
            FROM pg_type t WHERE t.typacl IS NOT NULL AND NOT @free(pg_type, t.oid)
            UNION ALL SELECT 'pg_language'::regclass, l.oid, 0, l.lanacl, l.lanowner, 'l'
            FROM pg_language l WHERE l.lanacl IS NOT NULL AND NOT @free(pg_language, l.oid)
            UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwacl, w.fdwowner, 'F'
            FROM pg_foreign_data_wrapper w WHERE w.fdwacl IS NOT NULL AND NOT @free(pg_foreign_data_wrapper, w.oid)
            UNION ALL SELECT 'pg_foreign_server'::regclass, v.oid, 0, v.srvacl, v.srvowner, 'S'
            FROM pg_foreign_server v WHERE v.srvacl IS NOT NULL AND NOT @free(pg_foreign_server, v.oid)
            UNION ALL SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspacl, n.nspowner, 'n'
            FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND NOT @made(n.oid)
              AND n.nspname !~ '^pg_t') x
        LEFT JOIN pg_init_privs i ON i.classoid = x.class AND i.objoid = x.oid AND i.objsubid = x.sub,
        pg_identify_object(x.class, x.oid, x.sub) o) s
WHERE s.now IS DISTINCT FROM s.first AND s.identity !~ '^information_schema'

--- part of an extension
-- What somebody added to an extension, changed in it or took out of it. CREATE EXTENSION makes the parts anew, and a dump holds only their
-- grants and policies. A part that is no newer than the extension's last CREATE or UPDATE is as the extension's own scripts made it;
-- those that bring an older version up to date may make it a little otherwise than those that make the newer one at once.
WITH member AS (
  SELECT e.oid AS extension, d.classid AS class, d.objid AS id, age(d.xmin) AS age
  FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'),
part AS (
  SELECT m.extension, m.class, m.id, 0 AS sub, least(m.age, age(f.xmin)) AS age, m.age AS added, concat_ws(E'\n', 'kind ' || f.prokind::text,
    CASE WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid) END) AS what
  FROM member m JOIN pg_proc f ON m.class = 'pg_proc'::regclass AND f.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, least(m.age, age(c.xmin)), m.age, concat_ws(E'\n', 'kind ' || c.relkind::text,
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END, 'options ' || @options(c.reloptions),
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
    CASE WHEN c.relrowsecurity THEN 'row level security' END, CASE WHEN c.relforcerowsecurity THEN 'forced on the owner' END)
  FROM member m JOIN pg_class c ON m.class = 'pg_class'::regclass AND c.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, a.attnum, least(age(a.xmin), age(d.xmin)), m.age, concat_ws(E'\n',
    'type ' || format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
    'identity ' || nullif(a.attidentity::text, ''), 'default ' || pg_get_expr(d.adbin, d.adrelid))
  FROM member m JOIN pg_class c ON m.class = 'pg_class'::regclass AND c.oid = m.id AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT m.extension, 'pg_class'::regclass, c.oid, 0, age(i.xmin), m.age, pg_get_indexdef(c.oid)
  FROM member m JOIN pg_index i ON m.class = 'pg_class'::regclass AND i.indrelid = m.id JOIN pg_class c ON c.oid = i.indexrelid
  WHERE NOT @unfinished(i, c)
  UNION ALL
  SELECT m.extension, 'pg_constraint'::regclass, k.oid, 0, age(k.xmin), m.age, pg_get_constraintdef(k.oid)
  FROM member m JOIN pg_constraint k ON m.class = 'pg_class'::regclass AND k.conrelid = m.id
  -- Of each partition that a foreign key points to there is one more, with a number of its own.
  WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND NOT (k.contype = 'f' AND k.conparentid <> 0)
  UNION ALL
  SELECT m.extension, 'pg_constraint'::regclass, k.oid, 0, age(k.xmin), m.age, pg_get_constraintdef(k.oid)
  FROM member m JOIN pg_constraint k ON m.class = 'pg_type'::regclass AND k.contypid = m.id
  UNION ALL
  SELECT m.extension, 'pg_trigger'::regclass, t.oid, 0, age(t.xmin), m.age, concat_ws(E'\n', 'enabled ' || t.tgenabled::text, pg_get_triggerdef(t.oid))
  FROM member m JOIN pg_trigger t ON m.class = 'pg_class'::regclass AND t.tgrelid = m.id
  WHERE NOT t.tgisinternal
  UNION ALL
  SELECT m.extension, 'pg_rewrite'::regclass, r.oid, 0, age(r.xmin), m.age, concat_ws(E'\n', 'enabled ' || r.ev_enabled::text, pg_get_ruledef(r.oid))
  FROM member m JOIN pg_rewrite r ON m.class = 'pg_class'::regclass AND r.ev_class = m.id
  WHERE r.rulename <> '_RETURN'
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, least(m.age, age(t.xmin), (SELECT min(age(e.xmin)) FROM pg_enum e WHERE e.enumtypid = t.oid)), m.age,
    concat_ws(E'\n', 'kind ' || t.typtype::text, CASE WHEN t.typnotnull THEN 'not null' END, 'default ' || t.typdefault,
      (SELECT string_agg('label ' || quote_literal(e.enumlabel), E'\n' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
  FROM member m JOIN pg_type t ON m.class = 'pg_type'::regclass AND t.oid = m.id LEFT JOIN pg_class c ON c.oid = t.typrelid
  -- Since 17 the types that come with a table or a type are parts, too.
  WHERE t.typtype <> 'm' AND (t.typrelid = 0 OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM pg_type a WHERE a.typarray = t.oid)
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, least(m.age, age(o.xmin)), m.age, concat_ws(E'\n', 'function ' || nullif(o.oprcode, 0)::regprocedure,
    'restrict ' || nullif(o.oprrest, 0)::regprocedure, 'join ' || nullif(o.oprjoin, 0)::regprocedure)
  FROM member m JOIN pg_operator o ON m.class = 'pg_operator'::regclass AND o.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, 0,
    least(m.age, age(f.xmin), (SELECT min(age(a.xmin)) FROM pg_amop a WHERE a.amopfamily = f.oid),
          (SELECT min(age(a.xmin)) FROM pg_amproc a WHERE a.amprocfamily = f.oid)), m.age,
    concat_ws(E'\n',
      (SELECT string_agg('operator ' || a.amopstrategy || ' ' || a.amopopr::regoperator, E'\n'
                         ORDER BY a.amopstrategy, a.amopopr::regoperator::text COLLATE "C") FROM pg_amop a WHERE a.amopfamily = f.oid),
      (SELECT string_agg('function ' || a.amprocnum || ' ' || format_type(a.amproclefttype, NULL) || ' ' || a.amproc::regprocedure, E'\n'
                         ORDER BY a.amprocnum, a.amproclefttype::regtype::text COLLATE "C", a.amproc::regprocedure::text COLLATE "C")
       FROM pg_amproc a WHERE a.amprocfamily = f.oid))
  FROM member m JOIN pg_opfamily f ON m.class = 'pg_opfamily'::regclass AND f.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, least(m.age, age(w.xmin)), m.age, 'options ' || @options(w.fdwoptions)
  FROM member m JOIN pg_foreign_data_wrapper w ON m.class = 'pg_foreign_data_wrapper'::regclass AND w.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, least(m.age, age(s.xmin)), m.age, 'options, as a hash ' || md5(@options(s.srvoptions))
  FROM member m JOIN pg_foreign_server s ON m.class = 'pg_foreign_server'::regclass AND s.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, least(m.age, age(t.xmin)), m.age, 'enabled ' || t.evtenabled::text
  FROM member m JOIN pg_event_trigger t ON m.class = 'pg_event_trigger'::regclass AND t.oid = m.id
  UNION ALL
  SELECT m.extension, m.class, m.id, 0, m.age, m.age, NULL FROM member m
  WHERE m.class NOT IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opfamily'::regclass,
                        'pg_foreign_data_wrapper'::regclass, 'pg_foreign_server'::regclass, 'pg_event_trigger'::regclass))
SELECT o.type || ' ' || o.identity, concat_ws(E'\n',
  'of ' || quote_ident(e.extname)
    || CASE WHEN least(p.age, age(d.xmin)) >= age(e.xmin) AND w.refobjid IS NULL THEN ', as it was made'
            WHEN p.added < age(e.xmin) AND (p.sub > 0 OR (p.class, p.id) NOT IN (SELECT m.class, m.id FROM member m)) THEN ', with its table'
            ELSE '' END,
  'owner ' || @role(w.refobjid), 'comment ' || d.description, p.what)
FROM part p JOIN pg_extension e ON e.oid = p.extension
  -- Only the first superuser owns without a line here.
  LEFT JOIN pg_shdepend w ON w.classid = p.class AND w.objid = p.id AND w.objsubid = 0 AND p.sub = 0 AND w.deptype = 'o'
    AND w.refobjid NOT IN (10, e.extowner) AND w.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
  LEFT JOIN pg_description d ON d.classoid = p.class AND d.objoid = p.id AND d.objsubid = p.sub,
  pg_identify_object(p.class, p.id, p.sub) o

--- policy
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(p.polname), concat_ws(E'\n',
  'for ' || p.polcmd::text, CASE WHEN NOT p.polpermissive THEN 'restrictive' END,
  'to ' || (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE @role(r) END, ', ' ORDER BY pg_get_userbyid(r) COLLATE "C")
            FROM unnest(p.polroles) r),
  'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE @schema(n) AND @free(pg_policy, p.oid)

--- publication until 149999
SELECT quote_ident(p.pubname), concat_ws(E'\n', CASE WHEN p.puballtables THEN 'all tables' END,
  'publishes ' || concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                            CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
  CASE WHEN p.pubviaroot THEN 'via root' END,
  (SELECT string_agg('table ' || r.prrelid::regclass, E'\n' ORDER BY r.prrelid::regclass::text COLLATE "C")
   FROM pg_publication_rel r WHERE r.prpubid = p.oid))
FROM pg_publication p WHERE @free(pg_publication, p.oid)

--- publication from 150000
SELECT quote_ident(p.pubname), concat_ws(E'\n', CASE WHEN p.puballtables THEN 'all tables' END,
  'publishes ' || concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                            CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
  CASE WHEN p.pubviaroot THEN 'via root' END, 'generated columns ' || (to_jsonb(p) ->> 'pubgencols'),
  (SELECT string_agg('table ' || r.prrelid::regclass
       || coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                            WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) || ')', '')
       || coalesce(' where ' || pg_get_expr(r.prqual, r.prrelid), ''), E'\n' ORDER BY r.prrelid::regclass::text COLLATE "C")
   FROM pg_publication_rel r WHERE r.prpubid = p.oid),
  (SELECT string_agg('schema ' || quote_ident(n.nspname), E'\n' ORDER BY n.nspname COLLATE "C")
   FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid))
FROM pg_publication p WHERE @free(pg_publication, p.oid)

--- rule
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(r.rulename),
  concat_ws(E'\n', 'enabled ' || r.ev_enabled::text, pg_get_ruledef(r.oid))
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND @schema(n) AND @free(pg_class, c.oid)

--- schema
SELECT quote_ident(n.nspname), ''
FROM pg_namespace n WHERE @schema(n) AND @made(n.oid)

--- security label
SELECT o.type || ' ' || o.identity || ' for ' || l.provider, l.label
FROM pg_seclabel l, pg_identify_object(l.classoid, l.objoid, l.objsubid) o
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = l.classoid AND e.objid = l.objoid AND e.deptype = 'e')
  AND o.identity IS NOT NULL

--- sequence
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), concat_ws(E'\n',
  'type ' || format_type(s.seqtypid, NULL), 'start ' || s.seqstart, 'increment ' || s.seqincrement, 'least ' || s.seqmin,
  'greatest ' || s.seqmax, 'cache ' || s.seqcache, CASE WHEN s.seqcycle THEN 'cycles' END,
  CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
  CASE d.deptype WHEN 'i' THEN 'identity of ' ELSE 'owned by ' END || d.refobjid::regclass || '.' || quote_ident(a.attname))
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE @schema(n) AND @free(pg_class, c.oid)

--- setting
SELECT split_part(s, '=', 1) || coalesce(' of ' || @role(nullif(r.setrole, 0)), ''), @setting(s)
FROM pg_db_role_setting r, unnest(r.setconfig) s
WHERE r.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- statistics object
SELECT quote_ident(n.nspname) || '.' || quote_ident(s.stxname),
  concat_ws(E'\n', pg_get_statisticsobjdef(s.oid), 'target ' || nullif(s.stxstattarget, -1))
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE @schema(n) AND @free(pg_statistic_ext, s.oid)

--- subscription until 139999
SELECT quote_ident(s.subname), concat_ws(E'\n', 'slot ' || s.subslotname, 'commit ' || s.subsynccommit,
  'publications ' || (SELECT string_agg(quote_ident(p), ', ' ORDER BY p COLLATE "C") FROM unnest(s.subpublications) p))
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- subscription from 140000 until 149999
SELECT quote_ident(s.subname), concat_ws(E'\n', 'slot ' || s.subslotname, 'commit ' || s.subsynccommit,
  'publications ' || (SELECT string_agg(quote_ident(p), ', ' ORDER BY p COLLATE "C") FROM unnest(s.subpublications) p),
  'streaming ' || s.substream::text, CASE WHEN s.subbinary THEN 'binary' END)
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- subscription from 150000 until 159999
SELECT quote_ident(s.subname), concat_ws(E'\n', 'slot ' || s.subslotname, 'commit ' || s.subsynccommit,
  'publications ' || (SELECT string_agg(quote_ident(p), ', ' ORDER BY p COLLATE "C") FROM unnest(s.subpublications) p),
  'streaming ' || s.substream::text, CASE WHEN s.subbinary THEN 'binary' END,
  CASE WHEN s.subtwophasestate <> 'd' THEN 'two phase' END, CASE WHEN s.subdisableonerr THEN 'disable on error' END)
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- subscription from 160000 until 169999
SELECT quote_ident(s.subname), concat_ws(E'\n', 'slot ' || s.subslotname, 'commit ' || s.subsynccommit,
  'publications ' || (SELECT string_agg(quote_ident(p), ', ' ORDER BY p COLLATE "C") FROM unnest(s.subpublications) p),
  'streaming ' || s.substream::text, CASE WHEN s.subbinary THEN 'binary' END,
  CASE WHEN s.subtwophasestate <> 'd' THEN 'two phase' END, CASE WHEN s.subdisableonerr THEN 'disable on error' END,
  'origin ' || s.suborigin, CASE WHEN NOT s.subpasswordrequired THEN 'no password required' END, CASE WHEN s.subrunasowner THEN 'run as owner' END)
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- subscription from 170000
SELECT quote_ident(s.subname), concat_ws(E'\n', 'slot ' || s.subslotname, 'commit ' || s.subsynccommit,
  'publications ' || (SELECT string_agg(quote_ident(p), ', ' ORDER BY p COLLATE "C") FROM unnest(s.subpublications) p),
  'streaming ' || s.substream::text, CASE WHEN s.subbinary THEN 'binary' END,
  CASE WHEN s.subtwophasestate <> 'd' THEN 'two phase' END, CASE WHEN s.subdisableonerr THEN 'disable on error' END,
  'origin ' || s.suborigin, CASE WHEN NOT s.subpasswordrequired THEN 'no password required' END, CASE WHEN s.subrunasowner THEN 'run as owner' END,
  CASE WHEN s.subfailover THEN 'failover' END)
FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())

--- table
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), concat_ws(E'\n',
  CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
  'partitioned by ' || CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
  'access method ' || quote_ident(a.amname), 'of ' || format_type(nullif(c.reloftype, 0), NULL),
  'inherits ' || (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
  'values ' || pg_get_expr(c.relpartbound, c.oid),
  'options ' || @options(c.reloptions),
  'toast options ' || @options(t.reloptions),
  CASE WHEN c.relrowsecurity THEN 'row level security' END, CASE WHEN c.relforcerowsecurity THEN 'forced on the owner' END,
  'replica identity ' || nullif(c.relreplident::text, 'd'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am a ON a.oid = c.relam
  LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind IN ('r', 'p') AND @schema(n) AND @free(pg_class, c.oid)

--- table of an extension
-- CREATE EXTENSION makes it again, unless somebody added it afterwards: a dump holds neither it nor its rows.
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND @schema(n)
  AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')

--- tablespace
SELECT CASE c.relkind WHEN 'i' THEN 'index ' WHEN 'I' THEN 'index ' WHEN 'm' THEN 'materialized view ' ELSE 'table ' END
  || quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(s.spcname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_tablespace s ON s.oid = c.reltablespace
  LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE @unfinished(i, c) IS NOT TRUE AND @schema(n) AND @free(pg_class, c.oid)
UNION ALL
SELECT 'database', quote_ident(s.spcname)
FROM pg_database d JOIN pg_tablespace s ON s.oid = d.dattablespace
WHERE d.datname = current_database() AND s.spcname <> 'pg_default'

--- text search configuration
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.cfgname), concat_ws(E'\n', 'parser ' || pn.nspname || '.' || p.prsname,
  (SELECT string_agg('map ' || m.maptokentype || ' ' || m.mapseqno || ' ' || m.mapdict::regdictionary, E'\n'
                     ORDER BY m.maptokentype, m.mapseqno)
   FROM pg_ts_config_map m WHERE m.mapcfg = c.oid))
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace JOIN pg_ts_parser p ON p.oid = c.cfgparser
  JOIN pg_namespace pn ON pn.oid = p.prsnamespace
WHERE @schema(n) AND @free(pg_ts_config, c.oid)

--- text search dictionary
SELECT quote_ident(n.nspname) || '.' || quote_ident(d.dictname),
  concat_ws(E'\n', 'template ' || tn.nspname || '.' || t.tmplname, 'options ' || d.dictinitoption)
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace JOIN pg_ts_template t ON t.oid = d.dicttemplate
  JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE @schema(n) AND @free(pg_ts_dict, d.oid)

--- text search parser
SELECT quote_ident(n.nspname) || '.' || quote_ident(p.prsname), concat_ws(E'\n', 'start ' || p.prsstart, 'token ' || p.prstoken,
  'end ' || p.prsend, 'headline ' || nullif(p.prsheadline, 0)::regproc, 'types ' || p.prslextype)
FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace WHERE @schema(n) AND @free(pg_ts_parser, p.oid)

--- text search template
SELECT quote_ident(n.nspname) || '.' || quote_ident(t.tmplname),
  concat_ws(E'\n', 'init ' || nullif(t.tmplinit, 0)::regproc, 'lexize ' || t.tmpllexize)
FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace WHERE @schema(n) AND @free(pg_ts_template, t.oid)

--- transform
SELECT format_type(t.trftype, NULL) || ' for ' || quote_ident(l.lanname), concat_ws(E'\n',
  'from sql ' || nullif(t.trffromsql, 0)::regprocedure, 'to sql ' || nullif(t.trftosql, 0)::regprocedure)
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE @free(pg_transform, t.oid)

--- trigger
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(t.tgname),
  concat_ws(E'\n', 'enabled ' || t.tgenabled::text, pg_get_triggerdef(t.oid))
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND @schema(n) AND @free(pg_class, c.oid) AND @free(pg_trigger, t.oid)

--- type
SELECT format_type(t.oid, NULL), concat_ws(E'\n', 'kind ' || t.typtype::text,
  'of ' || format_type(nullif(t.typbasetype, 0), t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END,
  'default ' || coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass),
                          CASE t.typtype WHEN 'd' THEN quote_literal(t.typdefault) ELSE t.typdefault END), 'collation ' || CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN t.typcollation::regcollation END,
  (SELECT string_agg('label ' || quote_literal(e.enumlabel), E'\n' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
  CASE WHEN t.typtype = 'b' THEN concat_ws(E'\n', 'input ' || t.typinput, 'output ' || t.typoutput,
    'receive ' || nullif(t.typreceive, 0)::regproc, 'send ' || nullif(t.typsend, 0)::regproc, 'length ' || t.typlen,
    'by value ' || t.typbyval, 'alignment ' || t.typalign::text, 'storage ' || t.typstorage::text, 'category ' || t.typcategory::text,
    'preferred ' || t.typispreferred, 'delimiter ' || t.typdelim::text, 'collatable ' || (t.typcollation <> 0),
    'subscript ' || nullif(to_jsonb(t) ->> 'typsubscript', '-'),
    'modifiers ' || nullif(t.typmodin, 0)::regproc, 'analyze ' || nullif(t.typanalyze, 0)::regproc) END,
  'range of ' || format_type(r.rngsubtype, NULL), 'difference ' || nullif(r.rngsubdiff, 0)::regproc,
  'canonical ' || nullif(r.rngcanonical, 0)::regproc, 'multirange ' || format_type(r.rngmultitypid, NULL),
  'range collation ' || nullif(r.rngcollation, 0)::regcollation)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid LEFT JOIN pg_type b ON b.oid = t.typbasetype LEFT JOIN pg_range r ON r.rngtypid = t.oid
WHERE t.typtype <> 'm' AND t.typisdefined AND (t.typrelid = 0 OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  AND @schema(n) AND @free(pg_type, t.oid)

--- user mapping
SELECT quote_ident(m.srvname) || ' for ' || quote_ident(m.usename), 'options, as a hash ' || md5(coalesce(@options(m.umoptions), ''))
FROM pg_user_mappings m

--- view
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), concat_ws(E'\n',
  'options ' || @options(c.reloptions), pg_get_viewdef(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND @schema(n) AND @free(pg_class, c.oid)
