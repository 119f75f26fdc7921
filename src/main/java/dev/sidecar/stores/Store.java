package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.OptionalLong;

/**
 * Keeps the files of backup sets, in a directory or in a bucket. A key is relative, of the form {@code <backup id>/<file>}, and is never used
 * twice.
 *
 * <p>A failure is an {@link IOException} whose message says what could not be done to which key and, if known, how to fix it.
 */
public interface Store {

    /** More files than this are not listed: ten thousand sets have fewer, and whoever can write to a store could fill our memory. */
    int MOST_FILES = 100_000;

    /** Returns the name for commands, logs and metrics: {@code local} or {@code s3}. */
    String name();

    /** Starts a file. It is invisible under its key until {@link Upload#publish()}. */
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

    /**
     * Lists the published files whose keys begin with the prefix, sorted by key.
     *
     * @throws IOException also if there are more than {@link #MOST_FILES}
     */
    List<Stored> list(String prefix) throws IOException;

    /**
     * Deletes a published file; a missing file counts as deleted.
     *
     * @return false if the storage keeps the file for now (Object Lock), which is not an error
     */
    boolean delete(String key) throws IOException;

    /** Returns the free space; empty if the store has no limit. */
    OptionalLong freeBytes() throws IOException;

    /** Tests whether the store can be written to, before a backup starts. */
    void check() throws IOException;

    /** Removes unpublished files under the prefix. Call it only while nobody writes to that prefix. */
    void sweep(String prefix) throws IOException;

    /**
     * Describes a published file.
     *
     * @param key as given to {@link #create}
     * @param size in bytes
     */
    record Stored(String key, long size) {}

    /** Writes a file. Closing it unpublished removes every trace of it. */
    interface Upload extends WritableByteChannel {

        /** Makes the file durable and then visible, at once and as a whole. */
        void publish() throws IOException;
    }
}
