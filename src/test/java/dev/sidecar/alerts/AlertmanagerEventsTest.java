package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Who sends an event says when it happened: nothing that it says holds longer than what happened. */
class AlertmanagerEventsTest {

    private static final Channel MAIL = new Channel("default", "email", 0);

    private final MutableClock clock = new MutableClock("2026-11-27T12:00:00Z");
    private final Receipts receipts = new Receipts();
    private final Incidents incidents = new Incidents(clock);
    private final AlertmanagerEvents events = new AlertmanagerEvents(
            receipts, incidents, new AlertMetrics(new SimpleMeterRegistry()), rule -> "rule", clock);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2027-11-27T12:00:00Z",
                "+1000000000-12-31T23:59:59.999999999Z",
                "-1000000000-01-01T00:00:00Z",
                "2026-11-27T13:00:01Z"
            })
    void aReceiptOfAnotherTimeIsNone(String at) {
        assertThatThrownBy(() -> take(at, "2026-11-27T11:59:00Z")).isInstanceOf(IllegalArgumentException.class);

        assertThat(receipts.deliveredWithin(MAIL, Duration.ofDays(7), clock.instant()))
                .isFalse();
    }

    /** One alert of strange times spoils neither the receipt of its group nor the looks after it. */
    @ParameterizedTest
    @ValueSource(
            strings = {"+1000000000-12-31T23:59:59.999999999Z", "-1000000000-01-01T00:00:00Z", "2027-11-27T12:00:00Z"})
    void anAlertThatBeganAtAnotherTimeIsToldWhenItIsTold(String began) {
        take("2026-11-27T12:00:00Z", began);

        assertThat(receipts.deliveredWithin(MAIL, Duration.ofMinutes(1), clock.instant()))
                .isTrue();
        FiringAlert alert = new FiringAlert(
                Map.of("alertname", "A"), Map.of(), Instant.parse("2026-11-27T11:59:00Z"), false, List.of("default"));
        AlertmanagerConfig config =
                AlertmanagerConfig.parse("receivers: [{name: default}]\nroute: {receiver: default}");
        assertThatCode(() -> incidents.see(List.of(alert), config, null)).doesNotThrowAnyException();
    }

    @Test
    void aClockThatIsAheadIsNoAttack() {
        take("2026-11-27T12:59:00Z", "2026-11-27T12:58:00Z");

        assertThat(receipts.last(MAIL)).isPresent();
    }

    private void take(String at, String began) {
        events.take(JsonMapper.shared().readTree("""
                {"@timestamp": "%s", "data": {"notification": {
                  "groupInfo": {"receiverName": "default"}, "integration": {"name": "email", "index": 0},
                  "reason": "X_FIRST_NOTIFICATION",
                  "alerts": [{"details": {"startsAt": "%s", "labels": {"labels": [{"key": "alertname", "value": "A"}]}}}]}}}
                """.formatted(at, began)));
    }
}
