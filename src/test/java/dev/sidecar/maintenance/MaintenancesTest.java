package dev.sidecar.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.alerts.AlertmanagerServer;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.Identity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maintenance beside an Alertmanager that answers now and then. */
class MaintenancesTest {

    private HttpServer alertmanager;
    private Maintenances maintenances;
    private volatile String silences = "[]";
    private volatile boolean failsAfterwards;

    @BeforeEach
    void start() throws IOException {
        alertmanager = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        alertmanager.createContext("/", exchange -> {
            boolean changes = !exchange.getRequestMethod().equals("GET");
            exchange.getRequestBody().readAllBytes();
            byte[] answer = (changes ? "{\"silenceID\": \"one\"}" : silences).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
            if (changes && failsAfterwards) {
                silences = "<html>502 Bad Gateway</html>";
            }
        });
        alertmanager.start();
        maintenances = new Maintenances(
                AlertmanagerServer.asked(URI.create(
                        "http://127.0.0.1:" + alertmanager.getAddress().getPort())),
                new MaintenanceProperties(Duration.ofHours(2), List.of("ServiceDown"), List.of("api")),
                new Identity("staging", "box-1", "sidecar", "staging"),
                Clock.systemUTC());
    }

    @AfterEach
    void stop() {
        alertmanager.stop(0);
    }

    /** Whoever is told that it failed goes on without a silence, or begins a second one. */
    @Test
    void whatBeganIsNotToldAsFailedBecauseAlertmanagerIsAwayAfterwards() {
        failsAfterwards = true;

        Maintenance begun = maintenances.begin(Duration.ofMinutes(15), "deploy", "alice");

        assertThat(begun.id()).isEqualTo("one");
        assertThat(maintenances.current()).containsExactly(begun);
    }

    @Test
    void whatEndedIsNotToldAsFailedBecauseAlertmanagerIsAwayAfterwards() {
        Instant now = Instant.now();
        silences = """
                [{"id": "one", "status": {"state": "active"}, "matchers": [], "startsAt": "%s", "endsAt": "%s",
                  "createdBy": "alice", "comment": "Maintenance: deploy"}]
                """.formatted(now, now.plusSeconds(600));
        failsAfterwards = true;

        assertThat(maintenances.end("one", "alice")).map(Maintenance::reason).contains("deploy");
        assertThat(maintenances.current()).isEmpty();
    }

    @Test
    void nothingBeginsWhereAlertmanagerAnswersWithAPage() {
        silences = "<html>502 Bad Gateway</html>";

        assertThatThrownBy(() -> maintenances.begin(Duration.ofMinutes(15), "deploy", "alice"))
                .isInstanceOf(PeerUnavailable.class);
        assertThat(maintenances.current()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-5M", "PT59S", "P100D"})
    void aTimeOutsideTheLimitsIsRefused(Duration time) {
        assertThatThrownBy(() -> maintenances.begin(time, "deploy", "alice"))
                .isInstanceOf(MaintenanceRefused.class)
                .hasMessageContaining("between 1 min and ");
    }
}
