package dev.sidecar.archives;

import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.Workbench;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.SetReader;
import dev.sidecar.text.Encodings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
    private final Workbench workbench;
    private final Path archive;
    private final List<String> leftOut = new ArrayList<>();

    /**
     * @param workbench where pg_restore runs, and the files lie that it reads
     * @param archive the archive of the database, decoded there
     */
    public CarefulRestore(SetReader reader, Manifest manifest, Client client, Workbench workbench, Path archive) {
        this.reader = reader;
        this.manifest = manifest;
        this.client = client;
        this.workbench = workbench;
        this.archive = archive;
    }

    /**
     * Who restores, and where.
     *
     * @param options of pg_restore, with the connection string of the database
     * @param again whether what fails may be tried again, when code of the database is there that could act on it
     */
    public record Into(List<String> options, boolean again) {}

    /** Entries of the database's archive. @param ids their numbers, in any order */
    public record Some(Into into, List<Integer> ids) {}

    /**
     * Restores as much as possible of all of it.
     *
     * @param sessions opens a session with the database
     * @return what did not restore; empty if all did
     */
    public List<FailedEntry> all(Into into, Supplier<Session> sessions) throws InterruptedException {
        TableOfContents contents = TableOfContents.of(client, archive, workbench);
        List<FailedEntry> failed = new ArrayList<>();
        EventTriggers ofExtensions = null;
        if (contents.hasExtensions()) {
            failed.addAll(untilNothingHelps(List.of(new Part(into, "pre-data", null, contents.extensions()))));
            ofExtensions = EventTriggers.silencedIn(sessions);
        }
        Path definitions = contents.hasExtensions() ? contents.afterExtensions() : null;
        failed.addAll(untilNothingHelps(List.of(new Part(into, "pre-data", null, definitions))));
        failed.addAll(untilNothingHelps(withTables(into, new Part(into, "data", null, null))));
        Set<MaterializedView> unfilled =
                contents.mayNeedForeignServers() ? MaterializedView.unfilled(sessions) : Set.of();
        unfilled.forEach(view -> leftOut.add(view.leftEmpty()));
        Charset letters = letters();
        Path rest = contents.only(
                entry -> !entry.isOfEventTrigger() && unfilled.stream().noneMatch(view -> entry.fills(view, letters)));
        failed.addAll(untilNothingHelps(List.of(new Part(into, "post-data", null, rest))));
        if (contents.hasDoubles()) {
            failed.addAll(untilNothingHelps(List.of(new Part(into, null, null, contents.aboutDoubles()))));
        }
        if (contents.hasEventTriggers()) {
            Path last = contents.only(Entry::isOfEventTrigger);
            failed.addAll(untilNothingHelps(List.of(new Part(into, "post-data", null, last))));
        }
        if (ofExtensions != null) {
            ofExtensions.awakenIn(sessions);
        }
        return failed;
    }

    /** Restores as much as possible of some entries of the database's archive. @return what did not restore */
    public List<FailedEntry> some(Collection<Some> some) throws InterruptedException {
        return untilNothingHelps(parts(some));
    }

    /** Restores as much as possible of some entries of the database's archive, and of all archives of tables. @return what did not restore */
    public List<FailedEntry> rows(Some some) throws InterruptedException {
        return untilNothingHelps(withTables(some.into(), parts(List.of(some)).toArray(Part[]::new)));
    }

    /** Says what was left out on purpose, each a sentence. */
    public List<String> leftOut() {
        return leftOut;
    }

    /** One run of pg_restore: a section of the database's archive, or an archive of tables, all of it or a list of its entries. */
    private record Part(
            Into into,
            @Nullable String section,
            @Nullable StoredFile file,
            @Nullable Path list) {

        /** A grant belongs to the section of the entry before it, which is another one where a list names the grant alone. */
        Part of(Path entries) {
            return new Part(into, null, file, entries);
        }
    }

    private List<Part> parts(Collection<Some> some) throws InterruptedException {
        List<Part> parts = new ArrayList<>();
        for (Some each : some) {
            if (!each.ids().isEmpty()) {
                parts.add(new Part(each.into(), null, null, TableOfContents.list(workbench, each.ids())));
            }
        }
        return parts;
    }

    private List<Part> withTables(Into into, Part... first) {
        List<Part> parts = new ArrayList<>(List.of(first));
        manifest.files(FileKind.TABLES).forEach(file -> parts.add(new Part(into, "data", file, null)));
        return parts;
    }

    private List<FailedEntry> untilNothingHelps(List<Part> parts) throws InterruptedException {
        Map<Part, List<FailedEntry>> failed = new LinkedHashMap<>();
        for (Part part : parts) {
            failed.put(part, restore(part));
        }
        int before = Integer.MAX_VALUE;
        for (int left = count(failed); left > 0 && left < before; left = count(failed)) {
            before = left;
            for (Part part : parts) {
                List<FailedEntry> again = failed.getOrDefault(part, List.of());
                if (!again.isEmpty() && part.into().again()) {
                    Set<Integer> ids =
                            again.stream().map(FailedEntry::id).collect(Collectors.toCollection(TreeSet::new));
                    failed.put(part, restore(part.of(TableOfContents.list(workbench, ids))));
                }
            }
        }
        return failed.values().stream().flatMap(List::stream).toList();
    }

    private static int count(Map<Part, List<FailedEntry>> failed) {
        return failed.values().stream().mapToInt(List::size).sum();
    }

    private List<FailedEntry> restore(Part part) throws InterruptedException {
        // Without --verbose it does not say which entry an error is of.
        List<String> command = new ArrayList<>(List.of(client.program("pg_restore"), "--verbose"));
        command.addAll(part.into().options());
        if (part.section() != null) {
            command.add("--section=" + part.section());
        }
        if (part.list() != null) {
            command.add("--use-list=" + part.list());
        }
        StoredFile file = part.file();
        if (file == null) {
            command.add(archive.toString());
        }
        RestoreErrors errors = new RestoreErrors();
        try (Child child =
                workbench.startPipe(List.of(command), errors::line).get(0).speaking(letters())) {
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

    private Charset letters() {
        return Encodings.charset(manifest.server().encoding());
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
