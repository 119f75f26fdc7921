package dev.sidecar.backup;

import dev.sidecar.definitions.DefinitionsOfSet;
import dev.sidecar.postgres.Archive;
import dev.sidecar.postgres.ArchiveParts;
import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.Rights;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Extension;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.Progress;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.Sql;
import java.io.EOFException;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;

/** Plans a restore: finds its blockers and warnings before anything is changed. */
final class Planner {

    private static final int PIPE = 64 * 1024;

    private final Postgres postgres;
    private final BackupTools tools;

    Planner(BackupTools tools) {
        this.postgres = tools.postgres();
        this.tools = tools;
    }

    RestorePlan plan(Backup backup, RestoreRequest request) {
        List<String> obstacles = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        List<String> privileged = new ArrayList<>();
        List<String> connections = List.of();
        String key = tools.encryption().obstacle(backup.manifest().encryption());
        if (key != null) {
            obstacles.add(key);
        }
        if (backup.isDamaged()) {
            obstacles.add("The newest verification found it damaged; choose another backup or another store.");
        }
        warnings.addAll(backup.manifest().leftOut().sentences());
        backup.suspicion().ifPresent(why -> warnings.add("It is suspect: " + why));
        tables(backup.manifest(), request, obstacles);
        ServerAddress address = postgres.administrator();
        try (Session maintenance = address.connectToMaintenance("sidecar restore")) {
            target(maintenance, request, obstacles);
            server(maintenance, backup.manifest(), obstacles, warnings);
            administrator(maintenance, address, obstacles, warnings);
            if (key == null && !backup.isDamaged()) {
                parts(backup, request, maintenance, obstacles, warnings, privileged);
            }
            connections = maintenance.texts("""
                    SELECT format('%%s at %%s: %%s', usename, coalesce(client_addr::text, 'socket'), application_name)
                    FROM pg_stat_activity WHERE datname = %s
                    """.formatted(Sql.literal(request.into())));
        } catch (SQLException e) {
            obstacles.add("Cannot query the server: " + e.getMessage());
        } catch (BackupFailure e) {
            obstacles.add(String.valueOf(e.getMessage()));
        }
        return new RestorePlan(
                request,
                backup.store(),
                backup.manifest().startedAt(),
                backup.manifest().storedBytes(),
                backup.manifest().dumpBytes(),
                backup.restoreTook().orElse(null),
                connections,
                obstacles,
                warnings,
                privileged);
    }

    private void administrator(Session session, ServerAddress address, List<String> obstacles, List<String> warnings)
            throws SQLException {
        String wanted = postgres.nameOfAdministrator();
        if (!address.user().equals(wanted)) {
            warnings.add(
                    "There is no role %s, so %s restores, a superuser. Make that role, or clear sidecar.backup.restore.user."
                            .formatted(Sql.identifier(wanted), Sql.identifier(address.user())));
        }
        session.texts("""
                SELECT rolname FROM pg_roles WHERE rolname = current_user AND NOT (rolsuper OR rolcreatedb AND rolcreaterole)
                """)
                .forEach(user -> obstacles.add(
                        "Role %s may not create databases and roles, as a restore does. Set sidecar.backup.restore.user to an administrator."
                                .formatted(Sql.identifier(user))));
    }

