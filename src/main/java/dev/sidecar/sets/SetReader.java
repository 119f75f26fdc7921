package dev.sidecar.sets;

import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.stores.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** Reads the files of one set from its store, and always compares what it read with the checksum in the manifest. */
public final class SetReader {

    private static final int BUFFER = 256 * 1024;

    private final Store store;
    private final Manifest manifest;
    private final Encryption encryption;
    private final Progress progress;

    public SetReader(Store store, Manifest manifest, Encryption encryption, Progress progress) {
        this.store = store;
        this.manifest = manifest;
        this.encryption = encryption;
        this.progress = progress;
    }

    /** Checks that the manifest in the store is still the one that was listed. @throws BackupFailure with DAMAGED */
    public void checkManifest() {
        byte[] bytes;
        try (InputStream in = open(Manifest.FILE)) {
            bytes = ManifestFile.bytes(in);
            if (!ManifestFile.read(bytes).equals(manifest)) {
                throw new IOException("it changed after it was listed");
            }
        } catch (IOException e) {
            throw new BackupFailure(Reason.DAMAGED, "manifest.json is damaged: " + e.getMessage(), e);
        }
        if (manifest.origin() != null) {
            checkSums(Signatures.sums(bytes, manifest.files()));
        }
    }

    /** An operator who restores by hand compares the files with this list. */
    private void checkSums(byte[] expected) {
        try (InputStream in = open(Signatures.SUMS)) {
            if (!Arrays.equals(ManifestFile.bytes(in, expected.length), expected)) {
                throw new IOException("it does not fit the manifest");
            }
        } catch (IOException e) {
            throw new BackupFailure(Reason.DAMAGED, Signatures.SUMS + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Reads a file to its end and compares its checksum. @throws BackupFailure with DAMAGED */
    public void check(StoredFile file) {
        try (Hashing in = new Hashing(open(file.name()))) {
            byte[] buffer = new byte[BUFFER];
            for (int n = in.read(buffer, 0, BUFFER); n >= 0; n = in.read(buffer, 0, BUFFER)) {
                progress.add(n);
            }
            compare(file, in);
        } catch (IOException e) {
            throw new BackupFailure(Reason.STORAGE, "Cannot read %s: %s".formatted(file.name(), e), e);
        }
    }

    /** Decrypts and decompresses a file into a stream, which stays open. No byte gets there that was not compared with a checksum before. */
    public void decode(StoredFile file, OutputStream out) {
        if (file.pieces() == null) {
            // Sets from before have no checksums of pieces; this is as much as can be compared beforehand.
            check(file);
        }
        try {
            decodeUnchecked(file, out);
        } catch (SinkFailed e) {
            throw new BackupFailure(Reason.RESTORE, "The program that reads %s ended early.".formatted(file.name()), e);
        } catch (IOException | RuntimeException e) {
            if (e instanceof BackupFailure failure && failure.reason() != Reason.ENCRYPTION) {
                throw failure;
            }
            // A decoder cannot tell damaged bytes from a wrong key; the checksum can.
            check(file);
            if (e instanceof BackupFailure failure) {
                throw failure;
            }
            throw new BackupFailure(
                    Reason.DAMAGED,
                    "%s has the correct checksum but cannot be decoded: %s".formatted(file.name(), e.getMessage()),
                    e);
        }
    }

    private void decodeUnchecked(StoredFile file, OutputStream out) throws IOException {
        boolean encrypted = file.name().endsWith(".age");
        List<String> pieces = file.pieces();
        try (Hashing stored = pieces == null
                        ? new Hashing(open(file.name()))
                        : new Hashing(new Checked(open(file.name()), file, pieces), false);
                InputStream clear = encrypted ? encryption.decrypt(stored, manifest.encryption()) : stored;
                InputStream plain = Compression.decompress(clear, file.name())) {
            byte[] buffer = new byte[BUFFER];
            long count = 0;
            long reported = 0;
            for (int n = plain.read(buffer); n >= 0; n = plain.read(buffer)) {
                count += n;
                if (count > file.plainBytes()) {
                    throw tooLong(file);
                }
                try {
                    out.write(buffer, 0, n);
                } catch (IOException e) {
                    throw new SinkFailed(e);
                }
                progress.add(stored.count - reported);
                reported = stored.count;
            }
            stored.skipToEnd();
            progress.add(stored.count - reported);
            compare(file, stored);
            if (count != file.plainBytes()) {
                throw new BackupFailure(
                        Reason.DAMAGED,
                        "%s decodes to %d bytes instead of %d.".formatted(file.name(), count, file.plainBytes()));
            }
        }
    }

    /** A few bytes may decode to more than any disk holds. */
    private static BackupFailure tooLong(StoredFile file) {
        return new BackupFailure(
                Reason.DAMAGED, "%s decodes to more than %d bytes.".formatted(file.name(), file.plainBytes()));
    }

    private InputStream open(String name) {
        try {
            return store.open(manifest.id() + "/" + name);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new BackupFailure(Reason.DAMAGED, name + " is missing.", e);
        } catch (IOException e) {
            throw new BackupFailure(Reason.STORAGE, "Cannot open %s: %s".formatted(name, e), e);
        }
    }

    private static void compare(StoredFile file, Hashing read) {
        if (read.count != file.storedBytes()) {
            throw new BackupFailure(
                    Reason.DAMAGED,
                    "%s has %d bytes instead of %d.".formatted(file.name(), read.count, file.storedBytes()));
        }
        if (read.hashes && !read.sha256().equals(file.sha256())) {
            throw new BackupFailure(Reason.DAMAGED, "%s does not match its checksum.".formatted(file.name()));
        }
    }

    /** Says that the reader of the decoded bytes is gone, which tells nothing about the file. */
    private static final class SinkFailed extends IOException {

        private static final long serialVersionUID = 1L;

        SinkFailed(IOException cause) {
            super(cause);
        }
    }

    /** Passes a piece on only when its checksum is right. */
    private final class Checked extends InputStream {

        private final InputStream in;
        private final StoredFile file;
        private final Iterator<String> expected;
        private final byte[] piece;
        private int at;
        private int end;

        Checked(InputStream in, StoredFile file, List<String> expected) {
            this.in = in;
            this.file = file;
            this.expected = expected.iterator();
            this.piece = new byte[(int) Math.min(Pieces.SIZE, file.storedBytes())];
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (at == end && !fill()) {
                return -1;
            }
            int n = Math.min(length, end - at);
            System.arraycopy(piece, at, bytes, offset, n);
            at += n;
            return n;
        }

        private boolean fill() throws IOException {
            if (!expected.hasNext()) {
                if (in.read() >= 0) {
                    throw damaged();
                }
                return false;
            }
            at = 0;
            end = in.readNBytes(piece, 0, piece.length);
            Sha256 sum = new Sha256();
            sum.update(piece, 0, end);
            if (!sum.hex().equals(expected.next())) {
                end = 0;
                throw damaged();
            }
            return end > 0;
        }

        /** Reads the whole file to say what is wrong with it. */
        private BackupFailure damaged() {
            check(file);
            return new BackupFailure(
                    Reason.DAMAGED, "%s does not match the checksums of its pieces.".formatted(file.name()));
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** Hashes the bytes that pass, and reports a failing store as STORAGE, not as a damaged file. */
    private static final class Hashing extends InputStream {

        private final InputStream in;
        private final Sha256 digest = new Sha256();
        private final boolean hashes;
        private long count;

        Hashing(InputStream in) {
            this(in, true);
        }

        /** @param hashes false if the bytes were compared before they come here */
        Hashing(InputStream in, boolean hashes) {
            this.in = in;
            this.hashes = hashes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            try {
                int n = in.read(bytes, offset, length);
                if (n > 0) {
                    if (hashes) {
                        digest.update(bytes, offset, n);
                    }
                    count += n;
                }
                return n;
            } catch (IOException e) {
                throw new BackupFailure(Reason.STORAGE, "Reading from the store failed: " + e, e);
            }
        }

        void skipToEnd() {
            byte[] buffer = new byte[BUFFER];
            while (read(buffer, 0, BUFFER) >= 0) {
                // Reading hashes the bytes.
            }
        }

        String sha256() {
            return digest.hex();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
