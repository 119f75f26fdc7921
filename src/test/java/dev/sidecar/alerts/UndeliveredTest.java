package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.alerts.Alertmanager.PostedAlert;
import dev.sidecar.alerts.Deliveries.Cause;
import dev.sidecar.alerts.Deliveries.Missing;
import dev.sidecar.alerts.Outside.Answer;
import dev.sidecar.alerts.Outside.Received;
import dev.sidecar.notices.NoticesFixture;
import dev.sidecar.peers.Peer;
import dev.sidecar.settings.Identity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What fires is compared with what was delivered: a real Alertmanager with the committed routes, whose channel does or does not take it. */
@Tag("long")
class UndeliveredTest {

    private static final Duration MARGIN = Duration.ofSeconds(2);
    /** Group intervals of five minutes are five seconds, repeat intervals of four hours are four minutes. */
    private static final int FACTOR = 60;

    private static final String TEAM = "/team/hook";
    private static final String DIRECT = "/direct";
    private static final String CHANNEL = "operational-critical/webhook";
    private static final Map<String, String> OUTAGE = Map.of(
            "alertname", "DatabaseConnectionFailed",
            "stack", "staging",
            "host", "h1",
            "service", "postgres",
            "severity", "critical",
            "category", "operational");

    @TempDir
    Path directory;

    private final MovedClock clock = new MovedClock();
    /** As Prometheus has it fire. */
    private List<FiringAlert> inPrometheus = List.of();

    private Outside outside;
    private AlertmanagerServer alertmanager;
    private Relay address;
    private Alertmanager asked;
    private Incidents incidents;
    private DeliveryCheck check;
    private DirectTelling telling;

    @BeforeEach
    void start() throws IOException {
        outside = new Outside();
        alertmanager = server(Map.of("ALERT_WEBHOOK_URL", outside.url(TEAM)));
        address = new Relay(port(alertmanager));
        asked = new Alertmanager(new Peer(
                "Alertmanager",
                "sidecar.alerts.alertmanager-url",
                URI.create("http://127.0.0.1:" + address.port()),
                Duration.ofSeconds(10)));
        startSidecar();
    }

    @AfterEach
    void stop() {
        alertmanager.close();
        address.close();
        outside.close();
    }

    @Test
    void whatEveryChannelTookIsDelivered() {
        fire(OUTAGE, Instant.now());

        await(found -> found.delivered() == 1);
        after(MARGIN);

        assertThat(check.look().undelivered()).isEmpty();
        assertThat(check.look().unconfirmed()).isEmpty();
        assertThat(check.look().reachesPeople()).isTrue();
    }

    @Test
    void aChannelThatFailsIsNamedAndPeopleAreToldDirectlyOnceAndOfItsEnd() throws Exception {
        outside.answer(TEAM, any -> new Answer(500, Map.of(), "no"));
        Instant began = Instant.now();
        fire(OUTAGE, began);

        Missing missing = awaitMissing();
        assertThat(missing.where()).isEqualTo(CHANNEL);
        assertThat(missing.cause()).isEqualTo(Cause.FAILED);
        assertThat(missing.why()).matches("\\d+ attempts? failed.*");
        for (int i = 0; i < 5; i++) {
            telling.look();
        }
        assertThat(direct())
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .startsWith(
                                "*[UNDELIVERED] staging on box-1: DatabaseConnectionFailed postgres on h1 was not delivered*")
                        .contains("DatabaseConnectionFailed, critical postgres on h1: postgres does not answer")
                        .contains("Not delivered by operational-critical/webhook: "));

