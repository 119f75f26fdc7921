package dev.sidecar.stores;

import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Stores sets in a bucket of any server that speaks the S3 protocol. A name is never used twice, so a bucket under Object Lock works too.
 * An object appears as a whole or not at all; a broken upload leaves parts behind, which {@link #sweep} removes.
 */
public final class S3Store implements Store, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(S3Store.class);

    /** Of all keys of a list. Those of sets have a hundred each; S3 allows a thousand. */
    private static final long MOST_LETTERS = 150L * MOST_FILES;

    private static final int LONGEST_CODE = 100;
    private static final int MOST_UPLOADS = 1_000;

    private final String setting;
    private final S3Client client;
    private final String bucket;
    private final String prefix;
    private final int partBytes;
    private final Duration longest;
    private final Duration perMegabyte;

    /**
     * @param setting the settings that it comes from, for messages
     * @param partBytes size of the first parts, and of the memory that an upload needs
     * @param longest how long a list of any number of pages may take
     * @param perMegabyte how long the server may take for each megabyte of a file
     */
    S3Store(
            String setting,
            S3Client client,
            String bucket,
            String prefix,
            int partBytes,
            Duration longest,
            Duration perMegabyte) {
        this.setting = setting;
        this.client = client;
        this.bucket = bucket;
        this.prefix = prefix;
        this.partBytes = partBytes;
        this.longest = longest;
        this.perMegabyte = perMegabyte;
    }

    @Override
    public String name() {
        return "s3";
    }

    @Override
    public Upload create(String key) throws IOException {
        if (exists(key)) {
            throw new FileAlreadyExistsException(key);
        }
        return new S3Upload(this, key, partBytes);
    }

    @Override
    public InputStream open(String key) throws IOException {
        return new S3Download(this, key, perMegabyte);
    }

    @Override
    public List<Stored> list(String keyPrefix) throws IOException {
        List<S3Object> objects = objects("list the objects under " + keyPrefix, keyPrefix, MOST_FILES + 1L);
        if (objects.size() > MOST_FILES) {
            throw new IOException(
                    "bucket %s holds more than %d objects under '%s%s': give backups a bucket or a prefix of their own"
                            .formatted(bucket, MOST_FILES, prefix, keyPrefix));
        }
        return objects.stream()
                .map(object -> new Stored(object.key().substring(prefix.length()), object.size()))
                .toList();
    }

    /** Lists all files with the time of each. @param most after which it stops */
    List<Source.Found> found(long most) throws IOException {
        List<Source.Found> found = new ArrayList<>();
        for (S3Object object : objects("list the objects under '" + prefix + "'", "", most)) {
            if (object.lastModified() == null) {
                throw new IOException("bucket %s lists an object without its time".formatted(bucket));
            }
            if (!object.key().endsWith("/")) {
                found.add(new Source.Found(
                        object.key().substring(prefix.length()), object.size(), object.lastModified()));
            }
        }
        return found;
    }

    /** Pages may hold nothing and never end, so that a number of objects alone is no limit. */
    private List<S3Object> objects(String what, String keyPrefix, long most) throws IOException {
        Iterator<ListObjectsV2Response> pages = attempt(
                what,
                () -> client.listObjectsV2Paginator(
                                request -> request.bucket(bucket).prefix(prefix + keyPrefix))
                        .iterator());
        long began = System.nanoTime();
        long letters = 0;
        List<S3Object> objects = new ArrayList<>();
        while (attempt(what, pages::hasNext)) {
            for (S3Object object : attempt(what, pages::next).contents()) {
                if (object.key() == null || !object.key().startsWith(prefix) || object.size() == null) {
                    throw new IOException("bucket %s lists an object without size, or one that is not under '%s'"
                            .formatted(bucket, prefix));
                }
                letters += object.key().length();
                if (letters > MOST_LETTERS) {
                    throw new IOException(
                            "bucket %s holds objects under '%s%s' whose keys are too long: give backups a bucket or a prefix of their own"
                                    .formatted(bucket, prefix, keyPrefix));
                }
                objects.add(object);
                if (objects.size() == most) {
                    return objects;
                }
            }
            if (isOver(began)) {
                throw new IOException("could not %s in bucket %s: its list has no end within %s"
                        .formatted(what, bucket, Durations.of(longest)));
            }
        }
        return objects;
    }

    private boolean isOver(long began) {
        return System.nanoTime() - began > longest.toNanos();
    }

    @Override
    public boolean delete(String key) throws IOException {
        return attempt("delete " + key, () -> {
            try {
                client.deleteObject(request -> request.bucket(bucket).key(prefix + key));
                return true;
            } catch (S3Exception e) {
                if (isRetention(e)) {
                    log.atInfo().addKeyValue("key", key).log("bucket keeps the object for now: {}", answer(e));
                    return false;
                }
                throw e;
            }
        });
    }

    /** While an Object Lock holds, S3 answers AccessDenied, and MinIO says that the object is WORM protected. */
    private static boolean isRetention(S3Exception e) {
        String message = String.valueOf(e.getMessage());
        return "AccessDenied".equals(code(e)) || message.contains("WORM") || message.contains("ObjectLocked");
    }

    @Override
    public OptionalLong freeBytes() {
        return OptionalLong.empty();
    }

    /** Starts an upload and aborts it: this proves the right to write and leaves nothing in a bucket that forbids deletion. */
    @Override
    public void check() throws IOException {
        list("check/");
        String key = prefix + "check/upload";
        String upload = attempt(
                "start an upload",
                () -> client.createMultipartUpload(
                                request -> request.bucket(bucket).key(key))
                        .uploadId());
        attempt(
                "abort an upload",
                () -> client.abortMultipartUpload(
                        request -> request.bucket(bucket).key(key).uploadId(upload)));
    }

    /** What is left over of a list without an end, the next sweep finds. */
    @Override
    public void sweep(String keyPrefix) throws IOException {
        long began = System.nanoTime();
        attempt("sweep " + keyPrefix, () -> {
            int swept = 0;
            for (ListMultipartUploadsResponse page : client.listMultipartUploadsPaginator(
                    request -> request.bucket(bucket).prefix(prefix + keyPrefix))) {
                for (MultipartUpload orphan : page.uploads()) {
                    if (++swept > MOST_UPLOADS || isOver(began)) {
                        return keyPrefix;
                    }
                    if (orphan.key() != null && orphan.key().startsWith(prefix) && orphan.uploadId() != null) {
                        client.abortMultipartUpload(request ->
                                request.bucket(bucket).key(orphan.key()).uploadId(orphan.uploadId()));
                    }
                }
                if (isOver(began)) {
                    return keyPrefix;
                }
            }
            return keyPrefix;
        });
    }

    @Override
    public void close() {
        client.close();
    }

    public S3Client client() {
        return client;
    }

    String bucket() {
        return bucket;
    }

    String objectKey(String key) {
        return prefix + key;
    }

    boolean exists(String key) throws IOException {
        return attempt("look for " + key, () -> {
            try {
                client.headObject(request -> request.bucket(bucket).key(prefix + key));
                return true;
            } catch (S3Exception e) {
                if (e.statusCode() == 404) {
                    return false;
                }
                throw e;
            }
        });
    }

    /** Runs a request; its failure becomes an {@link IOException} that says what could not be done, where, and how to fix it. */
    <T> T attempt(String what, Supplier<T> work) throws IOException {
        try {
            return work.get();
        } catch (AbortedException e) {
            throw (IOException) new InterruptedIOException("interrupted; could not " + what).initCause(e);
        } catch (StackOverflowError e) {
            throw new IOException(
                    "could not %s in bucket %s: the answer is nested too deeply to be read".formatted(what, bucket), e);
        } catch (SdkException e) {
            if (e instanceof S3Exception answered && "NoSuchKey".equals(code(answered))) {
                throw (IOException) new NoSuchFileException(what).initCause(e);
            }
            throw new IOException(
                    "could not %s in bucket %s: %s"
                            .formatted(
                                    what,
                                    bucket,
                                    e instanceof S3Exception answered
                                            ? answer(answered) + whatToDo(answered)
                                            : reason(e)),
                    e);
        }
    }

    /** Codes are words of the server's. */
    private static String answer(S3Exception e) {
        String code = HostileText.line(code(e));
        return ("HTTP " + e.statusCode() + " " + code.substring(0, Math.min(LONGEST_CODE, code.length()))).strip();
    }

    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.toString() : root.getMessage();
    }

    /** Returns the error code; empty if the answer had no readable body. */
    private static String code(S3Exception e) {
        String code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
        return code == null ? "" : code;
    }

    private String whatToDo(S3Exception e) {
        return switch (code(e)) {
            case "NoSuchBucket" -> ": create the bucket, or fix %s.bucket".formatted(setting);
            case "InvalidAccessKeyId", "SignatureDoesNotMatch" ->
                ": fix %s.access-key and secret-key".formatted(setting);
            case "AccessDenied" ->
                setting.equals(S3Connection.SETTING)
                        ? ": the key needs GetObject, PutObject, DeleteObject, ListBucket, AbortMultipartUpload"
                                + " and ListBucketMultipartUploads"
                        : ": the key needs GetObject and ListBucket";
            case "RequestTimeTooSkewed" -> ": set this machine's clock";
            case "PermanentRedirect", "AuthorizationHeaderMalformed" -> ": fix %s.region".formatted(setting);
            default -> "";
        };
    }
}
