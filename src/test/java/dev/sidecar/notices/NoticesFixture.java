package dev.sidecar.notices;

import dev.sidecar.secrets.Secret;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Makes the ways to people for tests in other rooms. */
public final class NoticesFixture {

    private NoticesFixture() {}

    /** Sends to Slack's webhook at this address, without waiting before another attempt. */
    public static Notices slack(String url, Clock clock) {
        return new Notices(
                List.of(new ChatNotifier(ChatService.SLACK, Secret.of(url), Duration.ofSeconds(10))),
                new NoticeMetrics(new SimpleMeterRegistry(), neverMissing(clock), List.of("slack")),
                Duration.ofSeconds(30),
                pause -> {});
    }

    /** A dead man's switch that expects no Watchdog. */
    public static DeadMansSwitch neverMissing(Clock clock) {
        return new DeadMansSwitch(clock, Duration.ofMinutes(5), Duration.ofHours(1), false);
    }
}
