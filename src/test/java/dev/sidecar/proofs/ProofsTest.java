package dev.sidecar.proofs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ProofsTest {

    private final MutableClock clock = new MutableClock("2026-11-23T12:00:00Z");
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void keepsTheLastDrillOfEachProof() throws Exception {
        Proofs proofs = proofs(proof("LOG-1", () -> Finding.held("seen %d times", 3)));

        run(proofs, "LOG-1");

        Drill drill = proofs.last("LOG-1").orElseThrow();
        assertThat(drill.verdict()).isEqualTo(Verdict.HELD);
        assertThat(drill.finding().evidence()).isEqualTo("seen 3 times");
        assertThat(drill.when()).isEqualTo(Instant.parse("2026-11-23T12:00:00Z"));
        assertThat(gauge("sidecar.proof.held", "LOG-1")).isEqualTo(1);
        assertThat(gauge("sidecar.proof.last.held.timestamp", "LOG-1"))
                .isEqualTo(clock.instant().getEpochSecond());
    }

    @Test
    void aDrillThatCouldNotRunIsNeverHeld() throws Exception {
        Proofs proofs = proofs(
                proof("LOG-1", () -> {
                    throw new PeerUnavailable("Loki at http://loki:3100 gave no answer");
                }),
                proof("LOG-2", () -> {
                    throw new NullPointerException();
                }),
                proof("LOG-3", () -> {
                    throw new StackOverflowErrorLike();
                }));

        assertThat(run(proofs, "LOG-1"))
                .isEqualTo(Outcome.failure("INCONCLUSIVE, LOG-1: Loki at http://loki:3100 gave no answer"));
        run(proofs, "LOG-2");
        run(proofs, "LOG-3");

        assertThat(proofs.report().drills()).extracting(Drill::verdict).containsOnly(Verdict.INCONCLUSIVE);
        assertThat(proofs.report().score()).isZero();
        assertThat(gauge("sidecar.proof.held", "LOG-1")).isNaN();
        assertThat(gauge("sidecar.proof.last.held.timestamp", "LOG-1")).isZero();
    }

    @Test
    void whatIsNotConfiguredCountsNeitherForNorAgainst() throws Exception {
        Proofs proofs = proofs(
                proof("LOG-1", () -> {
                    throw new NotConfigured("Loki is not configured: set LOKI_URL.");
                }),
                proof("MET-1", () -> Finding.held("fine")));

        assertThat(run(proofs, "LOG-1").result()).isEqualTo(Outcome.Result.SKIPPED);
        run(proofs, "MET-1");

        Report report = proofs.report();
        assertThat(report.applicable()).isEqualTo(1);
        assertThat(report.notConfigured()).isEqualTo(1);
        assertThat(report.score()).isEqualTo(100);
        assertThat(gauge("sidecar.proof.held", "LOG-1")).isNaN();
        assertThat(gauge("sidecar.proof.applicable", "LOG-1")).isZero();
    }

    @Test
    void theScoreIsNeverRoundedUpAndAProofNotDrilledYetIsNotHeld() throws Exception {
        Proofs proofs = proofs(
                proof("LOG-1", () -> Finding.held("fine")),
                proof("LOG-2", () -> Finding.held("fine")),
                proof("LOG-3", () -> Finding.broken("dead")));
        run(proofs, "LOG-1");
        run(proofs, "LOG-2");
        assertThat(proofs.report().score()).isEqualTo(66);
        assertThat(proofs.report().waiting()).extracting(Claim::id).containsExactly("LOG-3");
        assertThat(proofs.report().isUnbroken()).isTrue();

        run(proofs, "LOG-3");
        assertThat(proofs.report().score()).isEqualTo(66);
        assertThat(proofs.report().isUnbroken()).isFalse();
    }

    @Test
    void aHangingDrillDelaysNoOtherAndEndsInconclusive() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        Proofs proofs = proofs(
                proof("LOG-1", () -> {
                    hangs.countDown();
                    new CountDownLatch(1).await();
                    return Finding.held("never");
                }),
                proof("LOG-2", () -> Finding.held("fine")));
        Thread hanging = new Thread(() -> runQuietly(proofs, "LOG-1"));
        hanging.start();
        hangs.await();

        assertThat(run(proofs, "LOG-2").result()).isEqualTo(Outcome.Result.SUCCESS);
        hanging.interrupt();
        hanging.join();

        assertThat(proofs.last("LOG-1").orElseThrow().verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    }

    @Test
    void drillsAreSpreadAndDueRightAfterTheStart() {
        Proofs proofs = proofs(proof("LOG-1", () -> Finding.held("fine")), proof("LOG-2", () -> Finding.held("fine")));

        List<Job> jobs = proofs.jobs();

        assertThat(jobs).extracting(Job::name).containsExactly("proof-LOG-1", "proof-LOG-2");
        assertThat(jobs).allSatisfy(job -> {
            assertThat(job.lastDone().get()).contains(Instant.EPOCH);
            assertThat(job.schedule().latest(clock.instant())).isPresent();
        });
        assertThat(jobs.get(0).schedule().next(clock.instant()))
                .isNotEqualTo(jobs.get(1).schedule().next(clock.instant()));
    }

    @Test
    void anIntervalCanBeSetForOneProof() {
        ProofsProperties properties = properties(Map.of("log-1", Duration.ofHours(5)));

        assertThat(properties.intervalOf(claim("LOG-1"))).isEqualTo(Duration.ofHours(5));
        assertThat(properties.intervalOf(claim("LOG-2"))).isEqualTo(Duration.ofMinutes(10));
    }

    private static final class StackOverflowErrorLike extends AssertionError {

        private static final long serialVersionUID = 1L;
    }

    private Proofs proofs(Proof... found) {
        return new Proofs(List.of(found), properties(Map.of()), registry, clock);
    }

    private static ProofsProperties properties(Map<String, Duration> intervals) {
        return new ProofsProperties(2, intervals, null);
    }

    private static Proof proof(String id, Callable<Finding> drill) {
        return new Proof() {
            @Override
            public Claim claim() {
                return ProofsTest.claim(id);
            }

            @Override
            public Finding prove() throws Exception {
                return drill.call();
            }
        };
    }

    private static Claim claim(String id) {
        return new Claim(id, id.startsWith("LOG") ? Area.LOGGING : Area.METRICS, "It holds.", Duration.ofMinutes(10));
    }

    private Outcome run(Proofs proofs, String id) throws Exception {
        Job job = proofs.jobs().stream()
                .filter(each -> each.name().equals(proofs.job(id)))
                .findFirst()
                .orElseThrow();
        return job.work().run(new Job.Run(clock.instant(), true, 1));
    }

    private void runQuietly(Proofs proofs, String id) {
        try {
            run(proofs, id);
        } catch (Exception e) {
            Thread.currentThread().interrupt();
        }
    }

    private double gauge(String name, String proof) {
        return registry.get(name).tag("proof", proof).gauge().value();
    }
}
