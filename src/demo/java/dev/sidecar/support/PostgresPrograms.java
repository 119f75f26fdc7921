package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The installed PostgreSQL programs: server and client of one major, as {@code pg_dump} refuses a newer server. */
public final class PostgresPrograms {

    private static final List<String> NEEDED = List.of("initdb", "postgres", "pg_dump", "pg_restore", "psql");
    private static final Pattern VERSION = Pattern.compile("\\) (\\d+)");
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

    private PostgresPrograms() {}

    /**
     * The folder with all of them: the environment's {@code POSTGRES_BIN}, else the newest major under /usr/lib/postgresql, else
     * a folder on the PATH.
     *
     * @throws IllegalStateException with what to install, if there is none
     */
    public static Path directory() {
        return find(System.getenv("POSTGRES_BIN"), DEBIAN, System.getenv("PATH"))
                .orElseThrow(() -> new IllegalStateException("""
                        The PostgreSQL programs %s are not here (looked at POSTGRES_BIN, %s and PATH). \
                        Install them with "apt-get install postgresql postgresql-client", or set POSTGRES_BIN to their folder.""".formatted(NEEDED, DEBIAN)));
    }

    /** Their major version. */
    public static int major() {
        try {
            Process process = new ProcessBuilder(directory().resolve("postgres").toString(), "--version").start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(said);
            if (!version.find()) {
                throw new IllegalStateException("postgres --version says " + said);
            }
            return Integer.parseInt(version.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Optional<Path> find(@Nullable String chosen, Path debian, String path) {
        List<Path> candidates = new ArrayList<>();
        if (chosen != null && !chosen.isBlank()) {
            return Optional.of(Path.of(chosen)).filter(holdsAll());
        }
        candidates.addAll(majors(debian));
        Stream.of(path.split(":"))
                .filter(Predicate.not(String::isBlank))
                .map(Path::of)
                .forEach(candidates::add);
        return candidates.stream().filter(holdsAll()).findFirst();
    }

    private static Predicate<Path> holdsAll() {
        return folder -> NEEDED.stream().map(folder::resolve).allMatch(Files::isExecutable);
    }

    private static List<Path> majors(Path debian) {
        if (!Files.isDirectory(debian)) {
            return List.of();
        }
        try (Stream<Path> versions = Files.list(debian)) {
            return versions.filter(version -> version.getFileName().toString().matches("\\d+"))
                    .sorted(Comparator.comparing((Path version) ->
                                    Integer.valueOf(version.getFileName().toString()))
                            .reversed())
                    .map(version -> version.resolve("bin"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
