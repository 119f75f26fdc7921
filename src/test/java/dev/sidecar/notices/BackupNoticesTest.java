package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.JobEnded;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.notices.NoticesProperties.BackupOutcomes;
import dev.sidecar.settings.Identity;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackupNoticesTest {

    private final MutableClock clock = new MutableClock("2026-11-23T02:10:00Z");
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void tellsOnlyWhatWasAskedFor() {
        assertThat(notices(BackupOutcomes.NONE).of(failed("disk full"))).isEmpty();
        assertThat(notices(BackupOutcomes.FAILURES).of(succeeded())).isEmpty();
        assertThat(notices(BackupOutcomes.FAILURES).of(failed("disk full"))).isPresent();
        assertThat(notices(BackupOutcomes.ALL).of(succeeded()).orElseThrow().subject())
                .isEqualTo("[OK] staging on box-1: backup-daily succeeded");
        assertThat(notices(BackupOutcomes.ALL).of(ended("backup-daily", Outcome.skipped("busy"), Instant.MAX)))
                .isEmpty();
        assertThat(notices(BackupOutcomes.ALL).of(ended("heartbeat", Outcome.failure("gone"), Instant.MAX)))
                .isEmpty();
    }

    @Test
    void saysWhatHappenedAndWhen() {
        Notice notice = notices(BackupOutcomes.FAILURES).of(failed("disk full")).orElseThrow();
        assertThat(notice.subject()).isEqualTo("[FAILED] staging on box-1: backup-daily failed");
        assertThat(notice.text()).startsWith("disk full\n").contains("2026-11-23T02:10:00Z after 61 s");
    }

    @Test
    void aFailureThatIsTriedAgainIsNotYetToldOf() {
        assertThat(notices(BackupOutcomes.ALL)
                        .of(ended("backup-daily", Outcome.failure("x"), Instant.parse("2026-11-23T02:20:00Z"))))
                .isEmpty();
    }

    @Test
    void theSameFailureIsToldOnceAnHour() {
        BackupNotices notices = notices(BackupOutcomes.FAILURES);
        assertThat(notices.of(failed("disk full"))).isPresent();
        assertThat(notices.of(failed("disk full"))).isEmpty();
        assertThat(notices.of(failed("another reason"))).isPresent();
        clock.tick(Duration.ofMinutes(61));
        assertThat(notices.of(failed("disk full"))).isPresent();
        assertThat(suppressed("duplicate")).isEqualTo(1);
    }

    @Test
    void notMoreThanTenAnHourAreTold() {
        BackupNotices notices = notices(BackupOutcomes.FAILURES);
        assertThat(IntStream.range(0, 25)
                        .filter(i -> notices.of(failed("reason " + i)).isPresent()))
                .hasSize(10);
        assertThat(suppressed("rate_limited")).isEqualTo(15);
        clock.tick(Duration.ofMinutes(61));
        assertThat(notices.of(failed("later"))).isPresent();
    }

    private BackupNotices notices(BackupOutcomes wanted) {
        DeadMansSwitch off = new DeadMansSwitch(clock, Duration.ofMinutes(5), Duration.ofHours(1), false);
        return new BackupNotices(
                wanted,
                new Identity("staging", "box-1", "sidecar", "test"),
                clock,
                new NoticeMetrics(registry, off, List.of()));
    }

    private double suppressed(String reason) {
        return registry.get("sidecar.notifications.suppressed")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private JobEnded succeeded() {
        return ended("backup-daily", Outcome.success("1 GB taken"), Instant.MAX);
    }

    private JobEnded failed(String reason) {
        return ended("backup-daily", Outcome.failure(reason), Instant.MAX);
    }

    private JobEnded ended(String job, Outcome outcome, Instant retriedAt) {
        return new JobEnded(job, outcome, clock.instant(), Duration.ofSeconds(61), retriedAt, !job.equals("heartbeat"));
    }
}
