package dev.sidecar.archives;

import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.Limited;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The table of contents of an archive, as {@code pg_restore --list} writes it, in a file: it has a line for each entry, which may be a
 * million. Its bytes are kept as they are, whatever the encoding of the names.
 */
public final class TableOfContents {

    private static final int LONGEST = 1 << 16;
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private final Path list;
    private final Path folder;
    private boolean eventTriggers;
    private boolean foreignTables;
    private boolean materializedViews;

    private TableOfContents(Path list, Path folder) {
        this.list = list;
        this.folder = folder;
    }

    /** Reads the contents of an archive. @param folder for lists, removed by its owner */
    public static TableOfContents of(Client client, Path archive, Path folder) throws InterruptedException {
        Path list = file(folder);
        TableOfContents contents = new TableOfContents(list, folder);
        try (Child child = Child.start(List.of(client.program("pg_restore"), "--list", archive.toString()));
                BufferedReader in = new BufferedReader(new InputStreamReader(child.output(), BYTES));
                BufferedWriter out = Files.newBufferedWriter(list, BYTES)) {
            child.input().close();
            for (String line = Limited.line(in, LONGEST); line != null; line = Limited.line(in, LONGEST)) {
                Entry entry = Entry.of(line);
                if (entry.id() >= 0) {
                    contents.look(entry);
                    out.write(line);
                    out.write('\n');
                }
            }
            child.expectSuccess(Reason.RESTORE);
            return contents;
        } catch (IOException e) {
            throw failure(folder, e);
        }
    }

    private void look(Entry entry) {
        eventTriggers |= entry.isOfEventTrigger();
        foreignTables |= entry.is("FOREIGN TABLE");
        materializedViews |= entry.is("MATERIALIZED VIEW DATA");
    }

    /** Tells whether there are event triggers, which would act on the rest of the restore. */
    public boolean hasEventTriggers() {
        return eventTriggers;
    }

    /** Tells whether filling a materialized view may need another server. */
    public boolean mayNeedForeignServers() {
        return foreignTables && materializedViews;
    }

    /** Writes a list of some of the entries, for {@code pg_restore --use-list}. */
    public Path only(Predicate<Entry> which) {
        Path some = file(folder);
        try (BufferedReader in = Files.newBufferedReader(list, BYTES);
                BufferedWriter out = Files.newBufferedWriter(some, BYTES)) {
            for (String line = Limited.line(in, LONGEST); line != null; line = Limited.line(in, LONGEST)) {
                if (which.test(Entry.of(line))) {
                    out.write(line);
                    out.write('\n');
                }
            }
            return some;
        } catch (IOException e) {
            throw failure(folder, e);
        }
    }

    /** Writes a list of entries by their numbers. */
    static Path list(Path folder, Collection<Integer> ids) {
        Path some = file(folder);
        try {
            Files.writeString(some, ids.stream().sorted().map(id -> id + ";\n").collect(Collectors.joining()));
            return some;
        } catch (IOException e) {
            throw failure(folder, e);
        }
    }

    private static Path file(Path folder) {
        try {
            return Files.createTempFile(folder, "contents", ".list");
        } catch (IOException e) {
            throw failure(folder, e);
        }
    }

    private static BackupFailure failure(Path folder, IOException e) {
        return new BackupFailure(Reason.SPACE, "Cannot write to %s: %s".formatted(folder, e), e);
    }
}
