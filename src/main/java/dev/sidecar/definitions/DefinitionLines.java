package dev.sidecar.definitions;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads a description line by line. Whoever wrote it may be a stranger, so that lines have a limit. */
final class DefinitionLines {

    private static final int LONGEST = 64 << 20;

    private final InputStream in;
    private final String head;

    DefinitionLines(InputStream in) throws IOException {
        this.in = new BufferedInputStream(in, 1 << 16);
        byte[] first = line();
        head = first == null ? "" : new String(first, StandardCharsets.ISO_8859_1);
    }

    /** The first line, which says how to read the others. */
    String head() {
        return head;
    }

    /** Reads the next; null at the end. */
    @Nullable
    Definition next() throws IOException {
        byte[] line = line();
        if (line == null) {
            return null;
        }
        for (int i = 0; i < line.length; i++) {
            if (line[i] == '\t') {
                byte[] rest = Arrays.copyOfRange(line, i + 1, line.length);
                return Definition.of(new String(line, 0, i, StandardCharsets.ISO_8859_1), rest, rest.length);
            }
        }
        throw new IOException("a line of the description of the database has no name");
    }

    private byte @Nullable [] line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return line.toByteArray();
            }
            line.write(b);
            if (line.size() > LONGEST) {
                throw new IOException(
                        "a line of the description of the database is longer than %d MB".formatted(LONGEST >> 20));
            }
        }
        return line.size() == 0 ? null : line.toByteArray();
    }
}
