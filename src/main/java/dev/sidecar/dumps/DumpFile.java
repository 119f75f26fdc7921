package dev.sidecar.dumps;

import dev.sidecar.stores.Source.Found;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A dump where others put it: a file, or a folder of files that {@code pg_dump -Fd} wrote.
 *
 * @param name its path in the source
 * @param bytes of all its files
 * @param modified when the newest of its files was last written
 * @param keys of its files; one if it is no folder
 * @param isFolder whether it is a folder
 */
record DumpFile(String name, long bytes, Instant modified, List<String> keys, boolean isFolder) {

    private static final String CONTENTS = "/toc.dat";

    /** Finds the dumps among files, the newest first. */
    static List<DumpFile> among(List<Found> files, PathMatcher matcher) {
        Set<String> folders = new HashSet<>();
        files.stream()
                .filter(file -> file.key().endsWith(CONTENTS))
                .forEach(file -> folders.add(file.key().substring(0, file.key().length() - CONTENTS.length())));
        List<DumpFile> dumps = new ArrayList<>();
        for (String folder : folders) {
            List<Found> parts = files.stream()
                    .filter(file -> folderOf(file.key()).equals(folder))
                    .toList();
            dumps.add(new DumpFile(
                    folder,
                    parts.stream().mapToLong(Found::size).sum(),
                    parts.stream()
                            .map(Found::modified)
                            .max(Comparator.naturalOrder())
                            .orElseThrow(),
                    parts.stream().map(Found::key).sorted().toList(),
                    true));
        }
        files.stream()
                .filter(file -> !folders.contains(folderOf(file.key())))
                .forEach(file ->
                        dumps.add(new DumpFile(file.key(), file.size(), file.modified(), List.of(file.key()), false)));
        return dumps.stream()
                // No path can hold it, and a bucket's key can.
                .filter(dump -> dump.name().indexOf('\0') < 0 && matcher.matches(Path.of(dump.name())))
                .sorted(Comparator.comparing(DumpFile::modified)
                        .thenComparing(DumpFile::name)
                        .reversed())
                .toList();
    }

    private static String folderOf(String key) {
        int slash = key.lastIndexOf('/');
        return slash < 0 ? "" : key.substring(0, slash);
    }
}
