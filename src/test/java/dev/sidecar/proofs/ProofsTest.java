package dev.sidecar.proofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.support.ErrorLines;
import dev.sidecar.support.MutableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
                    throw new StackOverflowError();
                }),
                proof("LOG-4", () -> {
                    throw new OutOfMemoryError("Java heap space");
                }));

        assertThat(run(proofs, "LOG-1"))
                .isEqualTo(Outcome.failure("INCONCLUSIVE, LOG-1: Loki at http://loki:3100 gave no answer"));
        run(proofs, "LOG-2");
        run(proofs, "LOG-3");
        run(proofs, "LOG-4");

        assertThat(proofs.report().drills())
                .hasSize(4)
                .extracting(Drill::verdict)
                .containsOnly(Verdict.INCONCLUSIVE);
        assertThat(proofs.report().score()).isZero();
        assertThat(gauge("sidecar.proof.held", "LOG-1")).isNaN();
        assertThat(gauge("sidecar.proof.last.held.timestamp", "LOG-1")).isZero();
    }

    @Test
    void whatIsNotSetUpIsNeitherBrokenNorProven() throws Exception {
        Proofs proofs = proofs(
                proof("LOG-1", () -> {
                    throw new NotConfigured("Loki is not configured: set LOKI_URL.");
                }),
                proof("MET-1", () -> Finding.held("fine")));

        assertThat(run(proofs, "LOG-1").result()).isEqualTo(Outcome.Result.SKIPPED);
        run(proofs, "MET-1");

        Report report = proofs.report();
        assertThat(report.headline()).isEqualTo("1 of 2 proven; 1 not set up");
        assertThat(report.score()).isEqualTo(50);
        assertThat(report.count(ProofState.BROKEN)).isZero();
        assertThat(report.isComplete()).isFalse();
        assertThat(registry.get("sidecar.readiness").gauge().value()).isEqualTo(0.5);
        assertThat(inState("not_set_up")).isEqualTo(1);
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
        assertThat(proofs.report().count(ProofState.BROKEN)).isZero();

        run(proofs, "LOG-3");
        assertThat(proofs.report().score()).isEqualTo(66);
        assertThat(proofs.report().count(ProofState.BROKEN)).isEqualTo(1);
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

    /** A drill that hangs for ever, a scheduler that stands still: yesterday's tick is no proof. */
    @Test
    void whatHeldLongAgoDoesNotCountAsHeld() throws Exception {
        Proofs proofs =
                proofs(proof("LOG-1", () -> Finding.held("seen")), proof("LOG-2", () -> Finding.broken("dead")));
        run(proofs, "LOG-1");
        run(proofs, "LOG-2");
        clock.tick(Duration.ofMinutes(22));
        assertThat(proofs.report().headline()).isEqualTo("1 of 2 proven; 1 broken");

        clock.tick(Duration.ofMinutes(2));

        assertThat(proofs.report().headline()).isEqualTo("0 of 2 proven; 1 broken; 1 inconclusive");
        assertThat(proofs.last("LOG-1").orElseThrow().finding().evidence())
                .isEqualTo("No drill has ended for 24 min, though one is due every 10 min. The last one held: seen");
        assertThat(gauge("sidecar.proof.held", "LOG-1")).isNaN();
        assertThat(gauge("sidecar.proof.held", "LOG-2")).isZero();
        assertThat(inState("held")).isZero();
        assertThat(registry.get("sidecar.readiness").gauge().value()).isZero();

        run(proofs, "LOG-1");
        assertThat(proofs.report().headline()).isEqualTo("1 of 2 proven; 1 broken");
    }

    @Test
    void aDrillOfAMomentThatIsStillToComeDoesNotCountAsHeld() throws Exception {
        Proofs proofs = proofs(proof("LOG-1", () -> Finding.held("seen")));
        run(proofs, "LOG-1");

        clock.set("2026-11-23T11:59:30Z");
        assertThat(proofs.report().score()).isEqualTo(100);
        clock.set("2026-11-23T09:00:00Z");

        assertThat(proofs.report().score()).isZero();
        assertThat(proofs.report().isComplete()).isFalse();
        assertThat(proofs.last("LOG-1").orElseThrow().finding().evidence())
                .startsWith(
                        "The last drill ended at 2026-11-23T12:00:00Z, which is still to come: the clock was wrong");
    }

    @Test
    void aLongerIntervalOfTheSettingsIsTheOneThatCounts() throws Exception {
        Proofs proofs = new Proofs(
                List.of(proof("LOG-1", () -> Finding.held("seen"))),
                properties(Map.of("LOG-1", Duration.ofDays(1))),
                registry,
                clock);
        run(proofs, "LOG-1");
        clock.tick(Duration.ofHours(47));

        assertThat(proofs.report().score()).isEqualTo(100);
        clock.tick(Duration.ofHours(2));
        assertThat(proofs.report().score()).isZero();
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
    void aHundredPercentIsEveryProofOfAll() throws Exception {
        Proofs proofs = proofs(proof("LOG-1", () -> Finding.held("fine")), proof("MET-1", () -> Finding.held("fine")));
        run(proofs, "LOG-1");
        run(proofs, "MET-1");

        assertThat(proofs.report().score()).isEqualTo(100);
        assertThat(proofs.report().headline()).isEqualTo("2 of 2 proven");
        assertThat(proofs.report().isComplete()).isTrue();
        assertThat(registry.get("sidecar.readiness").gauge().value()).isEqualTo(1);
    }

    @Test
    void aProofIsLeftOutByNameWithAReasonAndIsNotCountedAsProven() throws Exception {
        Proofs proofs = without(
                "log-1, LOG-2 = logs are kept elsewhere; MET-2=later",
                proof("LOG-1", () -> Finding.held("fine")),
                proof("LOG-2", () -> Finding.broken("dead")),
                proof("MET-1", () -> Finding.held("fine")),
                proof("MET-2", () -> Finding.held("fine")));
        run(proofs, "MET-1");

        Report report = proofs.report();
        assertThat(proofs.jobs()).extracting(Job::name).containsExactly("proof-MET-1");
        assertThat(report.leftOut())
                .extracting(out -> out.claim().id() + ": " + out.reason())
                .containsExactly("LOG-1: logs are kept elsewhere", "LOG-2: logs are kept elsewhere", "MET-2: later");
        assertThat(report.headline()).isEqualTo("1 of 4 proven; 3 left out");
        assertThat(report.score()).isEqualTo(25);
        assertThat(report.isComplete()).isTrue();
        assertThat(gauge("sidecar.proof.applicable", "LOG-1")).isZero();
        assertThat(inState("left_out")).isEqualTo(3);
        assertThatThrownBy(() -> proofs.job("LOG-1")).hasMessage("LOG-1 is left out: logs are kept elsewhere");
    }

    /** One list of proofs for all stacks: in those without traces TRC-1 is not there to be left out. */
    @Test
    void aProofWhoseFeatureIsOffMayBeNamedToo() {
        Proofs proofs = without("TRC-1, log-1=not here", proof("LOG-1", () -> Finding.held("fine")));

        assertThat(proofs.report().leftOut())
                .extracting(out -> out.claim().id())
                .containsExactly("LOG-1");
        assertThatThrownBy(() -> without("TRC-1=a; TRC-1=b")).isInstanceOf(InvalidSetting.class);
    }

    /** A name that stands for no proof at all is a slip. */
    @Test
    void theProofsWhoseFeatureMayBeOffAreThoseWithACondition() throws Exception {
        Set<String> conditional = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java/dev/sidecar/proofs"))) {
            for (Path source : sources.filter(file -> file.toString().endsWith("Proof.java"))
                    .toList()) {
                String text = Files.readString(source);
                if (text.contains("\n@Conditional")) {
                    Matcher claim =
                            Pattern.compile("new Claim\\(\\s*\"([A-Z]+-\\d+)\"").matcher(text);
                    assertThat(claim.find()).as(source.toString()).isTrue();
                    conditional.add(claim.group(1));
                }
            }
        }
        assertThat(conditional).isEqualTo(new TreeSet<>(LeftOut.OF_FEATURES));
    }

    @Test
    void leavingOutEverythingProvesNothing() {
        Proofs proofs = without("LOG-1=no", proof("LOG-1", () -> Finding.held("fine")));

        assertThat(proofs.report().score()).isZero();
        assertThat(proofs.report().isComplete()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LOG-99=no such proof",
                "LOG-1",
                "LOG-1=",
                "LOG-1= ;MET-1=x",
                "LOG-1=a; LOG-1=b",
                "=why",
                "LOG-1=a\u0007b"
            })
    void aProofIsNotLeftOutWithoutItsNameAndAReason(String without) {
        assertThatThrownBy(() -> without(
                        without,
                        proof("LOG-1", () -> Finding.held("fine")),
                        proof("MET-1", () -> Finding.held("fine"))))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.proofs.without");
    }

    @Test
    void nothingIsBrokenWhileItMayStillBeStarting() throws Exception {
        Finding[] seen = {Finding.broken("no target answers")};
        Proofs proofs = new Proofs(
                List.of(proof("MET-1", () -> seen[0])),
                new ProofsProperties(2, Map.of(), Duration.ofMinutes(2), "", null),
                registry,
                clock);

        assertThat(run(proofs, "MET-1")).isEqualTo(Outcome.failure("STARTING, MET-1: no target answers"));
        assertThat(proofs.report().headline()).isEqualTo("0 of 1 proven; 1 starting");
        assertThat(gauge("sidecar.proof.held", "MET-1")).isNaN();

        clock.tick(Duration.ofMinutes(2));
        run(proofs, "MET-1");
        assertThat(proofs.report().headline()).isEqualTo("0 of 1 proven; 1 broken");
    }

    @Test
    void whatHasHeldIsBrokenAtOnceThoughTheSidecarHasJustStarted() throws Exception {
        Finding[] seen = {Finding.held("fine")};
        Proofs proofs = new Proofs(
                List.of(proof("MET-1", () -> seen[0])),
                new ProofsProperties(2, Map.of(), Duration.ofMinutes(2), "", null),
                registry,
                clock);
        run(proofs, "MET-1");
        seen[0] = Finding.broken("gone");
        run(proofs, "MET-1");

        assertThat(proofs.report().count(ProofState.BROKEN)).isEqualTo(1);
    }

    /** "Recent errors" on the first dashboard was full of one proof that was broken for an hour. */
    @Test
    void aProofThatStaysBrokenIsOneErrorLineForEachChange() throws Exception {
        Iterator<Finding> findings = List.of(
                        Finding.held("found after 0.4 s"),
                        Finding.broken("not found after 10.1 s"),
                        Finding.broken("not found after 10.2 s"),
                        Finding.broken("not found after 10.3 s"),
                        Finding.held("found after 0.5 s"),
                        Finding.held("found after 0.6 s"),
                        Finding.broken("not found after 10.4 s"))
                .iterator();
        Proofs proofs = proofs(proof("LOG-1", findings::next));
        List<String> lines = new ArrayList<>();
        try (ErrorLines ignored = ErrorLines.of(Proofs.class, lines)) {
            while (findings.hasNext()) {
                run(proofs, "LOG-1");
            }
        }

        assertThat(lines)
                .containsExactly(
                        "proof LOG-1 is broken: not found after 10.1 s",
                        "proof LOG-1 is broken: not found after 10.4 s");
        assertThat(proofs.jobs())
                .singleElement()
                .satisfies(job -> assertThat(job.ownLines())
                        .as("the job would say it again")
                        .isTrue());
    }

    @Test
    void anIntervalCanBeSetForOneProof() {
        ProofsProperties properties = properties(Map.of("log-1", Duration.ofHours(5)));

        assertThat(properties.intervalOf(claim("LOG-1"))).isEqualTo(Duration.ofHours(5));
        assertThat(properties.intervalOf(claim("LOG-2"))).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void whatOnlyTheOneOnDutyDrillsIsNotDrilledWhileAnotherIsAndBreaksNothing() throws Exception {
        AtomicInteger drilled = new AtomicInteger();
        Proof proof = proof("LOG-2", () -> {
            drilled.incrementAndGet();
            return Finding.held("it arrived");
        });
        Proofs proofs = proofs(new Proof() {
            @Override
            public Claim claim() {
                return proof.claim();
            }

            @Override
            public Finding prove() throws Exception {
                return proof.prove();
            }

            @Override
            public boolean isForOneOnly() {
                return true;
            }
        });
        Job job = proofs.jobs().get(0);

        Outcome outcome = job.sharing().instead().apply("another sidecar, two, is on duty");

        assertThat(outcome.result()).isEqualTo(Outcome.Result.SKIPPED);
        assertThat(drilled).hasValue(0);
        Drill left = proofs.last("LOG-2").orElseThrow();
        assertThat(left.state()).isEqualTo(ProofState.NOT_SET_UP);
        assertThat(left.finding().evidence()).isEqualTo("Not drilled here: another sidecar, two, is on duty.");
        assertThat(registry.get("sidecar.proof.applicable").gauge().value()).isZero();
        assertThat(job.sharing().certain()).as("people get nothing twice").isTrue();
    }

    private Proofs proofs(Proof... found) {
        return new Proofs(List.of(found), properties(Map.of()), registry, clock);
    }

    private Proofs without(String without, Proof... found) {
        return new Proofs(
                List.of(found), new ProofsProperties(2, Map.of(), Duration.ZERO, without, null), registry, clock);
    }

    private double inState(String state) {
        return registry.get("sidecar.proofs").tag("state", state).gauge().value();
    }

    private static ProofsProperties properties(Map<String, Duration> intervals) {
        return new ProofsProperties(2, intervals, Duration.ZERO, "", null);
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
