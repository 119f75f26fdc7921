package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.OptionalLong;

/**
 * Where sets lie: a directory or a bucket. Keys are relative, of the form {@code <backup id>/<file>}, and are never used twice.
 *
 * <p>A failure is an {@link IOException} whose message says what could not be done to which key and, where it is known, what to do.
 */
public interface Store {

    /** For ids of copies, logs and metrics: {@code local} or {@code s3}. */
    String name();

    /** Begins a file. Nothing is to be seen under the key before {@link Upload#publish()}. */
    Upload create(String key) throws IOException;

    /** Writes and publishes a small file. */
    default void write(String key, byte[] content) throws IOException {
        try (Upload upload = create(key)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                upload.write(buffer);
            }
            upload.publish();
        }
    }

    /** Reads a published file from its start. @throws java.nio.file.NoSuchFileException if there is none */
    InputStream open(String key) throws IOException;

    /** Published files whose key begins with the prefix, in the order of their keys. */
    List<Stored> list(String prefix) throws IOException;

    /**
     * Deletes a published file; one that is not there is deleted already.
     *
     * @return false if the storage keeps it for now (Object Lock); that is no error
     */
    boolean delete(String key) throws IOException;

    /** Room for more; empty where there is no such limit. */
    OptionalLong freeBytes() throws IOException;

    /** Writes, reads and deletes a small file, so that a store which cannot be written is known before the work. */
    void check() throws IOException;

    /** Removes what was begun under the prefix and never published. Only for a prefix that nobody is writing to. */
    void sweep(String prefix) throws IOException;

    /**
     * @param key as given to {@link #create}
     * @param size in bytes
     */
    record Stored(String key, long size) {}

    /** A file being written. Closing it unpublished removes every trace of it. */
    interface Upload extends WritableByteChannel {

        /** Makes the file durable and then visible, at once and as a whole. */
        void publish() throws IOException;
    }
}
