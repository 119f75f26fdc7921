package dev.sidecar.backup;

import dev.sidecar.support.PostgresImage;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.StackImage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The role on the major that the stack runs, out of its image. */
@Tag("docker")
class LeastRoleOfTheStackTest extends LeastRoleContract {

    private static Path image;
    private static PostgresServer server;

    LeastRoleOfTheStackTest() {
        super(server);
    }

    @BeforeAll
    static void start() throws Exception {
        image = Files.createTempDirectory("sidecar-postgres-image-");
        image.toFile().setExecutable(true, false);
        image.toFile().setReadable(true, false);
        server = PostgresServer.start(PostgresImage.extract(StackImage.of("postgres"), image));
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        try (var files = Files.walk(image)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    BackupFixture prepared(BackupFixture fixture) {
        // The sandbox does not show what this test unpacked of a whole system into the temporary directory.
        return fixture.with("scratch.sandboxes", "").with("scratch.contents-trusted", "true");
    }
}
