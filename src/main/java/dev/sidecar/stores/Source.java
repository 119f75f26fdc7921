package dev.sidecar.stores;

import dev.sidecar.secrets.Secret;
import dev.sidecar.stores.StoreProperties.S3;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files that somebody else writes, in a folder or in a bucket. They are listed and read, and never changed.
 *
 * <p>A failure is an {@link IOException} whose message says what could not be read and, if known, how to fix it.
 */
public interface Source extends AutoCloseable {

    /** More files than this are an error: somebody named the wrong folder. */
    int MOST_FILES = 100_000;

    /** Lists all files, however deep, in no order. */
    List<Found> list() throws IOException;

    /** Reads a file from its start. @throws java.nio.file.NoSuchFileException if it is gone */
    InputStream open(String key) throws IOException;

    @Override
    default void close() {}

    /**
     * Describes a file.
     *
     * @param key its path in the folder, or its key after the prefix; with slashes
     * @param size in bytes
     * @param modified when it was last written
     */
    record Found(String key, long size, Instant modified) {}

    /** The files of a folder. Links below it are not followed: who writes there could let one lead to a secret. */
    static Source folder(Path folder) {
        return new FolderSource(folder);
    }

    /**
     * The files of a bucket.
     *
     * @param setting the settings that the rest comes from, for messages, such as {@code sidecar.backup.s3}
     */
    static Source bucket(
            String setting,
            String bucket,
            String endpoint,
            String region,
            String accessKey,
            @Nullable Secret secretKey,
            String prefix) {
        return new BucketSource(S3Connection.PATIENT.openToRead(
                setting, new S3(bucket, endpoint, region, accessKey, secretKey, prefix)));
    }
}
