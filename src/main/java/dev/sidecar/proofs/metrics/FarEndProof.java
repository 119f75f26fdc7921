package dev.sidecar.proofs.metrics;

import dev.sidecar.farend.FarEnd;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.prometheus.Prometheus;
import dev.sidecar.prometheus.Sample;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Patience;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

@Conditional(FarEndProof.IsWrittenTo.class)
final class FarEndProof implements Proof {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofSeconds(3);
    /** One that does not answer is not asked for the whole time: others wait to be drilled. */
    private static final int MOST_FAILURES = 4;

    /** Of the queue that the stack's own configuration names, if there are several. */
    private static final String SENT =
            "min(prometheus_remote_storage_queue_highest_sent_timestamp_seconds{remote_name=\"far-end\"})"
                    + " or min(prometheus_remote_storage_queue_highest_sent_timestamp_seconds)";

    private static final String LOST = "sum(increase(prometheus_remote_storage_samples_%s_total[15m]))";

    private final FarEnd farEnd;
    private final Prometheus prometheus;
    private final Clock clock;
    private final Duration limit;
    private final Duration pause;

    @Autowired
    FarEndProof(FarEnd farEnd, Prometheus prometheus, Clock clock) {
        this(farEnd, prometheus, clock, LIMIT, PAUSE);
    }

    FarEndProof(FarEnd farEnd, Prometheus prometheus, Clock clock, Duration limit, Duration pause) {
        this.farEnd = farEnd;
        this.prometheus = prometheus;
        this.clock = clock;
        this.limit = limit;
        this.pause = pause;
    }

    /** Nobody misses a store elsewhere who writes to none. */
    static final class IsWrittenTo implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return Stream.of("sidecar.far-end.write-url", "sidecar.far-end.url")
                    .map(context.getEnvironment()::getProperty)
                    .anyMatch(StringUtils::hasText);
        }
    }

    @Override
    public Claim claim() {
        return new Claim(
                "MET-7",
                Area.METRICS,
                "A value written here is read back within 2 minutes from the remote store that Prometheus writes to.",
                Duration.ofMinutes(5),
                Duration.ofMinutes(5));
    }

    /** The far end's last answer, and whether it has the value. */
    private record Look(Set<Double> values, @Nullable String trouble, int failures) {

        boolean hasEnded(double value) {
            return values.contains(value) || failures >= MOST_FAILURES;
        }
    }

    @Override
    public Finding prove() throws InterruptedException {
        if (!farEnd.isConfigured()) {
            return Finding.notConfigured(
                    "Nothing is read back from elsewhere: set REMOTE_WRITE_URL and REMOTE_WRITE_QUERY_URL (sidecar.far-end.url).");
        }
        double value = farEnd.write(clock.instant());
        Patience here = new Patience(limit.dividedBy(2), pause);
        if (!holds(here.until(() -> prometheus.query(farEnd.selector()), samples -> holds(samples, value)), value)) {
            return Finding.inconclusive(
                    "Prometheus here has not scraped the value after %s, so nothing is known about the remote store: see MET-1.",
                    here.seconds());
        }
        Instant scraped = clock.instant();
        Patience there = new Patience(limit, pause);
        Look last = there.until(new Looks()::next, look -> look.hasEnded(value));
        if (last.values().contains(value)) {
            return Finding.held(
                    "The value %.0f was read back from %s %s after Prometheus here had it.",
                    value, where(), there.seconds());
        }
        return judged(scraped, last, there.seconds());
    }

    private static boolean holds(List<Sample> samples, double value) {
        return samples.stream().anyMatch(sample -> sample.value() == value);
    }

    /** Asks again and again, and counts how often in a row there was no answer. */
    private final class Looks {

        private int failures;

        Look next() {
            try {
                Look look = new Look(farEnd.stored(), null, 0);
                failures = 0;
                return look;
            } catch (PeerUnavailable e) {
                failures++;
                return new Look(Set.of(), e.getMessage(), failures);
            }
        }
    }

    private Finding judged(Instant scraped, Look last, String waited) throws InterruptedException {
        // Prometheus tells of itself with the next scrape only.
        OptionalDouble sent = new Patience(limit.dividedBy(2), pause)
                .until(() -> prometheus.value(SENT), moment -> hasSent(moment, scraped));
        if (sent.isEmpty()) {
            return Finding.broken("Prometheus here writes to no remote store: its configuration has no remote_write.");
        }
        if (!hasSent(sent, scraped)) {
            return Finding.broken(
                    "The value has not left Prometheus here after %s (%s). %s",
                    waited, behind(sent), last.trouble() == null ? instead(last.values()) : last.trouble() + ".");
        }
        if (last.trouble() != null) {
            return Finding.inconclusive(
                    "Prometheus here has sent the value, but whether it was kept is unknown: %s.%s",
                    last.trouble(), refused());
        }
        return Finding.broken(
                "The far end at %s was sent the value and does not have it after %s: it loses samples or is slow to show them, or the"
                        + " address, tenant or login for reading lead to another place than those for writing.%s %s",
                where(), waited, refused(), instead(last.values()));
    }

    /** A sample that is refused for good counts as sent. */
    private String refused() {
        double refused = count("failed");
        return refused > 0 ? " It refused %.0f samples within 15 minutes.".formatted(refused) : "";
    }

    private static boolean hasSent(OptionalDouble sent, Instant scraped) {
        return sent.isPresent() && sent.getAsDouble() >= scraped.getEpochSecond();
    }

    private double count(String what) {
        return prometheus.value(LOST.formatted(what)).orElse(0);
    }

    private String behind(OptionalDouble sent) {
        Instant upTo = Instant.ofEpochSecond((long) sent.orElse(0));
        return "%s; within 15 minutes it tried %.0f samples again, %.0f were refused and %.0f dropped"
                .formatted(
                        upTo.equals(Instant.EPOCH) ? "nothing was sent since it started" : "sent up to " + ago(upTo),
                        count("retried"),
                        count("failed"),
                        count("dropped"));
    }

    private String instead(Set<Double> values) {
        if (values.isEmpty()) {
            return "It has no value of this stack and host at all.";
        }
        Optional<Instant> newest = values.stream()
                .map(FarEnd::timeOf)
                .flatMap(Optional::stream)
                .filter(time -> !time.isAfter(clock.instant()))
                .max(Instant::compareTo);
        return newest.map(time -> "The newest that it has was written %s.".formatted(ago(time)))
                .orElse("What it has was never written here.");
    }

    private String ago(Instant moment) {
        return Durations.ago(Duration.between(moment, clock.instant()).truncatedTo(ChronoUnit.SECONDS));
    }

    private String where() {
        return farEnd.address().map(URI::toString).orElse("");
    }
}
