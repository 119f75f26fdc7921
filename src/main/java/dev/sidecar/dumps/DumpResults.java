package dev.sidecar.dumps;

import dev.sidecar.kept.KeptFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Keeps the newest result of each source in a file, which a command and the server share. */
final class DumpResults {

    private static final int LONGEST = 8 * 1024 * 1024;

    private final KeptFile<Content> file;
    private final Map<String, DumpResult> unwritten = new TreeMap<>();

    DumpResults(Path file) {
        this.file = new KeptFile<>(
                file, Content.class, LONGEST, "results of dumps", "the newest dumps are restored once more");
    }

    private record Content(Map<String, DumpResult> results) {}

    synchronized Optional<DumpResult> of(String source) {
        return Optional.ofNullable(all().get(source));
    }

    synchronized void put(String source, DumpResult result) {
        Map<String, DumpResult> all = all();
        all.put(source, result);
        if (file.write(new Content(all))) {
            unwritten.clear();
        } else {
            unwritten.put(source, result);
        }
    }

    private Map<String, DumpResult> all() {
        Map<String, DumpResult> all = new TreeMap<>();
        file.read(Content::results).ifPresent(all::putAll);
        all.putAll(unwritten);
        return all;
    }
}
