package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
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
    private long position;
    private long lastBreak;
    private int breaks;

    S3Download(S3Store store, String key) throws IOException {
        this.store = store;
        this.key = key;
        response = store.attempt(
                "read " + key,
                () -> store.client()
                        .getObject(request -> request.bucket(store.bucket()).key(store.objectKey(key))));
        etag = response.response().eTag();
        length = response.response().contentLength();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int size) throws IOException {
        while (position < length) {
            try {
                int read = response.read(target, offset, size);
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
