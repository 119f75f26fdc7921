package dev.sidecar.preflight;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Collects what preflight found and the files that it will write. It writes nothing before all steps are done, so that a bad input
 * leaves the volumes as they were, and it does not touch a file that is already right.
 */
final class Plan {

    private final List<ReportLine> findings = new ArrayList<>();
    private final Map<Path, Optional<String>> files = new LinkedHashMap<>();

    void found(ReportLine finding) {
        findings.add(finding);
    }

    List<ReportLine> findings() {
        return List.copyOf(findings);
    }

    boolean isWrong() {
        return findings.stream().anyMatch(finding -> finding.state() == ReportLine.State.WRONG);
    }

    void write(Path file, String content) {
        files.put(file, Optional.of(content));
    }

    void remove(Path file) {
        files.put(file, Optional.empty());
    }

    /** The content that the file will have once the plan is carried out. */
    Optional<String> content(Path file) {
        return files.containsKey(file) ? files.get(file) : stored(file);
    }

    static Optional<String> stored(Path file) {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes and removes the files. @return those that changed */
    List<Path> carryOut() throws IOException {
        List<Path> changed = new ArrayList<>();
        for (Map.Entry<Path, Optional<String>> file : files.entrySet()) {
            if (!file.getValue().equals(stored(file.getKey()))) {
                put(file.getKey(), file.getValue());
                changed.add(file.getKey());
            }
        }
        return changed;
    }

    /** The file gets its group from the directory (set-group-id): the group of the one service that mounts it. */
    private static void put(Path file, Optional<String> content) throws IOException {
        if (content.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        Files.createDirectories(file.getParent());
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.deleteIfExists(next);
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(next, content.get());
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r-----"));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
