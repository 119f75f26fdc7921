package dev.sidecar.archives;

import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.InstalledPrograms.Client;
import dev.sidecar.postgres.Workbench;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.Limited;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The table of contents of an archive, as {@code pg_restore --list} writes it. It has a line for each entry, which may be a million, so it
 * is listed anew for each use and never kept. Its bytes are kept as they are, whatever the encoding of the names.
 */
public final class TableOfContents {

    private static final int LONGEST = 1 << 16;
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private final Client client;
    private final Path archive;
    private final Workbench workbench;
    private boolean eventTriggers;
    private boolean foreignTables;
    private boolean materializedViews;
    /** How many entries there are up to the last extension and what belongs to it; 0 if there is none. */
    private int first;

    private TableOfContents(Client client, Path archive, Workbench workbench) {
        this.client = client;
        this.archive = archive;
        this.workbench = workbench;
    }

    /** Reads the contents of an archive. @param workbench where the archive lies */
    public static TableOfContents of(Client client, Path archive, Workbench workbench) throws InterruptedException {
        TableOfContents contents = new TableOfContents(client, archive, workbench);
        try (Child child = contents.listing()) {
            contents.entries(child, (entry, number, line) -> contents.look(entry, number));
            child.expectSuccess(Reason.RESTORE);
            return contents;
        } catch (IOException e) {
            throw new BackupFailure(Reason.RESTORE, "The contents of an archive cannot be listed: " + e, e);
        }
    }

    private interface Line {
        void of(Entry entry, int number, String line) throws IOException;
    }

    private Child listing() {
        return workbench
                .startPipe(List.of(List.of(client.program("pg_restore"), "--list", archive.toString())))
                .get(0);
    }

    private void entries(Child child, Line each) throws IOException {
        child.input().close();
        BufferedReader in = new BufferedReader(new InputStreamReader(child.output(), BYTES));
        int number = 0;
        for (String line = Limited.line(in, LONGEST); line != null; line = Limited.line(in, LONGEST)) {
            Entry entry = Entry.of(line);
            if (entry.id() >= 0) {
                each.of(entry, ++number, line);
            }
        }
    }

    private void look(Entry entry, int number) {
        eventTriggers |= entry.isOfEventTrigger();
        foreignTables |= entry.is("FOREIGN TABLE");
        materializedViews |= entry.is("MATERIALIZED VIEW DATA");
        if (entry.isOfExtension()) {
            first = number;
        }
    }

    /** Tells whether there are extensions, which may bring event triggers of their own. */
    public boolean hasExtensions() {
        return first > 0;
    }

    /** Writes a list of the extensions and of all that comes before them, for {@code pg_restore --use-list}. */
    public Path extensions() throws InterruptedException {
        return list((entry, number) -> number <= first);
    }

    /** Writes a list of all entries that {@link #extensions()} does not have. */
    public Path afterExtensions() throws InterruptedException {
        return list((entry, number) -> number > first);
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
    public Path only(Predicate<Entry> which) throws InterruptedException {
        return list((entry, number) -> which.test(entry));
    }

    private interface Which {
        boolean is(Entry entry, int number);
    }

    private Path list(Which which) throws InterruptedException {
        try (Child child = listing()) {
            Path some = write(workbench, out -> {
                try {
                    entries(child, (entry, number, line) -> {
                        if (which.is(entry, number)) {
                            out.write((line + "\n").getBytes(BYTES));
                        }
                    });
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            child.expectSuccess(Reason.RESTORE);
            return some;
        }
    }

    /** Writes a list of entries by their numbers. */
    static Path list(Workbench workbench, Collection<Integer> ids) throws InterruptedException {
        String lines = ids.stream().map(id -> id + ";\n").collect(Collectors.joining());
        return write(workbench, out -> {
            try {
                out.write(lines.getBytes(BYTES));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static Path write(Workbench workbench, Consumer<OutputStream> content) throws InterruptedException {
        try {
            return workbench.write("contents", content);
        } catch (IOException | UncheckedIOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot write a file for the restore: " + e.getMessage(), e);
        }
    }
}
