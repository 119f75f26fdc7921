package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads one object. When the connection breaks it resumes from the same byte, as a large object takes hours. */
final class S3Download extends InputStream {

    private static final Logger log = LoggerFactory.getLogger(S3Download.class);
    private static final int MOST_BREAKS = 5;
    /** After this many bytes without a break the count of breaks starts again. */
    private static final long PROGRESS = 1 << 20;

    private final S3Store store;
    private final String key;
    private ResponseInputStream<GetObjectResponse> response;
    private final String etag;
    private final long length;
    private final Duration longest;
    private long position;
    /** Spent waiting for the server since the count below began: the reader's own pauses are no fault of the server's. */
    private long waitedNanos;

    private long countedFrom;
    private long lastBreak;
    private int breaks;

    /** @param longest how long we wait for each megabyte: one that sends byte after byte is never silent, and never done */
    S3Download(S3Store store, String key, Duration longest) throws IOException {
        this.store = store;
        this.key = key;
        this.longest = longest;
        response = store.attempt(
                "read " + key,
                () -> store.client()
                        .getObject(request -> request.bucket(store.bucket()).key(store.objectKey(key))));
        etag = response.response().eTag();
        Long told = response.response().contentLength();
        if (told == null) {
            response.abort();
            throw new IOException("could not read %s: the server does not say how long it is".formatted(key));
        }
        length = told;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int size) throws IOException {
        while (position < length) {
            requireProgress();
            try {
                long began = System.nanoTime();
                int read = response.read(target, offset, (int) Math.min(size, length - position));
                waitedNanos += System.nanoTime() - began;
                if (read >= 0) {
                    position += read;
                    return read;
                }
                resume(new IOException("the connection ended after %d of %d bytes".formatted(position, length)));
            } catch (InterruptedIOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                resume(e);
            } catch (IOException e) {
                resume(e);
            }
        }
        return -1;
    }

    private void requireProgress() throws IOException {
        if (position - countedFrom >= PROGRESS) {
            countedFrom = position;
            waitedNanos = 0;
        } else if (waitedNanos > longest.toNanos()) {
            response.abort();
            throw new IOException(
                    "could not read %s beyond byte %d: the server sends too slowly".formatted(key, position));
        }
    }

    private void resume(IOException why) throws IOException {
        response.abort();
        breaks = position - lastBreak >= PROGRESS ? 0 : breaks;
        lastBreak = position;
        if (++breaks > MOST_BREAKS) {
            throw new IOException(
                    "could not read %s beyond byte %d: %s".formatted(key, position, why.getMessage()), why);
        }
        log.atWarn().addKeyValue("key", key).log("connection broke at byte {}, reading resumes from there", position);
        response = store.attempt(
                "resume reading " + key,
                () -> store.client()
                        .getObject(request -> request.bucket(store.bucket())
                                .key(store.objectKey(key))
                                .ifMatch(etag)
                                .range("bytes=%d-".formatted(position))));
    }

    @Override
    public void close() {
        // Closing would read the rest first.
        response.abort();
    }
}
