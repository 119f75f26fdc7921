package dev.sidecar.commands;

import dev.sidecar.text.HostileText;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * The one way of a command to a terminal: whatever it prints, names and errors that strangers wrote among it, cannot control the terminal.
 */
public final class TerminalOutput extends PrintStream {

    private final PrintStream underlying;

    TerminalOutput(PrintStream underlying) {
        super(new Cleaned(underlying), true, StandardCharsets.UTF_8);
        this.underlying = underlying;
    }

    /** The stream below, for one who moves the cursor and cleans the text himself. */
    public static PrintStream bare(PrintStream stream) {
        return stream instanceof TerminalOutput cleaned ? cleaned.underlying : stream;
    }

    /** Takes bytes of UTF-8, of which a letter may come in parts. */
    private static final class Cleaned extends OutputStream {

        private static final int CHUNK = 8_192;
        private static final int LONGEST_LETTER = 4;

        private final PrintStream underlying;
        private final CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        private final ByteBuffer bytes = ByteBuffer.allocate(CHUNK + LONGEST_LETTER);
        private final CharBuffer letters = CharBuffer.allocate(CHUNK + LONGEST_LETTER);

        Cleaned(PrintStream underlying) {
            this.underlying = underlying;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public synchronized void write(byte[] from, int offset, int length) {
            for (int done = 0; done < length; ) {
                int part = Math.min(CHUNK, length - done);
                bytes.put(from, offset + done, part).flip();
                decoder.decode(bytes, letters, false);
                bytes.compact();
                underlying.print(HostileText.forTerminal(letters.flip().toString()));
                letters.clear();
                done += part;
            }
        }

        @Override
        public void flush() {
            underlying.flush();
        }

        @Override
        public void close() {
            underlying.close();
        }
    }
}
