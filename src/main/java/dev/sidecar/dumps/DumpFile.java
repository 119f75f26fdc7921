package dev.sidecar.dumps;

import dev.sidecar.stores.Source.Found;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A dump where others put it: a file, or a folder of files that {@code pg_dump -Fd} wrote.
 *
 * @param name its path in the source; {@code toc.dat} for a source that is itself the folder of one
 * @param bytes of all its files
 * @param modified when the newest of its files was last written
 * @param keys of its files; one if it is no folder
 * @param isFolder whether it is a folder
 */
record DumpFile(String name, long bytes, Instant modified, List<String> keys, boolean isFolder) {

    private static final String CONTENTS = "toc.dat";
    /** A file that pg_dump -Fd writes before the contents: without them it is no dump. */
    private static final Pattern PART = Pattern.compile("(\\d+|blob_\\d+)\\.dat(\\.\\w+)?|blobs(_\\d+)?\\.toc");
    /** Files that are stored next to dumps. */
    private static final Pattern BESIDE =
            Pattern.compile("\\..*|.*\\.(sha\\d+|sha\\d+sum|md5|sum|sig|asc|log|txt|json|tmp|part|partial)");

    /** Finds the dumps among files, the newest first. */
    static List<DumpFile> among(List<Found> files, PathMatcher matcher) {
        Map<String, List<Found>> byFolder = files.stream().collect(Collectors.groupingBy(file -> folderOf(file.key())));
        List<DumpFile> dumps = new ArrayList<>();
        byFolder.forEach((folder, inside) -> {
            boolean isDump = inside.stream().anyMatch(file -> nameOf(file.key()).equals(CONTENTS));
            if (isDump) {
                dumps.add(ofFolder(folder, inside));
            }
            inside.stream()
                    .filter(file -> isAlone(nameOf(file.key())))
                    .filter(file -> !isDump || folder.isEmpty())
                    .forEach(file -> dumps.add(
                            new DumpFile(file.key(), file.size(), file.modified(), List.of(file.key()), false)));
        });
        return dumps.stream()
                .filter(dump -> matches(dump.name(), matcher))
                .sorted(Comparator.comparing(DumpFile::modified)
                        .thenComparing(DumpFile::name)
                        .reversed())
                .toList();
    }

    /** A bucket's key can be what no path is: with a zero in it, or where the machine's locale is C, with a letter beyond ASCII. */
    private static boolean matches(String name, PathMatcher matcher) {
        try {
            return matcher.matches(Path.of(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static boolean isAlone(String name) {
        return !name.equals(CONTENTS)
                && !PART.matcher(name).matches()
                && !BESIDE.matcher(name).matches();
    }

    private static DumpFile ofFolder(String folder, List<Found> inside) {
        List<Found> parts = inside.stream()
                .filter(file -> {
                    String name = nameOf(file.key());
                    return name.equals(CONTENTS) || PART.matcher(name).matches();
                })
                .toList();
        return new DumpFile(
                folder.isEmpty() ? CONTENTS : folder,
                parts.stream().mapToLong(Found::size).sum(),
                parts.stream()
                        .map(Found::modified)
                        .max(Comparator.naturalOrder())
                        .orElseThrow(),
                parts.stream().map(Found::key).sorted().toList(),
                true);
    }

    private static String nameOf(String key) {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    private static String folderOf(String key) {
        int slash = key.lastIndexOf('/');
        return slash < 0 ? "" : key.substring(0, slash);
    }
}
