package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.peers.Peer;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.proofs.alerting.AlertingProofsFixture;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** People get a drill of each route once a week and when they ask, not at each start: a real Alertmanager and a real mail server. */
class WeeklyDrillsTest {

    private static final Duration WEEK = Duration.ofDays(7);
    private static final int FACTOR = 60;

    @TempDir
    Path directory;

    private final GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    private final Outside outside = new Outside();
    private AlertmanagerServer alertmanager;
    private Alertmanager asked;
    private Receipts receipts;

    @BeforeEach
    void start() throws IOException {
        mail.start();
        alertmanager = server(Map.of());
        asked = new Alertmanager(new Peer(
                "Alertmanager",
                "sidecar.alerts.alertmanager-url",
                URI.create("http://" + alertmanager.hostAndPort()),
                Duration.ofSeconds(10)));
    }

    @AfterEach
    void stop() {
        alertmanager.close();
        outside.close();
        mail.stop();
    }

    @Test
    void aStartSendsNoDrillThatWasDeliveredWithinTheWeekAndTheProofSaysWhenThatWas() throws Exception {
        Drills first = sidecar();
        int routes = first.routes().size();

        Finding finding = prove(first, Duration.ZERO);

        assertThat(finding.verdict()).isEqualTo(Verdict.HELD);
        assertThat(finding.evidence()).contains("all were drilled now");
        assertThat(drills()).isEqualTo(routes);
        DrillResult before = first.lastDelivered("operational-critical").orElseThrow();

        Drills restarted = sidecar();
        Finding again = prove(restarted, Duration.ofDays(5));

        assertThat(again.verdict()).isEqualTo(Verdict.HELD);
        assertThat(again.evidence()).contains("no drill was due");
        assertThat(again.details())
                .anyMatch(line -> line.startsWith("operational-critical/email after ")
                        && line.endsWith(" at " + before.started().truncatedTo(java.time.temporal.ChronoUnit.SECONDS)));
        assertThat(drills()).isEqualTo(routes);
        assertThat(receipts.last(new Channel("operational-critical", "email", 0)))
                .isPresent();

        assertThat(prove(sidecar(), WEEK).evidence()).contains("all were drilled now");
        assertThat(drills()).isEqualTo(2 * routes);
    }

    @Test
    void ofTwoThatShareTheFileTheOtherSendsNothingAgainAndHasTheReceipts() throws Exception {
        Drills other = sidecar();
        Receipts ofTheOther = receipts;
        Drills first = sidecar();

        assertThat(prove(first, Duration.ZERO).evidence()).contains("all were drilled now");
        long sent = drills();

        Finding read = prove(other, Duration.ZERO);
        assertThat(read.verdict()).isEqualTo(Verdict.HELD);
        assertThat(read.evidence()).contains("no drill was due");
        assertThat(drills()).isEqualTo(sent);
        assertThat(ofTheOther.last(new Channel("operational-critical", "email", 0)))
                .isPresent();
    }

    /** Otherwise a full disk would have people get a drill with every proof. */
    @Test
    void aDrillThatCouldNotBeWrittenDownCountsAllTheSame() throws Exception {
        Drills drills = sidecar();
        drills.deliver("security-critical");
        Files.createDirectories(directory.resolve("drills.json.unfinished/in-the-way"));

        DrillResult newest = drills.deliver("security-critical");

        assertThat(newest.allDelivered()).isTrue();
        assertThat(drills.lastDelivered("security-critical").orElseThrow().id()).isEqualTo(newest.id());
    }

    @Test
    void aDrillThatPeopleAskForIsSentAlwaysAndCounts() throws Exception {
        Drills drills = sidecar();

        assertThat(drills.deliver("security-critical").allDelivered()).isTrue();
        assertThat(drills.deliver("security-critical").allDelivered()).isTrue();
        assertThat(drills()).isEqualTo(2);

        prove(sidecar(), Duration.ZERO);

        assertThat(drills()).isEqualTo(2 + drills.routes().size() - 1);
    }

