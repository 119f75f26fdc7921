package dev.sidecar.sets.passphrase;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.framework.crypto.ByteBufferCipherFactory;
import com.exceptionfactory.jagged.framework.crypto.CipherKey;
import com.exceptionfactory.jagged.framework.crypto.PayloadIvParameterSpec;
import com.exceptionfactory.jagged.framework.crypto.PayloadKeyProducerFactory;
import com.exceptionfactory.jagged.framework.crypto.PayloadNonceKey;
import com.exceptionfactory.jagged.framework.crypto.StandardByteBufferCipherFactory;
import com.exceptionfactory.jagged.framework.format.StandardPayloadKeyWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts files with a passphrase in the age format. Files that are begun within an hour have the same header, and so the same file key, because
 * age's work factor makes each header cost seconds: a backup would stretch its passphrase once for each of its files. The key of each file's
 * contents is derived from the file key and a random nonce of its own, as the format has it, so no two files are encrypted with the same one.
 */
public final class PassphraseFiles {

    private static final Duration SAME_HEADER = Duration.ofHours(1);
    private static final int NONCE_BYTES = 16;
    /** Parts of this size are encrypted on their own, each with a tag of 16 bytes. */
    private static final int PART_BYTES = 64 << 10;

    private static final int TAG_BYTES = 16;

    private final ScryptStanza stanza;
    private @Nullable Header header;

    /** @param stanza wraps the file keys under the passphrase */
    public PassphraseFiles(ScryptStanza stanza) {
        this.stanza = stanza;
    }

    /**
     * Returns a channel that encrypts what is written to it. Close it to write the end of the file.
     *
     * @throws IOException if the header cannot be written
     */
    public WritableByteChannel encrypt(WritableByteChannel out) throws GeneralSecurityException, IOException {
        Header shared = header();
        PayloadNonceKey nonce = new PayloadNonceKey();
        writeAll(out, ByteBuffer.wrap(shared.bytes()));
        writeAll(out, ByteBuffer.wrap(nonce.getEncoded()));
        return new Parts(
                out,
                PayloadKeyProducerFactory.newPayloadKeyProducer().getPayloadKey(new FileKey(shared.fileKey()), nonce));
    }

    private synchronized Header header() throws GeneralSecurityException, IOException {
        if (header == null || System.nanoTime() - header.madeAt() > SAME_HEADER.toNanos()) {
            byte[][] fileKey = new byte[1][];
            ByteBuffer written = ByteBuffer.allocate(1 << 10);
            new StandardPayloadKeyWriter()
                    .writeFileHeader(written, List.of(key -> {
                        fileKey[0] = key.getEncoded();
                        return stanza.getRecipientStanzas(key);
                    }))
                    .destroy();
            written.flip();
            // What follows the header is the nonce of one file.
            byte[] bytes = new byte[written.remaining() - NONCE_BYTES];
            written.get(bytes);
            header = new Header(bytes, fileKey[0], System.nanoTime());
        }
        return header;
    }

    private static void writeAll(WritableByteChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    private record Header(byte[] bytes, byte[] fileKey, long madeAt) {}

    /** Writes the contents in parts. The last one, which alone may be short, is marked, so that a file that was cut off is told from a whole one. */
    private static final class Parts implements WritableByteChannel {

        private final WritableByteChannel out;
        private final CipherKey key;
        private final ByteBufferCipherFactory ciphers = new StandardByteBufferCipherFactory();
        private final PayloadIvParameterSpec counter = new PayloadIvParameterSpec();
        private final ByteBuffer clear = ByteBuffer.allocate(PART_BYTES);
        private final ByteBuffer sealed = ByteBuffer.allocate(PART_BYTES + TAG_BYTES);
        private boolean open = true;

        Parts(WritableByteChannel out, CipherKey key) {
            this.out = out;
            this.key = key;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            if (!open) {
                throw new ClosedChannelException();
            }
            int written = bytes.remaining();
            while (bytes.hasRemaining()) {
                // A full part waits until it is known whether it is the last.
                if (!clear.hasRemaining()) {
                    writePart();
                }
                int fits = Math.min(bytes.remaining(), clear.remaining());
                clear.put(bytes.duplicate().limit(bytes.position() + fits));
                bytes.position(bytes.position() + fits);
            }
            return written;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() throws IOException {
            if (!open) {
                return;
            }
            open = false;
            try (out) {
                counter.setLastChunkFlag();
                writePart();
            } finally {
                key.destroy();
            }
        }

        private void writePart() throws IOException {
            clear.flip();
            sealed.clear();
            try {
                ciphers.newByteBufferEncryptor(key, counter).encrypt(clear, sealed);
            } catch (GeneralSecurityException e) {
                throw new IOException("a part could not be encrypted", e);
            }
            sealed.flip();
            writeAll(out, sealed);
            clear.clear();
            counter.incrementInitializationVector();
        }
    }
}
