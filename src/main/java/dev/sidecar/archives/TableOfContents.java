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
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The table of contents of an archive, as {@code pg_restore --list} writes it. It has a line for each entry, which may be a million, so it
 * is listed anew for each use and never kept. Its bytes are kept as they are, whatever the encoding of the names.
 */
public final class TableOfContents {

    private static final int LONGEST = 1 << 16;
    private static final int LONGEST_OF_NEEDS = 1 << 22;
    private static final Pattern NEEDS = Pattern.compile(";\\tdepends on:([ \\d]*)");
    private static final Charset BYTES = StandardCharsets.ISO_8859_1;

    private final Client client;
    private final Path archive;
    private final Workbench workbench;
    private boolean eventTriggers;
    private boolean foreignTables;
    private boolean materializedViews;
    /** How many entries there are up to the last extension and what belongs to it; 0 if there is none. */
    private int first;

    private boolean indexesOfPartitions;
    private final Set<Integer> extensions = new HashSet<>();
    private final BitSet tables = new BitSet();
    private final BitSet indexes = new BitSet();
    /** Keys and indexes of partitions of an extension's table, and of theirs, and the entries that attach these. */
    private final Set<Integer> doubles = new HashSet<>();

    private final Set<Integer> aboutDoubles = new TreeSet<>();

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
            int before = -1;
            while (contents.indexesOfPartitions && contents.hasExtensions() && contents.doubles.size() > before) {
                before = contents.doubles.size();
                contents.lookForDoubles();
            }
            return contents;
        } catch (IOException e) {
            throw new BackupFailure(Reason.RESTORE, "The contents of an archive cannot be listed: " + e, e);
        }
    }

    private interface Line {
        void of(Entry entry, int number, String line) throws IOException;
    }

    private Child listing(String... options) {
        List<String> command = new ArrayList<>(List.of(client.program("pg_restore"), "--list", archive.toString()));
        command.addAll(1, List.of(options));
        return workbench.startPipe(List.of(command)).get(0);
    }

    /**
     * A partition of an extension's table gets the keys and indexes of that table when it is attached, as no entry makes them there. Those
     * of the partition, and of its own partitions, would be made a second time. An entry that attaches one of them needs the extension in
     * the place of the table that is not there; that of another partition may need it for what its index is made of.
     */
    private void lookForDoubles() throws InterruptedException, IOException {
        try (Child child = listing("--verbose")) {
            child.input().close();
            BufferedReader in = new BufferedReader(new InputStreamReader(child.output(), BYTES));
            Entry last = Entry.of("");
            for (String line = Limited.line(in, LONGEST_OF_NEEDS);
                    line != null;
                    line = Limited.line(in, LONGEST_OF_NEEDS)) {
                Entry entry = Entry.of(line);
                Matcher needs = NEEDS.matcher(line);
                if (entry.id() >= 0) {
                    last = entry;
                } else if ((last.is("INDEX ATTACH") || last.is("COMMENT")) && needs.matches()) {
                    look(
                            last,
                            Stream.of(needs.group(1).strip().split(" "))
                                    .map(Integer::valueOf)
                                    .toList());
                }
            }
            child.expectSuccess(Reason.RESTORE);
        }
    }

    private void look(Entry entry, List<Integer> needs) {
        if (entry.is("COMMENT")) {
            if (needs.stream().anyMatch(doubles::contains)) {
                aboutDoubles.add(entry.id());
            }
        } else if (needs.stream().anyMatch(doubles::contains)
                || needs.stream().anyMatch(extensions::contains)
                        && needs.stream().filter(tables::get).distinct().count() < 2) {
            doubles.add(entry.id());
            needs.stream().filter(indexes::get).forEach(doubles::add);
        }
    }

    /** Writes a list of the comments on what no list has. Without what they are about, pg_restore takes them for a part of another section. */
    public Path aboutDoubles() throws InterruptedException {
        return list(workbench, aboutDoubles);
    }

    /** Tells whether some entries must not be restored, as others make the same: no list has them. */
    public boolean hasDoubles() {
        return !doubles.isEmpty();
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
        if (entry.is("INDEX ATTACH")) {
            indexesOfPartitions = true;
        } else if (entry.is("INDEX") || entry.is("CONSTRAINT")) {
            indexes.set(entry.id());
        } else if (entry.is("TABLE")) {
            tables.set(entry.id());
        }
        if (entry.isOfExtension()) {
            first = number;
            extensions.add(entry.id());
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
                        if (which.is(entry, number)
                                && !doubles.contains(entry.id())
                                && !aboutDoubles.contains(entry.id())) {
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
