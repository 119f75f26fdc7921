package dev.sidecar.proofs;

import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Job.Retries;
import dev.sidecar.jobs.Job.Sharing;
import dev.sidecar.jobs.JobSource;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.text.Durations;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Holds all proofs, each with its last drill. Every proof is a job of its own, so that a hanging one delays no other; only a few drills
 * run at once, to limit their cost.
 */
public final class Proofs implements JobSource {

    private static final Logger log = LoggerFactory.getLogger(Proofs.class);
    private static final String JOB_PREFIX = "proof-";
    /** Retries with doubled waits over some hours, so that a slow start does not postpone a weekly drill by a week. */
    private static final int RETRIES = 10;

    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

    private final Map<String, Proof> proofs = new LinkedHashMap<>();
    private final List<LeftOut> leftOut = new ArrayList<>();
    private final Map<String, Drill> drills = new ConcurrentHashMap<>();
    private final List<Consumer<Drill>> listeners = new CopyOnWriteArrayList<>();
    private final Set<String> seenHeld = ConcurrentHashMap.newKeySet();
    private final Semaphore atOnce;
    private final ProofsProperties properties;
    private final ProofMetrics metrics;
    private final Clock clock;
    private final Instant began;

    Proofs(List<Proof> found, ProofsProperties properties, MeterRegistry registry, Clock clock) {
        found.stream()
                .sorted(Comparator.comparing((Proof proof) -> proof.claim().area())
                        .thenComparing(proof -> proof.claim().id()))
                .forEach(proof -> {
                    if (proofs.put(proof.claim().id(), proof) != null) {
                        throw new IllegalStateException(
                                "two proofs are called " + proof.claim().id());
                    }
                });
        this.properties = properties;
        this.began = clock.instant();
        leaveOut(LeftOut.parse(properties.without()));
        this.atOnce = new Semaphore(properties.atOnce());
        this.clock = clock;
        this.metrics = new ProofMetrics(
                registry,
                claims().stream()
                        .map(claim -> claim.every(properties.intervalOf(claim)))
                        .toList(),
                leftOut,
                this::last,
                this::report);
    }

    private void leaveOut(Map<String, String> reasons) {
        Set<String> known = Set.copyOf(proofs.keySet());
        reasons.forEach((id, reason) -> {
            if (LeftOut.OF_FEATURES.contains(id) && !known.contains(id)) {
                log.info("proof {} need not be left out in {}: its feature is off", id, LeftOut.SETTING);
                return;
            }
            InvalidSetting.unless(
                    known.contains(id),
                    LeftOut.SETTING,
                    properties.without(),
                    "name proofs that exist; %s is none of %s".formatted(id, new TreeSet<>(known)));
            leftOut.add(new LeftOut(Objects.requireNonNull(proofs.remove(id)).claim(), reason));
        });
        leftOut.sort(Comparator.comparing((LeftOut out) -> out.claim().area())
                .thenComparing(out -> out.claim().id()));
    }

    /** Lists the claims that are drilled, in the order of the report. */
    public List<Claim> claims() {
        return proofs.values().stream().map(Proof::claim).toList();
    }

    /** Finds the last drill of a proof, as it counts now; empty before the first. */
    public Optional<Drill> last(String id) {
        return Optional.ofNullable(drills.get(id)).map(this::asOfNow);
    }

    /**
     * What held long ago is not seen to work: the drill hangs, or the clock was wrong. What was broken stays so until a drill says otherwise.
     */
    private Drill asOfNow(Drill drill) {
        Claim claim = drill.claim();
        Duration age = Duration.between(drill.when(), clock.instant());
        Duration interval = properties.intervalOf(claim);
        boolean ahead = age.compareTo(CLOCKS_DIFFER.negated()) < 0;
        boolean overdue =
                age.compareTo(interval.plus(claim.limit()).multipliedBy(2).plus(CLOCKS_DIFFER)) > 0;
        if (drill.verdict() != Verdict.HELD || !ahead && !overdue) {
            return drill;
        }
        String why = ahead
                ? "The last drill ended at %s, which is still to come: the clock was wrong then, or is now."
                        .formatted(drill.when())
                : "No drill has ended for %s, though one is due every %s."
                        .formatted(Durations.of(age), Durations.of(interval));
        Finding finding = new Finding(
                Verdict.INCONCLUSIVE,
                true,
                false,
                why + " The last one held: " + drill.finding().evidence(),
                drill.finding().details());
        return new Drill(claim, finding, drill.when(), drill.took());
    }

