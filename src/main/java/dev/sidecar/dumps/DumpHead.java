package dev.sidecar.dumps;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first bytes of a dump, read once decompressed. They are a stranger's, and decide nothing but which programs restore it.
 *
 * @param form how it was written
 * @param major the newest major version that it names; 0 if it names none
 * @param encoding of the database, as PostgreSQL names it
 * @param end how its last lines must be, as no program notices that they are missing
 */
record DumpHead(Form form, int major, String encoding, End end) {

    /** Enough for the header of an archive and for the settings that follow it. */
    static final int BYTES = 64 * 1024;

    /** The closed list of forms. */
    enum Form {
        /** Of {@code pg_dump -Fc}. */
        ARCHIVE,
        /** Of {@code pg_dump -Ft}, or the packed folder of {@code pg_dump -Fd}. */
        TAR,
        /** SQL, of {@code pg_dump} or {@code pg_dumpall}. */
        SCRIPT
    }

    /** The closed list of ends. */
    enum End {
        /** Any: whoever reads it notices. */
        ANY,
        /** The line that pg_dump writes at the end of a script. */
        DATABASE,
        /** The line that pg_dumpall writes at the end; pg_dump's own is in it once for each database. */
        CLUSTER,
        /** The empty blocks of a tar file. */
        TAR
    }

    private static final byte[] ARCHIVE = "PGDMP".getBytes(StandardCharsets.US_ASCII);
    private static final int TAR_MAGIC = 257;
    private static final int OLDEST_WITH_ALGORITHM = 15;
    private static final int NUMBERS_OF_DATE = 7;
    private static final int LONGEST_TEXT = 4_096;
    private static final int MOST = 99;
    private static final Pattern VERSION = Pattern.compile(
            "^-- Dumped (?:from database|by pg_dump|by pg_dumpall) version (\\d{1,2})", Pattern.MULTILINE);
    private static final Pattern OF_ARCHIVE = Pattern.compile("^(\\d{1,2})\\D");
    private static final Pattern ENCODING = Pattern.compile("SET client_encoding = '([A-Za-z0-9_]{1,30})';");
    private static final Pattern REMARK = Pattern.compile("\\A\\s*--\\s+-- PostgreSQL database (cluster )?dump\\s");

    /** @throws UnusableDump if it is no dump that can be restored here */
    static DumpHead of(byte[] head) {
        if (head.length == 0) {
            throw new UnusableDump(true, "It is empty.");
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        Matcher encoding = ENCODING.matcher(text);
        String of = encoding.find() ? encoding.group(1) : "UTF8";
        if (startsWith(head, ARCHIVE)) {
            return new DumpHead(Form.ARCHIVE, majorOf(head), of, End.ANY);
        }
        if (text.startsWith("ustar", TAR_MAGIC)) {
            return new DumpHead(Form.TAR, 0, of, End.TAR);
        }
        if (text.indexOf('\0') >= 0) {
            throw new UnusableDump(
                    false, "It is neither SQL nor an archive of pg_dump, alone or compressed with gzip or zstd.");
        }
        Matcher version = VERSION.matcher(text);
        int major = 0;
        while (version.find()) {
            major = Math.max(major, Integer.parseInt(version.group(1)));
        }
        Matcher remark = REMARK.matcher(text);
        End end = !remark.find() ? End.ANY : remark.group(1) == null ? End.DATABASE : End.CLUSTER;
        return new DumpHead(Form.SCRIPT, major, of, end);
    }

    private static boolean startsWith(byte[] head, byte[] with) {
        return head.length >= with.length && Arrays.equals(head, 0, with.length, with, 0, with.length);
    }

    /** Reads the versions out of the header: of the server that was dumped and of pg_dump. */
    static int majorOf(byte[] head) {
        if (!startsWith(head, ARCHIVE)) {
            return 0;
        }
        try {
            ByteBuffer in = ByteBuffer.wrap(head);
            in.position(ARCHIVE.length + 1);
            int minor = in.get();
            in.get();
            int intBytes = in.get();
            in.position(in.position() + 2);
            if (minor >= OLDEST_WITH_ALGORITHM) {
                in.get();
            } else {
                number(in, intBytes);
            }
            for (int i = 0; i < NUMBERS_OF_DATE; i++) {
                number(in, intBytes);
            }
            text(in, intBytes);
            return Math.max(major(text(in, intBytes)), major(text(in, intBytes)));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return 0;
        }
    }

    private static int number(ByteBuffer in, int bytes) {
        boolean negative = in.get() != 0;
        int number = 0;
        for (int i = 0; i < bytes; i++) {
            number |= Byte.toUnsignedInt(in.get()) << (8 * i);
        }
        return negative ? -number : number;
    }

    private static String text(ByteBuffer in, int intBytes) {
        int length = number(in, intBytes);
        if (length < 0 || length > LONGEST_TEXT) {
            throw new IllegalArgumentException("a text of " + length);
        }
        byte[] text = new byte[length];
        in.get(text);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static int major(String version) {
        Matcher matcher = OF_ARCHIVE.matcher(version + " ");
        return matcher.find() ? Math.min(MOST, Integer.parseInt(matcher.group(1))) : 0;
    }
}
