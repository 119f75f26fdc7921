package dev.sidecar.postgres;

import dev.sidecar.text.Encodings;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the table of contents of an archive in pg_dump's custom format. {@code pg_restore --list} shows it to people: it leaves out the
 * definitions, and no program can tell where in a line a name ends.
 */
public final class Archive {

    private static final byte[] MAGIC = "PGDMP".getBytes(StandardCharsets.US_ASCII);
    private static final int OLDEST = version(1, 14);
    private static final int NEWEST = version(1, 16);
    private static final int CUSTOM = 1;
    private static final int MOST_ENTRIES = 5_000_000;
    /** As long as a line of the description of a database may be. */
    private static final int LONGEST_TEXT = 16 << 20;
    /** The owner of a database decides how many functions it has, and how long they are. */
    private static final int MOST_DEFINITIONS = 48 << 20;
    /** Beyond that no table is known to inherit from one of an extension. */
    private static final int MOST_PARENTS = 8 << 20;

    private static final String INHERITS = "\nINHERITS (";

    static final String ATTACH = " ATTACH PARTITION ";

    /** Kinds of objects whose definitions say who may create them, or what they hold. Those of tables alone would be a gigabyte in the largest databases. */
    private static final Set<String> DEFINED =
            Set.of("PUBLICATION", "FUNCTION", "PROCEDURE", "AGGREGATE", "TYPE", "CAST", "BLOB METADATA");

    private static final Pattern ENCODING = Pattern.compile("SET client_encoding = '([A-Za-z0-9_]+)'");

    private static final int TIMES = 7;

    private final List<Item> entries;

    private Archive(List<Item> entries) {
        this.entries = List.copyOf(entries);
    }

    /** Its entries in the order in which they are restored. */
    public List<Item> entries() {
        return entries;
    }

    /** Says when an entry is restored. */
    public enum Section {
        NONE,
        PRE_DATA,
        DATA,
        POST_DATA
    }

    /**
     * One entry.
     *
     * @param id its number in this archive
     * @param kind as pg_dump calls it, such as {@code TABLE DATA}
     * @param tag its name without the schema; of a function with its arguments
     * @param schema empty if it has none
     * @param owner empty if it has none
     * @param definition the statements that make it, of a table only what names tables that it inherits from or is a partition of; empty where nobody
     *     asks for them
     * @param drop the statement that drops it, which names it exactly
     * @param needs numbers of the entries that it depends on
     */
    public record Item(
            int id,
            Section section,
            String kind,
            String tag,
            String schema,
            String owner,
            String definition,
            String drop,
            Set<Integer> needs) {

        /** Tells whether it says something about another entry, in whose section it is restored. */
        boolean isAbout() {
            return kind.equals("COMMENT") || kind.equals("SECURITY LABEL");
        }

        private Item in(Section other) {
            return new Item(id, other, kind, tag, schema, owner, definition, drop, needs);
        }

        /** Names it for a person. */
        public String name() {
            return kind.toLowerCase(java.util.Locale.ROOT) + " " + (schema.isEmpty() ? tag : schema + "." + tag);
        }
    }