    @Test
    void aRouteWithAnotherChannelIsDrilledAgain() throws Exception {
        Drills drills = sidecar();
        drills.deliver("security-critical");
        assertThat(drills.lastDelivered("security-critical")).isPresent();

        alertmanager.close();
        alertmanager = server(Map.of("ALERT_WEBHOOK_URL", outside.url("/team")));
        asked = new Alertmanager(new Peer(
                "Alertmanager",
                "sidecar.alerts.alertmanager-url",
                URI.create("http://" + alertmanager.hostAndPort()),
                Duration.ofSeconds(10)));

        assertThat(sidecar().lastDelivered("security-critical")).isEmpty();
    }

    @Test
    void aFileThatCannotBeReadCostsItsMemoryOnly() throws Exception {
        Files.writeString(directory.resolve("drills.json"), "{\"delivered\": [{}]}");

        assertThat(sidecar().lastDelivered("security-critical")).isEmpty();
    }

    @Test
    void aDrillInTheFileThatLacksSomethingStopsNoStart() throws Exception {
        assertThat(sidecar().deliver("security-critical").allDelivered()).isTrue();
        Path file = directory.resolve("drills.json");
        String whole = Files.readString(file);
        assertThat(sidecar().lastDelivered("security-critical")).isPresent();

        for (String lacking : List.of("id", "route", "started", "channel", "receiver", "integration")) {
            JsonNode content = JsonMapper.shared().readTree(whole);
            JsonNode drill = content.path("delivered").get(0);
            JsonNode channel = drill.path("channels").get(0);
            List<JsonNode> places = List.of(drill, channel, channel.path("channel"));
            assertThat(places.stream().filter(place -> place.has(lacking)))
                    .as(lacking)
                    .hasSize(1);
            places.forEach(place -> ((ObjectNode) place).remove(lacking));
            Files.writeString(file, content.toString());

            assertThat(sidecar().lastDelivered("security-critical")).as(lacking).isEmpty();
        }
    }

    @Test
    void aDrillThatFailedEndsWhatAnEarlierOneShowed() throws Exception {
        Drills drills = sidecar();
        assertThat(drills.deliver("security-critical").allDelivered()).isTrue();
        mail.stop();

        assertThat(drills.deliver("security-critical").allDelivered()).isFalse();

        assertThat(drills.lastDelivered("security-critical")).isEmpty();
        assertThat(sidecar().lastDelivered("security-critical")).isEmpty();
    }

    /** A sidecar that has just started: what it knows is in the file. */
    private Drills sidecar() {
        receipts = new Receipts();
        Clock clock = Clock.systemUTC();
        AlertmanagerEvents events = new AlertmanagerEvents(
                receipts,
                new Incidents(clock),
                new AlertMetrics(new SimpleMeterRegistry()),
                new InhibitionNames(asked, clock),
                clock);
        outside.answer("/hooks/alerts/events", event -> {
            events.take(event.json());
            return Answer.ok("ok");
        });
        return new Drills(
                asked,
                receipts,
                new Identity("staging", "box-1", "sidecar", "test"),
                clock,
                java.util.Optional::empty,
                new DrillsFile(directory.resolve("drills.json")));
    }

    private static Finding prove(Drills drills, Duration later) throws Exception {
        return AlertingProofsFixture.routeDrills(drills, WEEK, Clock.offset(Clock.systemUTC(), later))
                .prove();
    }

    private long drills() throws Exception {
        long seen = 0;
        for (var message : mail.getReceivedMessages()) {
            seen += message.getSubject().contains("[DRILL]")
                            && !message.getSubject().contains("RESOLVED")
                    ? 1
                    : 0;
        }
        return seen;
    }

    private AlertmanagerServer server(Map<String, String> further) throws IOException {
        Files.deleteIfExists(directory.resolve("templates/sidecar.tmpl"));
        Map<String, String> settings = new HashMap<>(further);
        settings.putAll(Map.of(
                "SIDECAR_URL", outside.url(""),
                "SIDECAR_TOKEN", "secret-token",
                "SMTP_SMARTHOST", "127.0.0.1:" + mail.getSmtp().getPort(),
                "SMTP_FROM", "alerts@example.org",
                "SMTP_REQUIRE_TLS", "false",
                "ALERT_MAIL_TO", "night@example.org"));
        return AlertmanagerServer.start(directory, settings, FACTOR);
    }
}
