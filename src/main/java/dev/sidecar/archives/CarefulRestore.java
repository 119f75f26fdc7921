package dev.sidecar.archives;

import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.SetReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Restores a set with one job and past every error, and tries what failed again when the rest is there, as long as that helps: rows may be
 * checked by a function that reads another table, and parallel jobs may meet in a deadlock. What is left then does not restore as it stands.
 */
public final class CarefulRestore {

    private final SetReader reader;
    private final Manifest manifest;
    private final Client client;
    private final Path folder;
    private final List<String> options;
    private final List<String> leftOut = new ArrayList<>();

    /**
     * @param folder for lists
     * @param connection connection string of an empty database
     * @param tablespaces whether the server has those of the backup
     */
    public CarefulRestore(
            SetReader reader, Manifest manifest, Client client, Path folder, String connection, boolean tablespaces) {
        this.reader = reader;
        this.manifest = manifest;
        this.client = client;
        this.folder = folder;
        // Without --verbose it does not say which entry an error is of.
        this.options = new ArrayList<>(List.of("--verbose", "--no-password", "--dbname=" + connection));
        if (!tablespaces) {
            options.add("--no-tablespaces");
        }
    }

    /**
     * Restores as much as possible.
     *
     * @param archive the archive of the database, decoded
     * @param sessions opens a session with the database
     * @return what did not restore; empty if all did
     */
    public List<FailedEntry> run(Path archive, Supplier<Session> sessions) throws InterruptedException {
        TableOfContents contents = TableOfContents.of(client, archive, folder);
        List<FailedEntry> failed = new ArrayList<>();
        failed.addAll(untilNothingHelps(List.of(new Part("pre-data", archive, null, null))));
        List<Part> data = new ArrayList<>(List.of(new Part("data", archive, null, null)));
        manifest.files(FileKind.TABLES).forEach(file -> data.add(new Part("data", archive, file, null)));
        failed.addAll(untilNothingHelps(data));
        Set<MaterializedView> unfilled =
                contents.mayNeedForeignServers() ? MaterializedView.unfilled(sessions) : Set.of();
        unfilled.forEach(view -> leftOut.add(view.leftEmpty()));
        Path rest = contents.only(
                entry -> !entry.isOfEventTrigger() && unfilled.stream().noneMatch(entry::fills));
        failed.addAll(untilNothingHelps(List.of(new Part("post-data", archive, null, rest))));
        if (contents.hasEventTriggers()) {
            Path last = contents.only(Entry::isOfEventTrigger);
            failed.addAll(untilNothingHelps(List.of(new Part("post-data", archive, null, last))));
        }
        return failed;
    }

    /** Says what was left out on purpose, each a sentence. */
    public List<String> leftOut() {
        return leftOut;
    }

    /** One run of pg_restore: a section of the database's archive, or an archive of tables, all of it or a list of its entries. */
    private record Part(
            @Nullable String section,
            Path archive,
            @Nullable StoredFile file,
            @Nullable Path list) {

        /** A grant belongs to the section of the entry before it, which is another one where a list names the grant alone. */
        Part of(Path entries) {
            return new Part(null, archive, file, entries);
        }
    }

    private List<FailedEntry> untilNothingHelps(List<Part> parts) throws InterruptedException {
        Map<Part, List<FailedEntry>> failed = new LinkedHashMap<>();
        parts.forEach(part -> failed.put(part, List.of()));
        for (Part part : parts) {
            failed.put(part, restore(part));
        }
        int before = Integer.MAX_VALUE;
        for (int left = count(failed); left > 0 && left < before; left = count(failed)) {
            before = left;
            for (Part part : parts) {
                List<FailedEntry> again = failed.getOrDefault(part, List.of());
                if (!again.isEmpty()) {
                    Set<Integer> ids =
                            again.stream().map(FailedEntry::id).collect(Collectors.toCollection(HashSet::new));
                    failed.put(part, restore(part.of(TableOfContents.list(folder, ids))));
                }
            }
        }
        return failed.values().stream().flatMap(List::stream).toList();
    }

    private static int count(Map<Part, List<FailedEntry>> failed) {
        return failed.values().stream().mapToInt(List::size).sum();
    }

    private List<FailedEntry> restore(Part part) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(client.program("pg_restore")));
        if (part.section() != null) {
            command.add("--section=" + part.section());
        }
        command.addAll(options);
        if (part.list() != null) {
            command.add("--use-list=" + part.list());
        }
        StoredFile file = part.file();
        if (file == null) {
            command.add(part.archive().toString());
        }
        RestoreErrors errors = new RestoreErrors();
        try (Child child = Child.start(command, errors::line)) {
            if (file == null) {
                child.input().close();
            } else {
                feed(file, child);
            }
            child.output().transferTo(OutputStream.nullOutputStream());
            int exit = child.waitForErrors();
            if (!errors.others().isEmpty()) {
                throw new BackupFailure(
                        Reason.RESTORE, "pg_restore failed: " + errors.others().get(0));
            }
            if (exit != 0 && errors.failed().isEmpty()) {
                throw child.failure(Reason.RESTORE, "ended with exit code " + exit);
            }
            return errors.failed();
        } catch (IOException e) {
            throw new BackupFailure(Reason.RESTORE, "pg_restore failed: " + e, e);
        }
    }

    /** A program that was asked for some entries only stops reading after the last of them. */
    private void feed(StoredFile file, Child child) throws IOException {
        try (OutputStream in = child.input()) {
            reader.decode(file, in);
        } catch (BackupFailure e) {
            if (e.reason() != Reason.RESTORE) {
                throw e;
            }
        } catch (IOException e) {
            // It has ended; its exit code and its errors say how.
        }
    }
}