    /** Finds the name of the job that drills a proof. @throws IllegalArgumentException if there is no such proof */
    public String job(String id) {
        leftOut.stream().filter(out -> out.claim().id().equals(id)).findFirst().ifPresent(out -> {
            throw new IllegalArgumentException("%s is left out: %s".formatted(id, out.reason()));
        });
        if (!proofs.containsKey(id)) {
            throw new IllegalArgumentException("No proof '%s'; the proofs are %s.".formatted(id, proofs.keySet()));
        }
        return JOB_PREFIX + id;
    }

    /** Has somebody told of every drill from now on, on the thread that ran it. */
    public void onDrill(Consumer<Drill> listener) {
        listeners.add(listener);
    }

    /** Makes the readiness report. */
    public Report report() {
        List<Drill> known = new ArrayList<>();
        List<Claim> waiting = new ArrayList<>();
        for (Claim claim : claims()) {
            last(claim.id()).ifPresentOrElse(known::add, () -> waiting.add(claim));
        }
        return new Report(clock.instant(), known, waiting, leftOut);
    }

    @Override
    public List<Job> jobs() {
        return proofs.values().stream().map(this::job).toList();
    }

    private Job job(Proof proof) {
        Claim claim = proof.claim();
        Duration interval = properties.intervalOf(claim);
        // The ids spread drills of the same interval over it, in the same way after every restart.
        Duration offset = Duration.ofMillis(Math.floorMod(claim.id().hashCode() * 7919L, interval.toMillis()));
        Job job = new Job(
                        JOB_PREFIX + claim.id(),
                        Schedule.every(interval, offset),
                        claim.limit().multipliedBy(2),
                        new Retries(RETRIES, Duration.ofSeconds(20)),
                        () -> Optional.of(Instant.EPOCH),
                        run -> outcome(drill(proof)))
                .withOwnLines();
        return proof.isForOneOnly() ? job.onDuty(new Sharing(true, why -> leave(claim, why))) : job;
    }

    /** Drops findings of proofs that only the sidecar on duty drills: they would grow old here. */
    private Outcome leave(Claim claim, String why) {
        Finding finding = Finding.notConfigured("Not drilled here: %s.".formatted(why));
        record(new Drill(claim, finding, clock.instant(), Duration.ZERO));
        return Outcome.skipped(why);
    }

    private void record(Drill drill) {
        logChange(drills.put(drill.claim().id(), drill), drill);
        metrics.drilled(drill);
        listeners.forEach(listener -> listener.accept(drill));
    }

    /** Runs one drill and records its result, whatever the drill throws. */
    Drill drill(Proof proof) throws InterruptedException {
        atOnce.acquire();
        try {
            long began = System.nanoTime();
            Finding finding = judged(proof.claim().id(), find(proof));
            Drill drill =
                    new Drill(proof.claim(), finding, clock.instant(), Duration.ofNanos(System.nanoTime() - began));
            record(drill);
            return drill;
        } finally {
            atOnce.release();
        }
    }

    /** A proof that stays broken for days is drilled hundreds of times: one line says it, and another that it is over. */
    private static void logChange(@Nullable Drill before, Drill now) {
        ProofState was = before == null ? ProofState.HELD : before.state();
        if (was == now.state()) {
            return;
        }
        LoggingEventBuilder line = switch (now.state()) {
            case BROKEN -> log.atError();
            case INCONCLUSIVE -> log.atWarn();
            default -> log.atInfo();
        };
        line.addKeyValue("proof", now.claim().id())
                .addKeyValue("state", now.state().label())
                .addKeyValue("duration_ms", now.took().toMillis())
                .log(
                        "proof {} is {}: {}",
                        now.claim().id(),
                        now.state().word(),
                        now.finding().evidence());
    }

    /** A proof that has held once is broken from its first failure on; others get some time after the start. */
    private Finding judged(String id, Finding finding) {
        if (finding.verdict() == Verdict.HELD) {
            seenHeld.add(id);
        } else if (finding.applicable()
                && !seenHeld.contains(id)
                && clock.instant().isBefore(began.plus(properties.startingFor()))) {
            return finding.tooEarly();
        }
        return finding;
    }

    private static Finding find(Proof proof) {
        try {
            return proof.prove();
        } catch (NotConfigured e) {
            return Finding.notConfigured(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            return Finding.inconclusive("The drill exceeded its time limit and was stopped.");
        } catch (Exception | Error e) {
            return new Finding(
                    Verdict.INCONCLUSIVE,
                    true,
                    false,
                    e.getMessage() == null ? e.toString() : e.getMessage(),
                    List.of());
        }
    }

    private static Outcome outcome(Drill drill) {
        String evidence = drill.claim().id() + ": " + drill.finding().evidence();
        if (!drill.finding().applicable()) {
            return Outcome.skipped(evidence);
        }
        return drill.verdict() == Verdict.HELD
                ? Outcome.success(evidence)
                : Outcome.failure(drill.state() + ", " + evidence);
    }
}
