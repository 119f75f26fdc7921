package dev.sidecar.demo;

import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Breaks parts of the demo and repairs them. Asking for what is so already changes nothing. */
final class Faults {

    private final PostgresServer postgres;
    private final Traffic traffic;
    private final Path backups;
    private final Map<Fault, Instant> since = new EnumMap<>(Fault.class);
    private @Nullable Path damaged;

    Faults(PostgresServer postgres, Traffic traffic, Path backups) {
        this.postgres = postgres;
        this.traffic = traffic;
        this.backups = backups;
    }

    synchronized Optional<Instant> since(Fault fault) {
        return Optional.ofNullable(since.get(fault));
    }

    /** @return what was done, in words */
    synchronized String breakNow(Fault fault) throws IOException {
        if (since.containsKey(fault)) {
            return "It is broken already: " + fault.title() + ".";
        }
        switch (fault) {
            case DATABASE -> postgres.pause();
            case API -> traffic.slow(true);
            case BACKUP -> {
                Optional<Path> dump = newestDump();
                if (dump.isEmpty()) {
                    return "There is no backup yet; the first one is being taken.";
                }
                damaged = dump.get();
                flip(damaged);
            }
        }
        since.put(fault, Instant.now());
        return fault.title() + ": done. " + fault.story();
    }

    /** @return what was done, in words */
    synchronized String repair(Fault fault) throws IOException {
        if (since.remove(fault) == null) {
            return "Nothing to repair here.";
        }
        switch (fault) {
            case DATABASE -> postgres.resume();
            case API -> traffic.slow(false);
            case BACKUP -> {
                if (damaged != null && Files.exists(damaged)) {
                    flip(damaged);
                }
            }
        }
        return "Repaired. The alert resolves, a message says so, and the proofs hold again.";
    }

    private Optional<Path> newestDump() throws IOException {
        if (!Files.isDirectory(backups)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(backups)) {
            return files.filter(file -> file.getFileName().toString().startsWith("database.dump"))
                    .filter(file -> Files.exists(file.resolveSibling("manifest.json")))
                    .max(Comparator.comparing(file -> Objects.requireNonNull(file.getParent())
                            .getFileName()
                            .toString()));
        }
    }

    private static void flip(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long middle = bytes.length() / 2;
            bytes.seek(middle);
            int before = bytes.read();
            bytes.seek(middle);
            bytes.write(before ^ 1);
        }
    }
}
