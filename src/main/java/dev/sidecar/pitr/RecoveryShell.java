package dev.sidecar.pitr;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.Sizes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Recovers to a moment for the command line: prints the plan, asks where something is overwritten, and says what to do next. */
public final class RecoveryShell {

    private static final int NOT_CONFIRMED = 7;
    private static final int LONGEST_ANSWER = 200;

    private final Pitr pitr;
    private final Recoveries recoveries;

    RecoveryShell(Pitr pitr, Recoveries recoveries) {
        this.pitr = pitr;
        this.recoveries = recoveries;
    }

    /**
     * Recovers.
     *
     * @param from label of the set to begin with; absent for the one with which it is the fastest
     * @param inPlace over the data directory of the stopped server; otherwise into an instance beside
     * @param confirm the name of the stanza, which otherwise is asked for
     * @param planOnly whether to print the plan and nothing else
     * @param stay whether to stay until the instance beside is stopped
     * @return the exit code
     * @throws BackupFailure if that is not possible
     */
    public int recover(
            RecoveryTarget target,
            @Nullable String from,
            boolean inPlace,
            @Nullable String confirm,
            boolean planOnly,
            boolean stay) {
        if (!pitr.isEnabled()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "Point-in-time recovery is off: set sidecar.pitr.enabled, and see docs/pitr.md.");
        }
        try {
            RecoveryPlan plan = recoveries.plan(target, Optional.ofNullable(from));
            print(plan, inPlace);
            if (planOnly) {
                return 0;
            }
            if (!inPlace) {
                System.out.println(recoveries.beside(plan));
                if (stay) {
                    recoveries.stay();
                }
                return 0;
            }
            if (!isConfirmed(confirm)) {
                throw new CommandFailure(
                        NOT_CONFIRMED, "Not confirmed: type the name of the stanza, or pass it with --confirm.");
            }
            System.out.println(recoveries.inPlace(plan));
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupFailure(Reason.SHUTDOWN, "Stopped.", e);
        }
    }

    private void print(RecoveryPlan plan, boolean inPlace) throws InterruptedException {
        System.err.printf(
                "Recovers to %s%n  from set %s (%s), complete %s, %s, and at most %d segments of WAL%n",
                plan.target().words(),
                plan.reach().set().label(),
                plan.reach().set().type().words(),
                plan.reach().set().stopped(),
                Sizes.of(plan.reach().set().bytes()),
                plan.segments());
        if (plan.reach().set().damaged()) {
            System.err.println("  warning: this set holds pages with wrong checksums, and no other leads there");
        }
        System.err.println(
                inPlace
                        ? "  over the data directory of the stopped server (pg1-path): all that was written after that moment is lost"
                        : "  into a separate instance, in %s, port %d"
                                .formatted(
                                        pitr.settings().instance().directory(),
                                        pitr.settings().instance().port()));
        System.err.println("  " + (inPlace ? recoveries.roomInPlace(plan) : "needs about " + Sizes.of(plan.bytes())));
    }

    private boolean isConfirmed(@Nullable String confirm) {
        String stanza = pitr.settings().stanza();
        if (confirm != null) {
            return confirm.equals(stanza);
        }
        System.err.printf("To overwrite the data directory, type the name of the stanza (%s): ", stanza);
        System.err.flush();
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = System.in.read(); b >= 0 && b != '\n' && line.size() < LONGEST_ANSWER; b = System.in.read()) {
                line.write(b);
            }
            return stanza.equals(line.toString(Charset.defaultCharset()).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