    /** Looks into the archive for what only an administrator can restore. */
    private void parts(
            Backup backup,
            RestoreRequest request,
            Session maintenance,
            List<String> obstacles,
            List<String> warnings,
            List<String> privileged)
            throws SQLException {
        Manifest manifest = backup.manifest();
        Rights rights = Rights.of(maintenance);
        SetReader reader = new SetReader(
                tools.catalogue().store(backup.store()), manifest, tools.encryption(), new Progress(tools.clock()));
        Archive archive =
                contentsOf(reader, manifest.files(Manifest.FileKind.DATABASE).get(0));
        ArchiveParts parts =
                new ArchiveParts(archive, rights.asIn(manifest.server().encoding()), request.privileged());
        privileged.addAll(parts.privileged());
        Stream.concat(manifest.server().schema().stream(), manifest.server().definition().stream())
                .filter(rights::needsAdministrator)
                .forEach(privileged::add);
        List<String> tables = parts.tablesLeftOut();
        if (!tables.isEmpty()) {
            obstacles.add("%s cannot be restored without what only an administrator can: consent with --privileged."
                    .formatted(String.join(", ", tables)));
        }
        if (!request.privileged() && parts.hasSeveralOwners()) {
            int major = new ContentsReader(maintenance).server().major();
            if (!DefinitionsOfSet.isDescribed(manifest)) {
                obstacles.add(
                        "Its objects belong to several roles, and a backup of that age does not say whether code of the database changes them while it is restored: consent with --privileged if you trust it.");
            } else if (major != manifest.server().major()) {
                warnings.add(
                        "Its objects belong to several roles, and PostgreSQL %d and %d write some definitions in other ways, such as views: without --privileged the restore ends where they differ."
                                .formatted(manifest.server().major(), major));
            }
        }
    }

