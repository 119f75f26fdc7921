package dev.sidecar.sets;

import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.stores.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/** Writes the files of one set, each in one pass: compressed, encrypted, hashed and stored. A file is published only if all steps succeeded. */
public final class SetWriter {

    private final Store store;
    private final BackupId id;
    private final Compression compression;
    private final Encryption encryption;
    private final Signatures signatures;
    private final Progress progress;

    public SetWriter(
            Store store,
            BackupId id,
            Compression compression,
            Encryption encryption,
            Signatures signatures,
            Progress progress) {
        this.signatures = signatures;
        this.progress = progress;
        this.store = store;
        this.id = id;
        this.compression = compression;
        this.encryption = encryption;
    }

    /** Supplies the bytes of a file. */
    @FunctionalInterface
    public interface Source {

        /** Writes all bytes, or throws; then nothing is published. */
        void writeTo(OutputStream out) throws IOException, InterruptedException;
    }

    /** Writes a compressed and, if encryption is on, encrypted file. @param name without the endings for that */
    public StoredFile write(String name, FileKind kind, Source source) throws InterruptedException {
        String file = name + compression.suffix() + (encryption.isOn() ? ".age" : "");
        try (Store.Upload upload = store.create(id + "/" + file)) {
            Hashing stored = new Hashing(upload);
            Counting plain;
            try (WritableByteChannel sealed = encryption.isOn() ? encryption.encrypt(stored) : stored;
                    OutputStream compressed = compression.compress(new Buffered(sealed))) {
                plain = new Counting(compressed, progress);
                source.writeTo(plain);
            }
            upload.publish();
            return new StoredFile(
                    file, kind, stored.count, plain.count, stored.sha256(), List.of(), stored.pieces.all());
        } catch (IOException e) {
            throw notStored(file, e);
        }
    }

    /** Writes a file as it is, for people to read. */
    public StoredFile writePlain(String name, FileKind kind, byte[] content) {
        try (Store.Upload upload = store.create(id + "/" + name)) {
            Hashing stored = new Hashing(upload);
            stored.write(ByteBuffer.wrap(content));
            upload.publish();
            return new StoredFile(
                    name, kind, stored.count, stored.count, stored.sha256(), List.of(), stored.pieces.all());
        } catch (IOException e) {
            throw notStored(name, e);
        }
    }

    /** Writes the signatures, and the manifest as the last file. From then on the set is listed. */
    public void publish(Manifest manifest) {
        byte[] bytes = ManifestFile.write(manifest);
        try {
            signatures.write(store, id, bytes, manifest.files());
            store.write(id + "/" + Manifest.FILE, bytes);
        } catch (IOException e) {
            throw notStored(Manifest.FILE, e);
        }
    }

    private BackupFailure notStored(String file, IOException e) {
        String message = String.valueOf(e.getMessage());
        return new BackupFailure(
                message.contains("No space left") || message.contains("Disk quota") ? Reason.SPACE : Reason.STORAGE,
                "Cannot write %s to store '%s': %s".formatted(file, store.name(), e),
                e);
    }

    /** Hashes and counts the stored bytes. Closing it does not end the upload, which its owner publishes or drops. */
    private static final class Hashing implements WritableByteChannel {

        private final WritableByteChannel out;
        private final Sha256 digest = new Sha256();
        private final Pieces pieces = new Pieces();
        private long count;
        private boolean closed;

        Hashing(WritableByteChannel out) {
            this.out = out;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int length = bytes.remaining();
            digest.update(bytes.duplicate());
            pieces.update(bytes);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            count += length;
            return length;
        }

        String sha256() {
            return digest.hex();
        }

        /** age writes the end of its stream at every close, unless the target is closed already. */
        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** Passes on larger blocks: age works in chunks of 64 KiB, and a system call for each small block costs time. */
    private static final class Buffered extends java.io.BufferedOutputStream {

        Buffered(WritableByteChannel out) {
            super(Channels.newOutputStream(out), 256 * 1024);
        }
    }

    private static final class Counting extends OutputStream {

        private final OutputStream out;
        private final Progress progress;
        private long count;

        Counting(OutputStream out, Progress progress) {
            this.out = out;
            this.progress = progress;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            count++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            count += length;
            progress.add(length);
        }
    }
}