        resolve(OUTAGE, began);
        await(found -> found.undelivered().isEmpty());
        telling.look();
        assertThat(direct()).as("it could be gone for a moment only").hasSize(1);
        clock.move(Duration.ofMinutes(6));
        telling.look();
        telling.look();
        assertThat(direct()).hasSize(2);
        assertThat(direct().get(1))
                .startsWith("*[RESOLVED] staging on box-1: DatabaseConnectionFailed postgres on h1 no longer fires*");
    }

    /** The outage of the issue: Alertmanager comes back with what it noted before, and says nothing of the second one. */
    @Test
    void anOutageThatAlertmanagerTakesForToldIsTold() throws Exception {
        fire(OUTAGE, Instant.now());
        await(found -> found.delivered() == 1);
        restartAlertmanager();
        await(found -> found.delivered() == 0);
        after(Duration.ofSeconds(300 / FACTOR).plus(Duration.ofSeconds(1)));
        long told = outside.received(TEAM).size();

        fire(OUTAGE, Instant.now());

        Missing missing = awaitMissing();
        assertThat(missing.cause()).isEqualTo(Cause.NOT_SENT);
        telling.look();
        assertThat(direct()).singleElement().asString().contains("Alertmanager has not tried since");
        assertThat(outside.received(TEAM)).hasSize((int) told);
    }

    /** The same when all of the stack was recreated in between. */
    @Test
    void norDoesTheSidecarTakeItForToldWhenItWasRecreatedToo() throws Exception {
        fire(OUTAGE, Instant.now());
        await(found -> found.delivered() == 1);
        telling.look();
        telling.close();
        restartAlertmanager();
        startSidecar();
        after(Duration.ofSeconds(300 / FACTOR).plus(Duration.ofSeconds(1)));

        fire(OUTAGE, Instant.now());

        assertThat(awaitMissing().cause()).isEqualTo(Cause.NOT_SENT);
        telling.look();
        assertThat(direct()).singleElement().asString().contains("DatabaseConnectionFailed postgres on h1");
    }

    @Test
    void aFlappingAlertOfWhichPeopleKnowIsNotMissing() {
        fire(OUTAGE, Instant.now());
        await(found -> found.delivered() == 1);
        resolve(OUTAGE, Instant.now());
        await(found -> found.delivered() == 0);

        fire(OUTAGE, Instant.now());

        await(found -> found.delivered() == 1);
        after(MARGIN);
        assertThat(check.look().undelivered()).isEmpty();
    }

    @Test
    void whatIsSilencedOrInhibitedIsNotMissedAndIsWhenThatEnds() throws Exception {
        outside.answer(TEAM, any -> new Answer(500, Map.of(), "no"));
        String silence = silence("DatabaseConnectionFailed");
        fire(OUTAGE, Instant.now());
        Map<String, String> slow = new HashMap<>(OUTAGE);
        slow.putAll(Map.of("alertname", "SlowQueries", "category", "performance", "severity", "warning"));
        fire(
                Map.of(
                        "alertname",
                        "ServiceDown",
                        "stack",
                        "staging",
                        "service",
                        "postgres",
                        "host",
                        "h1",
                        "category",
                        "operational",
                        "severity",
                        "critical"),
                Instant.now());
        fire(slow, Instant.now());

        await(found -> found.muted() == 2 && found.undelivered().size() == 1);
        after(MARGIN.plus(Duration.ofSeconds(900 / FACTOR)));
        assertThat(check.look().undelivered())
                .extracting(Deliveries.Undelivered::name)
                .containsExactly("ServiceDown");

        HttpResponse<String> ended = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "http://" + alertmanager.hostAndPort() + "/api/v2/silence/" + silence))
                                .DELETE()
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(ended.statusCode()).isEqualTo(200);
        await(found -> found.undelivered().stream().anyMatch(one -> one.name().equals("DatabaseConnectionFailed")));
    }

    /** Who has Alertmanager's password can have nobody hear of anything; that is told past Alertmanager. */
    @Test
    void aSilenceOfEverythingHidesNothing() throws Exception {
        asked.silence(silenceOf(
                new Silence.Matcher("alertname", "Watchdog", false, true),
                new Silence.Matcher("severity", "critical|warning", true),
                new Silence.Matcher("host", "h1", false)));
        fire(OUTAGE, Instant.now());

        Missing missing = awaitMissing();
        assertThat(missing.cause()).isEqualTo(Cause.SILENCED);
        assertThat(missing.why()).contains("by 'somebody'").contains("names no alert and no service");
        telling.look();
        assertThat(direct())
                .singleElement()
                .asString()
                .contains("DatabaseConnectionFailed, critical postgres on h1")
                .contains("silenced until ");
    }

    /** The same by another way of writing it. */
    @Test
    void aSilenceThatListsTheNamesOfAllAlertsHidesNothing() throws Exception {
        String names = Silence.MutedTogether.CRITICAL.values().stream()
                .flatMap(List::stream)
                .collect(Collectors.joining("|"));
        asked.silence(silenceOf(new Silence.Matcher("alertname", names, true)));
        fire(OUTAGE, Instant.now());

        Missing missing = awaitMissing();
        assertThat(missing.cause()).isEqualTo(Cause.SILENCED);
        assertThat(missing.why()).contains("by 'somebody'").contains("half or more of the critical alerts");
    }

    private static Silence silenceOf(Silence.Matcher... matchers) {
        Instant now = Instant.now();
        return new Silence("", List.of(matchers), now, now.plusSeconds(3600), "somebody", "hush");
    }

    @Test
    void aRestartOfTheSidecarForgetsNeitherReceiptsNorWhatItTold() throws Exception {
        fire(OUTAGE, Instant.now());
        await(found -> found.delivered() == 1);
        outside.answer(TEAM, any -> new Answer(500, Map.of(), "no"));
        Map<String, String> other = new HashMap<>(OUTAGE);
        other.put("service", "redis");
        fire(other, Instant.now());
        awaitMissing();
        telling.look();
        assertThat(direct()).hasSize(1);

        telling.close();
        startSidecar();
        check.look();
        after(MARGIN.plus(Duration.ofSeconds(300 / FACTOR)));
        clock.move(Duration.ofMinutes(6));
        telling.look();

        assertThat(check.look().delivered()).isEqualTo(1);
        assertThat(direct()).hasSize(1);
    }

    @Test
    void whatWasDeliveredWhileNobodyListenedIsUnconfirmedAndNobodyIsToldTwice() throws Exception {
        fire(OUTAGE, Instant.now());
        await(found -> found.delivered() == 1);

        Files.deleteIfExists(directory.resolve("receipts.json"));
        startSidecar();
        check.look();
        after(MARGIN.plus(Duration.ofSeconds(1)));
        telling.look();

        assertThat(check.look().undelivered()).isEmpty();
        assertThat(check.look().unconfirmed())
                .singleElement()
                .satisfies(one -> assertThat(one.why()).contains("before this sidecar started"));
        assertThat(direct()).isEmpty();
    }

    /** Prometheus could not hand it over, or something on the way dropped it. */
    @Test
    void whatPrometheusHasFireAndAlertmanagerDoesNotKnowIsTold() throws Exception {
        inPrometheus = List.of(
                new FiringAlert(OUTAGE, Map.of(), Instant.now().minusSeconds(200), false, List.of()),
                new FiringAlert(
                        Map.of("alertname", "Watchdog"), Map.of(), Instant.now().minusSeconds(200), false, List.of()));
        assertThat(check.look().undelivered())
                .as("Alertmanager has just started")
                .isEmpty();
        clock.move(Duration.ofMinutes(3));

        assertThat(awaitMissing())
                .isEqualTo(new Missing(
                        "Alertmanager",
                        Cause.NOT_KNOWN,
                        "Prometheus has it fire, and Alertmanager does not know of it"));
        telling.look();
        telling.look();
        assertThat(direct()).singleElement().asString().contains("DatabaseConnectionFailed");

        fire(OUTAGE, Instant.now());
        await(found -> found.undelivered().isEmpty());
    }

    @Test
    void theFailureOfTheOnlyChannelReachesPeopleDirectly() throws Exception {
        fire(
                Map.of(
                        "alertname",
                        "NotificationsFailing",
                        "integration",
                        "webhook",
                        "severity",
                        "critical",
                        "category",
                        "operational"),
                Instant.now());

        Missing missing = awaitMissing();
        assertThat(missing)
                .isEqualTo(new Missing(
                        "without-webhooks", Cause.NO_CHANNEL, "this receiver has no channel that reaches people"));
        telling.look();
        assertThat(direct()).singleElement().asString().contains("NotificationsFailing");
    }

    @Test
    void manyAreOneNoticeAndHostileTextStaysText() throws Exception {
        outside.answer(TEAM, any -> new Answer(500, Map.of(), "no"));
        Instant began = Instant.now();
        IntStream.range(0, 30).forEach(i -> {
            Map<String, String> one = new HashMap<>(OUTAGE);
            one.put("service", "s" + i);
            one.put("host", "<!channel>\nNot delivered by nobody: \u001b[2J");
            fire(one, began);
        });

        await(found -> found.undelivered().size() == 30);
        for (int i = 0; i < 5; i++) {
            telling.look();
            clock.move(Duration.ofMinutes(1));
        }

        assertThat(direct())
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .startsWith("*[UNDELIVERED] staging on box-1: 30 alerts were not delivered*")
                        .contains("(30; the first 10 are here)")
                        .contains("&lt;!channel&gt;\\u000aNot delivered by nobody: \\u001b[2J")
                        .doesNotContain("<!channel>", "\u001b"));
    }

    @Test
    void itIsToldAgainAfterTheRepeatIntervalAndTriedAgainIfNobodyTookIt() throws Exception {
        outside.answer(TEAM, any -> new Answer(500, Map.of(), "no"));
        outside.answer(DIRECT, any -> new Answer(403, Map.of(), "invalid_token"));
        fire(OUTAGE, Instant.now());
        awaitMissing();
        telling.look();
        telling.look();
        assertThat(direct()).as("one attempt, then a pause").hasSize(1);

        outside.answer(DIRECT, any -> Answer.ok("ok"));
        clock.move(Duration.ofMinutes(1).plusSeconds(1));
        telling.look();
        telling.look();
        assertThat(direct()).hasSize(2);

        // The repeat interval of four hours is four minutes here; the pause between two notices is longer.
        clock.move(Duration.ofMinutes(5).plusSeconds(1));
        telling.look();
        telling.look();
        assertThat(direct()).hasSize(3);
    }

    @Test
    void anAlertThatBeginsMeanwhilePutsOffNoOther() throws Exception {
        clock.move(Duration.ofMinutes(3));
        FiringAlert first = lost("BackupFailed");
        inPrometheus = List.of(first);
        telling.look();
        assertThat(direct()).hasSize(1);

        lookOn(Duration.ofHours(2));
        assertThat(direct()).hasSize(1);
        inPrometheus = List.of(first, lost("DiskFull"));
        telling.look();
        assertThat(direct()).hasSize(2);
        assertThat(direct().get(1)).contains("DiskFull").doesNotContain("BackupFailed");

        lookOn(Duration.ofHours(2));
        assertThat(direct()).hasSize(3);
        assertThat(direct().get(2)).contains("BackupFailed").doesNotContain("DiskFull");
    }

    private void lookOn(Duration time) throws Exception {
        for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plusMinutes(30)) {
            clock.move(Duration.ofMinutes(30));
            telling.look();
        }
    }

    /** Prometheus has it fire, Alertmanager does not know it. */
    private FiringAlert lost(String name) {
        return new FiringAlert(
                Map.of("alertname", name, "severity", "critical"), Map.of(), clock.instant(), false, List.of());
    }

    private void startSidecar() {
        incidents = new Incidents(clock);
        AlertMetrics metrics = new AlertMetrics(new SimpleMeterRegistry());
        AlertmanagerEvents events =
                new AlertmanagerEvents(new Receipts(), incidents, metrics, new InhibitionNames(asked, clock), clock);
        outside.answer("/hooks/alerts/events", event -> {
            events.take(event.json());
            return Answer.ok("ok");
        });
        check = new DeliveryCheck(asked, () -> inPrometheus, incidents, clock, "h1", MARGIN);
        telling = new DirectTelling(
                check,
                new DirectTelling.Means(
                        incidents,
                        new IncidentsFile(directory.resolve("receipts.json")),
                        NoticesFixture.slack(outside.url(DIRECT), clock),
                        NoticesFixture.neverMissing(clock),
                        metrics),
                new Identity("staging", "box-1", "sidecar", "test"),
                clock);
        check.look();
    }

    private AlertmanagerServer server(Map<String, String> channels) throws IOException {
        Files.deleteIfExists(directory.resolve("templates/sidecar.tmpl"));
        Map<String, String> settings = new HashMap<>(channels);
        settings.putAll(Map.of("SIDECAR_URL", outside.url(""), "SIDECAR_TOKEN", "secret-token"));
        return AlertmanagerServer.start(directory, settings, FACTOR);
    }

    /** With its notification log, which the compose file removes. */
    private void restartAlertmanager() throws IOException {
        alertmanager.close();
        alertmanager = server(Map.of("ALERT_WEBHOOK_URL", outside.url(TEAM)));
        address.leadTo(port(alertmanager));
    }

    private static int port(AlertmanagerServer server) {
        return Integer.parseInt(server.hostAndPort().replaceAll(".*:", ""));
    }

    private void fire(Map<String, String> labels, Instant began) {
        post(labels, began, Instant.now().plusSeconds(600));
    }

    private void resolve(Map<String, String> labels, Instant began) {
        post(labels, began, Instant.now());
    }

    private void post(Map<String, String> labels, Instant began, Instant ends) {
        asked.post(List.of(new PostedAlert(
                labels, Map.of("summary", "postgres does not answer"), began.toString(), ends.toString())));
    }

    private String silence(String alertname) throws Exception {
        String body = """
                {"matchers": [{"name": "alertname", "value": "%s", "isRegex": false, "isEqual": true}],
                 "startsAt": "%s", "endsAt": "%s", "createdBy": "test", "comment": "planted"}""".formatted(alertname, Instant.now(), Instant.now().plusSeconds(600));
        JsonNode answer = tools.jackson.databind.json.JsonMapper.shared()
                .readTree(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create("http://" + alertmanager.hostAndPort() + "/api/v2/silences"))
                                        .header("Content-Type", "application/json")
                                        .POST(HttpRequest.BodyPublishers.ofString(body))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
        return answer.path("silenceID").asString();
    }

    private void await(Predicate<Deliveries> wanted) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> wanted.test(check.look()));
    }

    private Missing awaitMissing() {
        await(found -> !found.undelivered().isEmpty());
        return check.look().undelivered().get(0).missing().get(0);
    }

    /** Alertmanager's own time cannot be moved. */
    private static void after(Duration time) {
        Instant end = Instant.now().plus(time);
        Awaitility.await()
                .atMost(time.plusSeconds(30))
                .until(() -> Instant.now().isAfter(end));
    }

    /** @return what was sent past Alertmanager, as Slack gets it */
    private List<String> direct() {
        return outside.received(DIRECT).stream()
                .map(Received::json)
                .map(message -> message.path("text").asString())
                .toList();
    }

    /** The real time, or later. */
    private static final class MovedClock extends Clock {

        private Duration ahead = Duration.ZERO;

        void move(Duration by) {
            ahead = ahead.plus(by);
        }

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
