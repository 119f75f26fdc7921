package dev.sidecar.pitr;

import dev.sidecar.kept.KeptFile;
import dev.sidecar.pitr.RecoveryDrill.Drilled;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the newest drill, the newest that held, and which sets led to their moment or failed, in a file that commands and the server share. */
final class RecoveryResults {

    private static final int LONGEST = 1024 * 1024;
    private static final int MOST_SETS = 200;

    private final KeptFile<Content> file;
    private Content unwritten = new Content(null, null, List.of(), List.of());
    private boolean lost;

    RecoveryResults(Path file) {
        this.file = new KeptFile<>(file, Content.class, LONGEST, "results of drills", "a recovery is proven once more");
    }

    /**
     * A set from which the last recovery failed.
     *
     * @param set its label
     * @param at when that was
     * @param why in sentences
     */
    record Failed(String set, Instant at, String why) {}

    private record Content(
            @Nullable RecoveryResult newest,
            @Nullable RecoveryResult held,
            List<String> proven,
            @Nullable List<Failed> failed) {}

    /**
     * What drills have shown of the sets.
     *
     * @param proven labels of those that led to their moment
     * @param failed those that did not the last time
     * @param last label of the one that was tried last; {@code -} for none
     */
    record Tried(List<String> proven, List<Failed> failed, String last) {

        /** When a recovery from this set failed, if the last one did. */
        Optional<Instant> failed(String label) {
            return failed.stream()
                    .filter(one -> one.set().equals(label))
                    .map(Failed::at)
                    .findFirst();
        }
    }

    private Content content() {
        return lost
                ? unwritten
                : file.read(content -> new Content(
                                content.newest(),
                                content.held(),
                                List.copyOf(content.proven()),
                                Optional.ofNullable(content.failed()).orElse(List.of())))
                        .orElse(unwritten);
    }

    synchronized Optional<RecoveryResult> newest() {
        return Optional.ofNullable(content().newest());
    }

    synchronized Optional<RecoveryResult> held() {
        return Optional.ofNullable(content().held());
    }

    synchronized Tried tried() {
        Content content = content();
        return new Tried(
                content.proven(),
                failed(content),
                Optional.ofNullable(content.newest()).map(RecoveryResult::set).orElse("-"));
    }

    private static List<Failed> failed(Content content) {
        return Optional.ofNullable(content.failed()).orElse(List.of());
    }

    synchronized void put(Drilled drilled) {
        RecoveryResult result = drilled.result();
        Content before = content();
        List<String> proven = new ArrayList<>(before.proven());
        List<Failed> failed = new ArrayList<>(failed(before));
        if (!result.set().equals("-")) {
            proven.remove(result.set());
            failed.removeIf(one -> one.set().equals(result.set()));
            if (drilled.blamesSet()) {
                failed.add(new Failed(result.set(), result.at(), result.wrong()));
            } else {
                proven.add(result.set());
                forgetCommonFailures(failed, before.held());
            }
        }
        unwritten = new Content(result, result.held() ? result : before.held(), newest(proven), newest(failed));
        lost = !file.write(unwritten);
    }

    /** Where several sets failed in a row, the cause was not in the sets; those that are full are tried again, as none was proven. */
    private static void forgetCommonFailures(List<Failed> failed, @Nullable RecoveryResult held) {
        Instant since = held == null ? Instant.EPOCH : held.at();
        if (failed.stream().filter(one -> one.at().isAfter(since)).count() > 1) {
            failed.removeIf(one -> one.at().isAfter(since));
        }
    }

    private static <T> List<T> newest(List<T> all) {
        return List.copyOf(all.subList(Math.max(0, all.size() - MOST_SETS), all.size()));
    }
}
