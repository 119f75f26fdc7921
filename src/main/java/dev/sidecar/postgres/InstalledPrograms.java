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

/** The installed versions of PostgreSQL's programs. Looked at anew for every run: servers and packages are upgraded under us. */
public final class InstalledPrograms {

    private static final Pattern VERSION = Pattern.compile("pg_dump \\(PostgreSQL\\) ((\\d+)\\S*)");

    private final List<Path> directories;

    /** @param directories each holds the programs itself, in {@code bin}, or in {@code <version>/bin} */
    public InstalledPrograms(List<Path> directories) {
        this.directories = directories;
    }

    /** The programs of a major. @throws BackupFailure that names what is installed instead */
    public Client ofMajor(int major) throws InterruptedException {
        List<Client> installed = installed();
        return installed.stream()
                .filter(client -> client.major() == major)
                .findFirst()
                .orElseThrow(() -> new BackupFailure(
                        Reason.VERSION,
                        "It is PostgreSQL %d, but the client programs installed are %s. Install postgresql-client-%d, or name its directory in sidecar.backup.server.programs."
                                .formatted(
                                        major,
                                        installed.isEmpty()
                                                ? "none"
                                                : new TreeSet<>(installed.stream()
                                                        .map(Client::major)
                                                        .toList()),
                                        major)));
    }

    /** The programs of a major, or of the next newer one that is installed: a newer server takes what an older one had. */
    public Client ofMajorOrNewer(int major) throws InterruptedException {
        Optional<Client> found = installed().stream()
                .filter(client -> client.major() >= major && client.hasServer())
                .min(Comparator.comparing(Client::major));
        return found.isPresent() ? found.get() : ofMajor(major);
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
                // Not there, or not to be read: nothing to be found in it.
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

        /** Whether a program that not every installation has is there. */
        public boolean has(String name) {
            return Files.isExecutable(bin.resolve(name));
        }

        /** Whether the server's programs are installed too, which a scratch server needs. */
        boolean hasServer() {
            return has("initdb") && has("postgres");
        }

        /** Whether a library that the server can load lies beside the programs; one that does not would keep it from starting. */
        boolean hasLibrary(String name) {
            return Files.isReadable(bin.resolveSibling("lib").resolve(name + ".so"));
        }
    }
}
