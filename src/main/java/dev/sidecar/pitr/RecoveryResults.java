package dev.sidecar.pitr;

import dev.sidecar.kept.KeptFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the newest drill, the newest that held, and which full sets were recovered from, in a file that commands and the server share. */
final class RecoveryResults {

    private static final int LONGEST = 1024 * 1024;
    private static final int MOST_PROVEN = 200;

    private final KeptFile<Content> file;
    private Content unwritten = new Content(null, null, List.of());
    private boolean lost;

    RecoveryResults(Path file) {
        this.file = new KeptFile<>(file, Content.class, LONGEST, "results of drills", "a recovery is proven once more");
    }

    private record Content(
            @Nullable RecoveryResult newest, @Nullable RecoveryResult held, List<String> proven) {}

    private Content content() {
        return lost
                ? unwritten
                : file.read(content -> new Content(content.newest(), content.held(), List.copyOf(content.proven())))
                        .orElse(unwritten);
    }

    synchronized Optional<RecoveryResult> newest() {
        return Optional.ofNullable(content().newest());
    }

    synchronized Optional<RecoveryResult> held() {
        return Optional.ofNullable(content().held());
    }

    /** Labels of the full sets that were recovered from, to the end of their WAL. */
    synchronized List<String> proven() {
        return content().proven();
    }

    synchronized void put(RecoveryResult result) {
        Content before = content();
        List<String> proven = new ArrayList<>(before.proven());
        if (result.held() && !proven.contains(result.set())) {
            proven.add(result.set());
        }
        unwritten = new Content(
                result,
                result.held() ? result : before.held(),
                List.copyOf(proven.subList(Math.max(0, proven.size() - MOST_PROVEN), proven.size())));
        lost = !file.write(unwritten);
    }
}
