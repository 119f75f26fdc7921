package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the installed versions of PostgreSQL's programs, anew for every run: servers and packages are upgraded meanwhile. */
public final class InstalledPrograms {

    private static final Pattern VERSION = Pattern.compile("pg_dump \\(PostgreSQL\\) ((\\d+)\\S*)");

    private final List<Path> directories;

    /** @param directories each holds the programs itself, in {@code bin}, or in {@code <version>/bin} */
    public InstalledPrograms(List<Path> directories) {
        this.directories = directories;
    }

    /** Finds the programs of a major. @throws BackupFailure that names the majors that are installed */
    public Client ofMajor(int major) throws InterruptedException {
        List<Client> installed = installed();
        return installed.stream()
                .filter(client -> client.major() == major)
                .findFirst()
                .orElseThrow(() -> new BackupFailure(
                        Reason.VERSION,
                        "The server is PostgreSQL %d, but the installed client programs are of %s. Install postgresql-client-%d, or name its directory in sidecar.backup.server.programs."
                                .formatted(
                                        major,
                                        installed.isEmpty()
                                                ? "none"
                                                : new TreeSet<>(installed.stream()
                                                        .map(Client::major)
                                                        .toList()),
                                        major)));
    }

    /** Finds the programs of a major, or of the next newer one: a newer server accepts the dump of an older one. */
    public Client ofMajorOrNewer(int major) throws InterruptedException {
        Optional<Client> found = installed().stream()
                .filter(client -> client.major() >= major && client.hasServer())
                .min(Comparator.comparing(Client::major));
        return found.isPresent() ? found.get() : ofMajor(major);
    }

    /** Finds the newest programs that have their server beside them. */
    public Client newest() throws InterruptedException {
        Optional<Client> found =
                installed().stream().filter(Client::hasServer).max(Comparator.comparing(Client::major));
        return found.isPresent() ? found.get() : ofMajor(0);
    }

    private List<Client> installed() throws InterruptedException {
        List<Client> installed = new ArrayList<>();
        for (Path bin : candidates()) {
            Path program = bin.resolve("pg_dump");
            if (Files.isExecutable(program)) {
                Matcher version = VERSION.matcher(Child.run(List.of(program.toString(), "--version"), Reason.VERSION));
                if (version.find()) {
                    installed.add(new Client(bin, version.group(1), Integer.parseInt(version.group(2))));
                }
            }
        }
        return installed;
    }

    private List<Path> candidates() {
        List<Path> candidates = new ArrayList<>();
        for (Path directory : directories) {
            candidates.add(directory);
            candidates.add(directory.resolve("bin"));
            try (Stream<Path> versions = Files.list(directory)) {
                versions.map(version -> version.resolve("bin"))
                        .sorted(Comparator.reverseOrder())
                        .forEach(candidates::add);
            } catch (IOException e) {
                // A directory that is missing or unreadable holds no programs.
            }
        }
        for (String entry :
                Optional.ofNullable(System.getenv("PATH")).orElse("").split(":")) {
            if (!entry.isBlank()) {
                candidates.add(Path.of(entry));
            }
        }
        return candidates;
    }

    /**
     * The programs of one version.
     *
     * @param bin the directory they lie in
     * @param version such as {@code 15.14}
     * @param major such as 15
     */
    public record Client(Path bin, String version, int major) {

        /** A program's path, for a command line. */
        public String program(String name) {
            return bin.resolve(name).toString();
        }

        /** Tells whether the installation has a program that not all have. */
        public boolean has(String name) {
            return Files.isExecutable(bin.resolve(name));
        }

        /** Tells whether the server's programs are installed too, which a scratch server needs. */
        boolean hasServer() {
            return has("initdb") && has("postgres");
        }

        /** Tells whether the server can load a library; one that is missing would keep it from starting. */
        boolean hasLibrary(String name) {
            return Files.isReadable(bin.resolveSibling("lib").resolve(name + ".so"));
        }
    }
}
