package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cell on this machine: a folder, and a sandbox around each of its programs. Without a sandbox, which is only for contents that are
 * trusted, programs run with the rights of this process's user, or of another if that is root.
 */
final class LocalCell implements Cell {

    private final ScratchFolder folder;
    private final @Nullable Sandbox sandbox;
    private final List<String> asUser;
    private final List<Path> programs;

    private LocalCell(
            ScratchFolder folder, @Nullable Sandbox sandbox, List<String> asUser, InstalledPrograms.Client client) {
        this.folder = folder;
        this.sandbox = sandbox;
        this.asUser = asUser;
        this.programs = installation(client);
    }

    /** Tells whether what a stranger wrote is kept from this process's secrets, whatever is trusted. */
    static boolean isIsolated(PostgresProperties.Scratch settings) throws InterruptedException {
        return !settings.prover().isBlank()
                || Sandbox.find(settings.sandboxes(), ScratchFolder.directory(settings))
                        .isPresent();
    }

    static Optional<String> unisolated(PostgresProperties.Scratch settings) throws InterruptedException {
        if (settings.contentsTrusted() || isIsolated(settings)) {
            return Optional.empty();
        }
        return Optional.of(
                "Nothing here keeps a restored database from the sidecar's secrets, so backups are decoded (L2) but not restored. Install bubblewrap (apt-get install bubblewrap); or set sidecar.backup.scratch.contents-trusted if you trust the owners of all databases.");
    }

    static LocalCell create(PostgresProperties.Scratch settings, InstalledPrograms.Client client, long neededBytes)
            throws InterruptedException {
        Path directory = ScratchFolder.directory(settings);
        Optional<Sandbox> sandbox = Sandbox.find(settings.sandboxes(), directory);
        if (sandbox.isEmpty() && !settings.contentsTrusted()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED, unisolated(settings).orElse("The sandbox does not work any more."));
        }
        List<String> asUser = sandbox.isEmpty() && Sandbox.IS_ROOT ? asUser(settings.user()) : List.of();
        ScratchFolder folder = ScratchFolder.create(directory, neededBytes);
        try {
            if (sandbox.isPresent()) {
                sandbox.get().furnish(folder.path());
            } else {
                furnish(folder.path(), settings.user());
            }
            return new LocalCell(folder, sandbox.orElse(null), asUser, client);
        } catch (IOException e) {
            folder.close();
            throw new BackupFailure(
                    Reason.SPACE, "Cannot set up the scratch server in %s: %s".formatted(directory, e), e);
        }
    }

    /** PostgreSQL refuses to run as root. */
    static List<String> asUser(String user) throws InterruptedException {
        String group =
                Child.run(List.of("id", "-g", user), Reason.NOT_CONFIGURED).strip();
        return List.of("setpriv", "--reuid=" + user, "--regid=" + group, "--clear-groups");
    }

    private static void furnish(Path folder, String user) throws IOException {
        for (String name : List.of("work", "s")) {
            Path directory = Files.createDirectory(
                    folder.resolve(name),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Sandbox.IS_ROOT) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
                Files.setOwner(
                        directory,
                        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
            }
        }
    }

    /** Lists the directories of an installation that lies outside of the system's own, in a prefix of its own or laid out as Debian's. */
    private static List<Path> installation(InstalledPrograms.Client client) {
        Path bin = client.bin().toAbsolutePath();
        try {
            bin = bin.toRealPath();
        } catch (IOException e) {
            // Starting a program of it will fail with a better message.
        }
        if (bin.startsWith("/usr") && !bin.startsWith("/usr/local")) {
            return List.of();
        }
        Path named = bin;
        Path parent = named.endsWith("lib/postgresql/%d/bin".formatted(client.major()))
                ? named.resolve("../../..").normalize()
                : named;
        return Stream.concat(
                        Stream.of(named, client.bin().toAbsolutePath()).distinct(),
                        Stream.of("lib", "lib64", "share").map(parent::resolveSibling))
                .filter(Files::isDirectory)
                .toList();
    }

    @Override
    public List<Child> startPipe(List<List<String>> commands, Consumer<String> errors) {
        List<String> names =
                commands.stream().map(command -> Child.nameOf(command.get(0))).toList();
        List<List<String>> confined = new ArrayList<>();
        for (List<String> command : commands) {
            if (sandbox != null) {
                confined.add(sandbox.command(folder.path(), programs, command));
            } else {
                confined.add(Stream.concat(asUser.stream(), command.stream()).toList());
            }
        }
        return Child.startPipe(names, confined, errors);
    }

    @Override
    public Path work() {
        return sandbox != null ? Sandbox.WORK : folder.path().resolve("work");
    }

    @Override
    public Path sockets() {
        return sandbox != null ? Sandbox.SOCKETS : socketsFromOutside();
    }

    @Override
    public Path socketsFromOutside() {
        return folder.path().resolve("s");
    }

    @Override
    public String description() {
        return sandbox != null
                ? "isolated by " + sandbox.tool()
                : "not isolated, as its contents are said to be trusted";
    }

    @Override
    public void close() {
        folder.close();
    }
}