    /** Reads an archive until its table of contents is complete; no more of it is in memory than is read of that. */
    private static Archive contentsOf(SetReader reader, Manifest.StoredFile file) {
        PipedInputStream in = new PipedInputStream(PIPE);
        FutureTask<Archive> reading = new FutureTask<>(() -> {
            try (in) {
                return Archive.read(in);
            }
        });
        BackupFailure broken = null;
        try (PipedOutputStream out = new PipedOutputStream(in)) {
            Thread thread = new Thread(reading, "table-of-contents");
            thread.setDaemon(true);
            thread.start();
            reader.decode(file, out);
        } catch (BackupFailure e) {
            // Also when enough was read.
            broken = e;
        } catch (IOException e) {
            broken = new BackupFailure(Reason.RESTORE, "%s cannot be read: %s".formatted(file.name(), e), e);
        }
        try {
            return reading.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (broken != null && cause instanceof EOFException) {
                throw broken;
            }
            throw new BackupFailure(
                    Reason.DAMAGED, "%s cannot be read: %s".formatted(file.name(), cause.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupFailure(Reason.RESTORE, "%s was not read to its end.".formatted(file.name()), e);
        }
    }

    private static void tables(Manifest manifest, RestoreRequest request, List<String> obstacles) {
        Set<String> known = new HashSet<>(
                manifest.contents().tables().stream().map(Table::qualifiedName).toList());
        request.tables().stream()
                .filter(table -> !known.contains(table))
                .forEach(table ->
                        obstacles.add("The backup has no table %s; write its name as schema.table.".formatted(table)));
        if (request.keepGoing() && (request.replace() || request.isPartial())) {
            obstacles.add("--keep-going restores as much as possible of a whole backup, into a new database.");
        }
        if (request.replace() && request.isPartial()) {
            obstacles.add("A part of a backup cannot replace a whole database; restore it into a new one.");
        }
    }

    private void target(Session session, RestoreRequest request, List<String> obstacles) throws SQLException {
        boolean exists = !session.texts("SELECT 1 FROM pg_database WHERE datname = " + Sql.literal(request.into()))
                .isEmpty();
        if (exists && !request.replace()) {
            obstacles.add("Database '%s' exists; choose another name, or --replace it.".formatted(request.into()));
        }
        if (!exists && request.replace()) {
            obstacles.add("There is no database '%s' to replace; leave out --replace.".formatted(request.into()));
        }
        if (request.replace() && request.into().equals(postgres.address().maintenanceDatabase())) {
            obstacles.add("'%s' is the maintenance database; set sidecar.backup.server.maintenance-database to another."
                    .formatted(request.into()));
        }
    }

    private static void server(Session session, Manifest manifest, List<String> obstacles, List<String> warnings)
            throws SQLException {
        Manifest.Server now = new ContentsReader(session).server();
        Manifest.Server then = manifest.server();
        if (now.major() < then.major()) {
            obstacles.add("The backup is of PostgreSQL %d and this server is %d: an older server cannot restore it."
                    .formatted(then.major(), now.major()));
        }
        missing(session, "SELECT rolname FROM pg_roles", manifest.contents().roles())
                .forEach(role -> obstacles.add(
                        "Role %s is missing; create it, or run globals.sql of the backup as RESTORE.md describes."
                                .formatted(Sql.identifier(role))));
        missing(
                        session,
                        "SELECT name FROM pg_available_extensions",
                        manifest.contents().extensions().stream()
                                .map(Extension::name)
                                .toList())
                .forEach(extension -> obstacles.add(
                        "Extension %s is not installed on this server.".formatted(Sql.identifier(extension))));
        missing(
                        session,
                        "SELECT spcname FROM pg_tablespace",
                        manifest.contents().tablespaces())
                .forEach(tablespace ->
                        obstacles.add("Tablespace %s is missing; create it.".formatted(Sql.identifier(tablespace))));
        locale(session, then, obstacles, warnings);
    }

    private static void locale(Session session, Manifest.Server then, List<String> obstacles, List<String> warnings)
            throws SQLException {
        if (then.encoding().equals("SQL_ASCII")) {
            warnings.add(
                    "The database is SQL_ASCII: its texts are not validated, and their bytes are restored as they are.");
        }
        switch (then.localeProvider()) {
            case "libc" -> {
                List<String> known = session.texts("""
                        SELECT collcollate FROM pg_collation WHERE collcollate IS NOT NULL
                        UNION SELECT datcollate FROM pg_database UNION SELECT 'C' UNION SELECT 'POSIX'
                        """);
                if (!known.contains(then.collate())) {
                    obstacles.add("Locale %s is not installed on this server.".formatted(then.collate()));
                }
            }
            case "icu" -> {
                if (session.texts("SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1")
                        .isEmpty()) {
                    obstacles.add(
                            "Locale %s needs ICU, but this server was built without it.".formatted(then.icuLocale()));
                }
            }
            default -> {
                // PostgreSQL's built-in locales are always there.
            }
        }
        collationVersion(session, then, warnings);
    }

    /** Warns of another collation version. Indexes are rebuilt and correct, but ranges, constraints and partitions of texts may change meaning. */
    private static void collationVersion(Session session, Manifest.Server then, List<String> warnings)
            throws SQLException {
        if (then.collationVersion() == null) {
            return;
        }
        String version = session.text(
                "SELECT coalesce((%s), '')".formatted(actualVersion(new ContentsReader(session).server(), then)));
        if (!version.isEmpty() && !version.equals(then.collationVersion())) {
            warnings.add("Collation %s had version %s and has %s here: texts may sort differently."
                    .formatted(then.localeName(), then.collationVersion(), version));
        }
    }

    /** ICU accepts any locale; the most specific one that it knows has the version, or else the root locale {@code und}. */
    private static String actualVersion(Manifest.Server now, Manifest.Server then) {
        String column = now.major() >= 17 ? "colllocale" : now.major() >= 15 ? "colliculocale" : "collcollate";
        return switch (then.localeProvider()) {
            case "icu" ->
                "SELECT pg_collation_actual_version(oid) FROM pg_collation WHERE collprovider = 'i'"
                        + " AND (%1$s = 'und' OR starts_with(%2$s, %1$s)) ORDER BY %1$s = 'und', length(%1$s) DESC LIMIT 1"
                                .formatted(column, Sql.literal(String.valueOf(then.icuLocale())));
            case "libc" ->
                "SELECT pg_collation_actual_version(oid) FROM pg_collation WHERE collprovider = 'c'"
                        + " AND collcollate = " + Sql.literal(then.collate()) + " LIMIT 1";
            default -> "NULL";
        };
    }

    private static List<String> missing(Session session, String query, List<String> needed) throws SQLException {
        List<String> missing = new ArrayList<>(needed);
        missing.removeAll(session.texts(query));
        return missing;
    }
}
