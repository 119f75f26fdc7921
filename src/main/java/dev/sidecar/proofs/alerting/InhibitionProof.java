package dev.sidecar.proofs.alerting;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.alerts.AlertmanagerConfig.Inhibition;
import dev.sidecar.alerts.Drills;
import dev.sidecar.alerts.InhibitionResult;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.text.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

final class InhibitionProof implements Proof {

    private static final int AT_ONCE = 4;

    private final Alertmanager alertmanager;
    private final Drills drills;

    InhibitionProof(Alertmanager alertmanager, Drills drills) {
        this.alertmanager = alertmanager;
        this.drills = drills;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "ALR-5",
                Area.ALERTING,
                "Every inhibition rule mutes its target, and does not mute it when a label differs.",
                Duration.ofHours(6),
                Duration.ofMinutes(10));
    }

    @Override
    public boolean isForOneOnly() {
        return true;
    }

    @Override
    public Finding prove() throws InterruptedException {
        List<Inhibition> rules = alertmanager.config().inhibitions();
        List<String> seen = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (Drilled rule : drill(rules)) {
            InhibitionResult same = rule.same();
            if (!same.muted() || !same.by().contains(rule.name())) {
                wrong.add("%s did not mute its target%s".formatted(rule.name(), why(same)));
            }
            InhibitionResult other = rule.other();
            if (!other.delivered() || other.muted()) {
                wrong.add("%s muted its target although %s differed, or the target was not delivered%s"
                        .formatted(rule.name(), rule.differing(), why(other)));
            }
            seen.add("%s: muted after %s; with another %4$s delivered after %3$s"
                    .formatted(rule.name(), Durations.of(same.took()), Durations.of(other.took()), rule.differing()));
        }
        if (rules.isEmpty()) {
            return Finding.broken("Alertmanager has no inhibition rule.");
        }
        return wrong.isEmpty()
                ? Finding.held(
                                "%d inhibition rules muted their targets, and did not when a label differed.",
                                rules.size())
                        .with(seen)
                : Finding.broken("%s.", String.join("; ", wrong)).with(seen);
    }

    /**
     * Both drills of a rule.
     *
     * @param differing the label that differed in the other
     */
    private record Drilled(String name, String differing, InhibitionResult same, InhibitionResult other) {}

    /** Some at once: each waits for Alertmanager, and has a stack of its own. */
    private List<Drilled> drill(List<Inhibition> rules) throws InterruptedException {
        ExecutorService drilling = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Drilled> drilled = new ArrayList<>();
            for (Future<Drilled> one : drilling.invokeAll(rules.stream()
                    .<Callable<Drilled>>map(rule -> () -> drill(rule))
                    .toList())) {
                drilled.add(one.get());
            }
            return drilled;
        } catch (ExecutionException e) {
            // Its own words are the verdict's.
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("a drill of an inhibition failed", e.getCause());
        } finally {
            drilling.shutdownNow();
        }
    }

    private Drilled drill(Inhibition rule) throws InterruptedException {
        String differing = differing(rule);
        return new Drilled(
                rule.name(), differing, drills.inhibit(rule.name(), null), drills.inhibit(rule.name(), differing));
    }

    private static String why(InhibitionResult result) {
        return result.problem() == null ? "" : " (" + result.problem() + ")";
    }

    /** Finds the label to vary: not the stack, as every drill has its own. */
    private static String differing(Inhibition rule) {
        return rule.equal().stream()
                .filter(label -> !label.equals("stack"))
                .findFirst()
                .orElse("stack");
    }
}
