package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.MutableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IncidentsFileTest {

    private static final Channel MAIL = new Channel("default", "email", 0);
    private static final Map<String, String> LABELS = Map.of("alertname", "ServiceDown", "host", "<h1>\n\u001b");

    @TempDir
    Path directory;

    private final MutableClock clock = new MutableClock("2026-11-27T12:00:00Z");

    @Test
    void whatWasKnownIsKnownAgainAndOnlyThisUserMayReadIt() throws IOException {
        Incidents before = new Incidents(clock);
        before.told(MAIL, LABELS, clock.instant(), false);
        before.all()
                .get(0)
                .toldDirectly
                .put(new Incident.Told("default/slack", Deliveries.Cause.FAILED), clock.instant());
        IncidentsFile file = new IncidentsFile(directory.resolve("new/receipts.json"));
        file.write(before);
        file.write(before);

        Incidents after = new Incidents(clock);
        file.readInto(after);

        assertThat(after.all()).singleElement().satisfies(incident -> {
            assertThat(incident.labels).isEqualTo(LABELS);
            assertThat(incident.isToldBy(MAIL)).isTrue();
            assertThat(incident.toldDirectly)
                    .containsOnlyKeys(new Incident.Told("default/slack", Deliveries.Cause.FAILED));
            assertThat(incident.isOnlyToldDirectly()).isTrue();
        });
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("new/receipts.json"))))
                .isEqualTo("rw-------");
        try (var files = Files.list(directory.resolve("new"))) {
            assertThat(files).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{\"incidents\":null}",
                "{\"incidents\":[null]}",
                "{\"incidents\":[{}]}",
                "{\"incidents\":[{\"labels\":{\"a\":\"b\"},\"began\":\"yesterday\"}]}",
                "{\"incidents\":[{\"labels\":{\"a\":null},\"began\":\"2026-11-27T12:00:00Z\"}]}"
            })
    void aDamagedFileCostsTheMemoryAndNothingElse(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("receipts.json"), content);
        Incidents incidents = new Incidents(clock);

        new IncidentsFile(file).readInto(incidents);

        assertThat(incidents.all()).isEmpty();
        Incidents seen = new Incidents(clock);
        seen.see(
                List.of(new FiringAlert(LABELS, Map.of(), clock.instant(), false, List.of("default"))),
                AlertmanagerConfig.parse(""),
                null);
        assertThat(seen.all()).hasSize(1);
    }

    @Test
    void whatIsInTheWayOfTheFileStopsNothing() throws IOException {
        Path inTheWay = Files.writeString(directory.resolve("file"), "no directory");

        new IncidentsFile(inTheWay.resolve("receipts.json")).write(new Incidents(clock));
        new IncidentsFile(directory).readInto(new Incidents(clock));
    }

    @Test
    void anAlertThatFiresAgainAfterItsEndWasSeenIsAnotherIncident() {
        AlertmanagerConfig config = AlertmanagerConfig.parse("");
        Incidents incidents = new Incidents(clock);
        Instant first = clock.instant();
        incidents.told(MAIL, LABELS, first, false);
        incidents.see(List.of(alert(first)), config, null);

        clock.tick(Duration.ofMinutes(4));
        incidents.see(List.of(alert(clock.instant())), config, null);
        assertThat(incidents.all().get(0).isToldBy(MAIL))
                .as("its end was too short to be seen")
                .isTrue();

        clock.tick(Duration.ofMinutes(6));
        incidents.see(List.of(alert(clock.instant())), config, null);
        assertThat(incidents.all().get(0).isToldBy(MAIL)).isFalse();

        clock.tick(Duration.ofMinutes(61));
        incidents.see(List.of(), config, null);
        assertThat(incidents.all()).isEmpty();
    }

    private static FiringAlert alert(Instant since) {
        return new FiringAlert(LABELS, Map.of(), since, false, List.of("default"));
    }
}