    /** Reads the table of contents of a file. */
    public static Archive read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in);
        }
    }

    /** Reads the table of contents, which is at the beginning; what follows stays unread. */
    public static Archive read(InputStream in) throws IOException {
        Reader reader = new Reader(new DataInputStream(new BufferedInputStream(in)));
        reader.header();
        int count = reader.number();
        if (count < 0 || count > MOST_ENTRIES) {
            throw new IOException("it announces %d entries".formatted(count));
        }
        List<Item> entries = new ArrayList<>();
        Section section = Section.NONE;
        for (int i = 0; i < count; i++) {
            Item entry = reader.entry();
            if (entry.section() != Section.NONE) {
                section = entry.section();
            }
            entries.add(entry.isAbout() ? entry.in(section) : entry);
        }
        return new Archive(entries);
    }

    private static int version(int major, int minor) {
        return major << 8 | minor;
    }

    private static final class Reader {

        private final DataInputStream in;
        private int version;
        private int bytesOfNumber;
        private int bytesOfOffset;
        private long definitions;
        private long parents;
        private Charset letters = StandardCharsets.UTF_8;

        Reader(DataInputStream in) {
            this.in = in;
        }

        void header() throws IOException {
            if (!java.util.Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
                throw new IOException("it is no archive of pg_dump");
            }
            version = version(in.readUnsignedByte(), in.readUnsignedByte());
            in.readUnsignedByte();
            bytesOfNumber = in.readUnsignedByte();
            bytesOfOffset = in.readUnsignedByte();
            if (version < OLDEST || version > NEWEST || bytesOfNumber > Integer.BYTES || bytesOfOffset > Long.BYTES) {
                throw new IOException(
                        "archives of version %d.%d are not known".formatted(version >> 8, version & 0xff));
            }
            if (in.readUnsignedByte() != CUSTOM) {
                throw new IOException("it is not in the custom format");
            }
            if (version >= version(1, 15)) {
                in.readUnsignedByte();
            } else {
                number();
            }
            for (int i = 0; i < TIMES; i++) {
                number();
            }
            text();
            text();
            text();
        }

        Item entry() throws IOException {
            int id = number();
            number();
            text();
            text();
            String tag = orEmpty();
            String kind = orEmpty();
            int section = number();
            String definition = definition(kind);
            String drop = orEmpty();
            text();
            String schema = orEmpty();
            text();
            text();
            if (version >= version(1, 16)) {
                number();
            }
            String owner = orEmpty();
            text();
            Set<Integer> needs = new LinkedHashSet<>();
            for (String need = text(); need != null; need = text()) {
                needs.add(Integer.valueOf(need));
            }
            in.skipNBytes(1L + bytesOfOffset);
            return new Item(
                    id,
                    switch (section) {
                        case 2 -> Section.PRE_DATA;
                        case 3 -> Section.DATA;
                        case 4 -> Section.POST_DATA;
                        default -> Section.NONE;
                    },
                    kind,
                    tag,
                    schema,
                    owner,
                    definition,
                    drop,
                    needs);
        }

        /** A sign, and then bytes beginning with the lowest. */
        int number() throws IOException {
            boolean negative = in.readUnsignedByte() != 0;
            int value = 0;
            for (int i = 0; i < bytesOfNumber; i++) {
                value |= in.readUnsignedByte() << (Byte.SIZE * i);
            }
            return negative ? -value : value;
        }

        private String definition(String kind) throws IOException {
            String definition = orEmpty();
            Matcher encoding = ENCODING.matcher(definition);
            if (kind.equals("ENCODING") && encoding.find()) {
                // It is the first entry: names are written in the encoding of the database.
                letters = Encodings.charset(encoding.group(1));
            }
            if (kind.equals("TABLE")) {
                return kept(definition, Math.max(definition.lastIndexOf(INHERITS), 0), definition.length());
            }
            if (kind.equals("TABLE ATTACH")) {
                return kept(definition, 0, definition.indexOf(ATTACH) + ATTACH.length());
            }
            if (!DEFINED.contains(kind)) {
                return "";
            }
            definitions += definition.length();
            if (definitions > MOST_DEFINITIONS) {
                throw new IOException("it has more than %d MB of functions".formatted(MOST_DEFINITIONS >> 20));
            }
            return definition;
        }

        /** Of tables only what names those that they inherit from, or are partitions of. */
        private String kept(String definition, int from, int to) {
            if (!definition.startsWith(INHERITS, from) && !definition.startsWith(ATTACH, to - ATTACH.length())
                    || parents + to - from > MOST_PARENTS) {
                return "";
            }
            parents += to - from;
            return definition.substring(from, to);
        }

        private String orEmpty() throws IOException {
            String text = text();
            return text == null ? "" : text;
        }

        @Nullable
        String text() throws IOException {
            int length = number();
            if (length < 0) {
                return null;
            }
            if (length > LONGEST_TEXT) {
                throw new IOException("it has a text of %d bytes".formatted(length));
            }
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException("it ends within its table of contents");
            }
            return new String(bytes, letters);
        }
    }
}
