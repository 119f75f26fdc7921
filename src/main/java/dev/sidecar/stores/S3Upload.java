package dev.sidecar.stores;

import dev.sidecar.stores.Store.Upload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * Uploads one object: a small one in one request when it is published, a large one in parts as the bytes come. Each request carries an MD5,
 * which Object Lock demands and every server checks; not every server understands the protocol's other checksums.
 */
final class S3Upload implements Upload {

    private static final Logger log = LoggerFactory.getLogger(S3Upload.class);
    private static final int FIRST_BUFFER = 64 << 10;
    private static final int MOST_PARTS = 10_000;
    /** An object has at most 10 000 parts, so the later parts of a large one are larger: with 8 MB at first that is 180 GB. */
    private static final int[] DOUBLED_FROM_PART = {4_000, 7_000};

    private final S3Store store;
    private final String key;
    private final int firstPartBytes;
    private final List<CompletedPart> parts = new ArrayList<>();
    private byte[] buffer;
    private int buffered;
    private long sent;
    private @Nullable String upload;
    private boolean uncertain;
    private boolean open = true;

    S3Upload(S3Store store, String key, int firstPartBytes) {
        this.store = store;
        this.key = key;
        this.firstPartBytes = firstPartBytes;
        this.buffer = new byte[Math.min(FIRST_BUFFER, firstPartBytes)];
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        int written = source.remaining();
        while (source.hasRemaining()) {
            if (buffered == partBytes()) {
                sendPart();
            }
            makeRoom();
            int length = Math.min(source.remaining(), buffer.length - buffered);
            source.get(buffer, buffered, length);
            buffered += length;
        }
        return written;
    }

    private void makeRoom() {
        if (buffered == buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.min(buffer.length * 2, partBytes()));
        }
    }

    private int partBytes() {
        int size = firstPartBytes;
        for (int from : DOUBLED_FROM_PART) {
            size *= parts.size() >= from ? 2 : 1;
        }
        return size;
    }

    private void sendPart() throws IOException {
        if (parts.size() == MOST_PARTS) {
            throw new IOException("%s is larger than %d bytes, the limit of a multipart upload".formatted(key, sent));
        }
        if (upload == null) {
            upload = store.attempt(
                    "start the upload of " + key,
                    () -> store.client()
                            .createMultipartUpload(
                                    request -> request.bucket(store.bucket()).key(store.objectKey(key)))
                            .uploadId());
        }
        int number = parts.size() + 1;
        String md5 = md5();
        String etag = store.attempt(
                "store part %d of %s".formatted(number, key),
                () -> store.client()
                        .uploadPart(
                                request -> request.bucket(store.bucket())
                                        .key(store.objectKey(key))
                                        .uploadId(upload)
                                        .partNumber(number)
                                        .contentMD5(md5),
                                body())
                        .eTag());
        parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
        sent += buffered;
        buffered = 0;
    }

    /** Reads the buffer in place, so that a failed attempt can be repeated from the start. */
    private RequestBody body() {
        int length = buffered;
        return RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(buffer, 0, length), length, "application/octet-stream");
    }

    private String md5() {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            digest.update(buffer, 0, buffered);
            return Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has MD5", e);
        }
    }

    @Override
    public void publish() throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        if (upload == null) {
            uncertain = true;
            String md5 = md5();
            store.attempt(
                    "store " + key,
                    () -> store.client()
                            .putObject(
                                    request -> request.bucket(store.bucket())
                                            .key(store.objectKey(key))
                                            .contentMD5(md5),
                                    body()));
        } else {
            if (buffered > 0) {
                sendPart();
            }
            uncertain = true;
            complete();
        }
        open = false;
    }

    private void complete() throws IOException {
        try {
            store.attempt(
                    "complete " + key,
                    () -> store.client()
                            .completeMultipartUpload(request -> request.bucket(store.bucket())
                                    .key(store.objectKey(key))
                                    .uploadId(upload)
                                    .multipartUpload(all -> all.parts(parts))));
        } catch (IOException e) {
            // If the answer is lost the client repeats the request, and the server does not know the upload any more
            // because it is complete.
            if (Thread.currentThread().isInterrupted() || !isThere()) {
                throw e;
            }
        }
    }

    private boolean isThere() throws IOException {
        return store.list(key).stream().anyMatch(stored -> stored.key().equals(key) && stored.size() == sent);
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        buffer = new byte[0];
        // The requests below must be sent although the thread was interrupted; the interrupt is restored afterwards.
        boolean interrupted = Thread.interrupted();
        try {
            if (upload != null) {
                store.attempt(
                        "abort the upload of " + key,
                        () -> store.client()
                                .abortMultipartUpload(request -> request.bucket(store.bucket())
                                        .key(store.objectKey(key))
                                        .uploadId(upload)));
            }
            if (uncertain) {
                store.delete(key);
            }
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("key", key)
                    .log("cannot remove an unfinished upload, the next run tries again: {}", e.getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
