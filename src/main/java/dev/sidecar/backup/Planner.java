package dev.sidecar.backup;

import dev.sidecar.postgres.ContentsReader;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Encryption;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.Extension;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.sets.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds out what stands against a restore before anything is touched. */
final class Planner {

    private final Postgres postgres;
    private final Encryption encryption;

    Planner(Postgres postgres, Encryption encryption) {
        this.postgres = postgres;
        this.encryption = encryption;
    }

    RestorePlan plan(Backup backup, RestoreRequest request) {
        List<String> obstacles = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        List<String> connections = List.of();
        String key = encryption.obstacle(backup.manifest().encryption());
        if (key != null) {
            obstacles.add(key);
        }
        if (backup.isDamaged()) {
            obstacles.add("The newest verification found it damaged; take another backup or another store.");
        }
        backup.suspicion().ifPresent(why -> warnings.add("It is suspect: " + why));
        tables(backup.manifest(), request, obstacles);
        ServerAddress address = postgres.address();
        try (Connection maintenance = address.connectToMaintenance("sidecar restore")) {
            ContentsReader reader = new ContentsReader(maintenance);
            target(reader, request, obstacles);
            server(reader, backup.manifest(), obstacles, warnings);
            connections = reader.texts("""
                    SELECT format('%%s at %%s: %%s', usename, coalesce(client_addr::text, 'socket'), application_name)
                    FROM pg_stat_activity WHERE datname = %s
                    """.formatted(Sql.literal(request.into())));
        } catch (SQLException e) {
            obstacles.add("The server could not be asked: " + e.getMessage());
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
                warnings);
    }

    private static void tables(Manifest manifest, RestoreRequest request, List<String> obstacles) {
        Set<String> known = new HashSet<>(
                manifest.contents().tables().stream().map(Table::qualifiedName).toList());
        request.tables().stream()
                .filter(table -> !known.contains(table))
                .forEach(table ->
                        obstacles.add("The backup has no table %s; write it as schema.table.".formatted(table)));
        if (request.replace() && request.isPartial()) {
            obstacles.add("A part of a backup cannot replace a whole database; restore it into a new one.");
        }
    }

    private void target(ContentsReader reader, RestoreRequest request, List<String> obstacles) throws SQLException {
        boolean exists = !reader.texts("SELECT 1 FROM pg_database WHERE datname = " + Sql.literal(request.into()))
                .isEmpty();
        if (exists && !request.replace()) {
            obstacles.add("Database '%s' exists; choose another name, or --replace it.".formatted(request.into()));
        }
        if (!exists && request.replace()) {
            obstacles.add("There is no database '%s' to replace; leave --replace out.".formatted(request.into()));
        }
        if (request.replace() && request.into().equals(postgres.address().maintenanceDatabase())) {
            obstacles.add("'%s' is the maintenance database; set sidecar.backup.server.maintenance-database to another."
                    .formatted(request.into()));
        }
    }

    private static void server(ContentsReader reader, Manifest manifest, List<String> obstacles, List<String> warnings)
            throws SQLException {
        Manifest.Server now = reader.server();
        Manifest.Server then = manifest.server();
        if (now.major() < then.major()) {
            obstacles.add("The backup is of PostgreSQL %d, this server is %d: an older server cannot take it."
                    .formatted(then.major(), now.major()));
        }
        missing(reader, "SELECT rolname FROM pg_roles", manifest.contents().roles())
                .forEach(role -> obstacles.add(
                        "Role %s is missing; create it, or run globals.sql of the backup as its RESTORE.md says."
                                .formatted(Sql.identifier(role))));
        missing(
                        reader,
                        "SELECT name FROM pg_available_extensions",
                        manifest.contents().extensions().stream()
                                .map(Extension::name)
                                .toList())
                .forEach(extension -> obstacles.add(
                        "Extension %s is not installed on this server.".formatted(Sql.identifier(extension))));
        missing(reader, "SELECT spcname FROM pg_tablespace", manifest.contents().tablespaces())
                .forEach(tablespace ->
                        obstacles.add("Tablespace %s is missing; create it.".formatted(Sql.identifier(tablespace))));
        locale(reader, then, obstacles, warnings);
    }

    private static void locale(
            ContentsReader reader, Manifest.Server then, List<String> obstacles, List<String> warnings)
            throws SQLException {
        if (then.encoding().equals("SQL_ASCII")) {
            warnings.add(
                    "The database is SQL_ASCII: nobody ever checked its bytes, and they are restored as they are.");
        }
        switch (then.localeProvider()) {
            case "libc" -> {
                List<String> known = reader.texts("""
                        SELECT collcollate FROM pg_collation WHERE collcollate IS NOT NULL
                        UNION SELECT datcollate FROM pg_database UNION SELECT 'C' UNION SELECT 'POSIX'
                        """);
                if (!known.contains(then.collate())) {
                    obstacles.add("Locale %s is not installed on this server.".formatted(then.collate()));
                }
            }
            case "icu" -> {
                if (reader.texts("SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1")
                        .isEmpty()) {
                    obstacles.add(
                            "Locale %s is of ICU, without which this server was built.".formatted(then.icuLocale()));
                }
            }
            default -> {
                // PostgreSQL's own, which it brings along.
            }
        }
        collationVersion(reader, then, warnings);
    }

    /** Indexes are built anew, so that they are right; but ranges, constraints and partitions of texts may not mean the same. */
    private static void collationVersion(ContentsReader reader, Manifest.Server then, List<String> warnings)
            throws SQLException {
        if (then.collationVersion() == null) {
            return;
        }
        String version = reader.text("SELECT coalesce((%s), '')".formatted(actualVersion(reader.server(), then)));
        if (!version.isEmpty() && !version.equals(then.collationVersion())) {
            warnings.add("Collation %s had version %s and has %s here: texts may sort otherwise."
                    .formatted(then.localeName(), then.collationVersion(), version));
        }
    }

    /** ICU takes any locale; the most special one that it knows tells the version, at last the root's, called {@code und}. */
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

    private static List<String> missing(ContentsReader reader, String query, List<String> needed) throws SQLException {
        List<String> missing = new ArrayList<>(needed);
        missing.removeAll(reader.texts(query));
        return missing;
    }
}
