package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.PostgresServer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The proof's own drill, with the isolation and without. */
class PlantedAttackTest {

    private static final PostgresServer SERVER = PostgresServer.shared();

    private static Postgres with(Object sandboxes, boolean trusted) {
        return TestPostgres.of(Map.of(
                "server.host",
                SERVER.host(),
                "server.programs",
                SERVER.programs().toString(),
                "scratch.sandboxes",
                sandboxes,
                "scratch.contents-trusted",
                trusted));
    }

    @Test
    void reachesNothingWhereAScratchServerIsIsolated() throws Exception {
        PlantedAttack.Result result = with("bubblewrap,namespaces", false).plantedAttack();

        assertThat(result.reached()).isEmpty();
        assertThat(result.isolation()).startsWith("isolated by ");
    }

    @Test
    void reachesWhatIsPlantedWhereItIsNot() throws Exception {
        PlantedAttack.Result result = with("", true).plantedAttack();

        assertThat(result.reached())
                .contains(
                        "a file of the sidecar",
                        "a port of the loopback address",
                        "a port of the sidecar over the network");
        assertThat(result.isolation()).startsWith("not isolated");
    }

    @Test
    void reachesTheSocketOfAServerWhereItIsNotIsolated() throws Exception {
        Path directory = Files.createTempDirectory("planted-socket");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path socket = directory.resolve(".s.PGSQL.5432");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Map<String, Object> settings = Map.of(
                    "server.host",
                    directory.toString(),
                    "server.programs",
                    SERVER.programs().toString(),
                    "scratch.sandboxes",
                    "",
                    "scratch.contents-trusted",
                    true);

            assertThat(TestPostgres.of(settings).plantedAttack().reached())
                    .contains("the socket of a PostgreSQL server");
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(directory);
        }
    }

    @Test
    void withoutIsolationAndTrustNothingIsRestored() {
        assertThat(with("", false).unisolated()).get().asString().contains("bubblewrap");
        assertThat(with("", true).unisolated()).isEmpty();
        assertThat(with("bubblewrap,namespaces", false).unisolated()).isEmpty();
    }
}
