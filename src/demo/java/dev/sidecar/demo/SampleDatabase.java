package dev.sidecar.demo;

import dev.sidecar.support.ChildProcess;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.UnixUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Some 100 MB in one database: the shop of the sample API (foreign keys, JSON, text, large objects, a sequence) and pgbench's
 * tables.
 *
 * @param server where it is
 * @param name of the database
 * @param owner a role that owns everything in it
 * @param password the owner's
 */
record SampleDatabase(PostgresServer server, String name, String owner, String password) {

    private static final String PGBENCH_SCALE = "5";

    /** Makes it with the shop in it; {@link #fill()} adds the rest. */
    static SampleDatabase load(PostgresServer server) {
        SampleDatabase database = new SampleDatabase(server, "shop", "app", "app-" + server.port());
        server.execute(
                "postgres",
                "CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(database.owner, database.password),
                "CREATE DATABASE %s OWNER %s".formatted(database.name, database.owner));
        server.execute(
                database.name,
                "SET ROLE " + database.owner,
                text(Path.of("sample-api/src/main/resources/schema.sql")),
                text(Path.of("src/demo/resources/sample-data.sql")),
                "ANALYZE");
        return database;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("Start it in the project's folder.", e);
        }
    }

    /** Adds pgbench's tables, which the shop does not need. */
    void fill() {
        ChildProcess pgbench = ChildProcess.start(
                "pgbench",
                UnixUser.same(),
                Map.of("PGPASSWORD", password),
                line -> {},
                List.of(
                        server.programs().resolve("pgbench").toString(),
                        "--initialize",
                        "--quiet",
                        "--foreign-keys",
                        "--scale=" + PGBENCH_SCALE,
                        "--host=" + server.host(),
                        "--port=" + server.port(),
                        "--username=" + owner,
                        name));
        if (pgbench.waitFor(Duration.ofMinutes(5)) != 0) {
            throw new IllegalStateException("pgbench failed:\n" + pgbench.lastLines());
        }
    }

    /** The sample's checks of restored backups, for this database. They go with the server. @return the folder of checks */
    Path checks() {
        Path checks = server.socketDirectory().resolve("checks");
        try (DirectoryStream<Path> shipped = Files.newDirectoryStream(Path.of("sample-api/checks/app"))) {
            Path own = Files.createDirectories(checks.resolve(name));
            for (Path check : shipped) {
                Files.copy(check, own.resolve(check.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
            // Whoever runs the server removes its folder.
            UserPrincipal owner = Files.getOwner(server.socketDirectory());
            Files.setOwner(own, owner);
            Files.setOwner(checks, owner);
            return checks;
        } catch (IOException e) {
            throw new UncheckedIOException("Start it in the project's folder.", e);
        }
    }

    String size() {
        return server.query(name, "SELECT pg_size_pretty(pg_database_size(current_database()))")
                .get(0);
    }
}
