package dev.sidecar.dumps;

import dev.sidecar.kept.KeptFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Keeps the newest result of each source in a file, which a command and the server share. */
final class DumpResults {

    private static final int LONGEST = 8 * 1024 * 1024;

    private final KeptFile<Content> file;
    private final Map<String, DumpResult> unwritten = new TreeMap<>();
    private final Map<String, Begun> begun = new TreeMap<>();
    /** A restore that an earlier process had begun. */
    private final Map<String, Begun> left = new TreeMap<>();

    DumpResults(Path file) {
        this.file = new KeptFile<>(
                file, Content.class, LONGEST, "results of dumps", "the newest dumps are restored once more");
        this.file
                .read(content -> content.begun() == null ? Map.<String, Begun>of() : content.begun())
                .ifPresent(left::putAll);
    }

    /** A restore that has begun, which outlives a process that it kills. */
    private record Begun(String dump, long bytes, Instant modified, Instant at) {

        boolean isOf(DumpFile file) {
            return dump.equals(file.name()) && bytes == file.bytes() && modified.equals(file.modified());
        }
    }

    private record Content(
            Map<String, DumpResult> results, @Nullable Map<String, Begun> begun) {}

    synchronized Optional<DumpResult> of(String source) {
        return Optional.ofNullable(all().get(source));
    }

    /** Notes that a restore begins. */
    synchronized void begin(String source, DumpFile file, Instant now) {
        begun.put(source, new Begun(file.name(), file.bytes(), file.modified(), now));
        write(all());
    }

    /** Notes that it has ended, however. */
    synchronized void end(String source) {
        begun.remove(source);
        write(all());
    }

    /** Tells when the restore of a file began that never ended: the process was killed, maybe by that. */
    synchronized Optional<Instant> abandoned(String source, DumpFile file) {
        return Optional.ofNullable(left.get(source))
                .filter(one -> one.isOf(file))
                .map(Begun::at);
    }

    synchronized void put(String source, DumpResult result) {
        Map<String, DumpResult> all = all();
        all.put(source, result);
        unwritten.put(source, result);
        write(all);
    }

    private void write(Map<String, DumpResult> all) {
        if (file.write(new Content(all, begun))) {
            unwritten.clear();
        }
    }

    private Map<String, DumpResult> all() {
        Map<String, DumpResult> all = new TreeMap<>();
        file.read(Content::results).ifPresent(all::putAll);
        all.putAll(unwritten);
        return all;
    }
}
