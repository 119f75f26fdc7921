package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.PostgresServer;
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

        assertThat(result.reached()).contains("a file of the sidecar", "a port of the loopback address");
        assertThat(result.isolation()).startsWith("not isolated");
    }

    @Test
    void withoutIsolationAndTrustNothingIsRestored() {
        assertThat(with("", false).unisolated()).get().asString().contains("bubblewrap");
        assertThat(with("", true).unisolated()).isEmpty();
        assertThat(with("bubblewrap,namespaces", false).unisolated()).isEmpty();
    }
}
