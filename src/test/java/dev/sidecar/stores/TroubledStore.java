package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/** A directory that fills up, breaks or stops responding at a chosen moment. */
public final class TroubledStore implements Store {

    private final Store real;
    private final Predicate<String> keys;
    private final String trouble;
    public final CountDownLatch reached = new CountDownLatch(1);
    public final CountDownLatch release = new CountDownLatch(1);

    private TroubledStore(Store real, Predicate<String> keys, String trouble) {
        this.real = real;
        this.keys = keys;
        this.trouble = trouble;
    }

    /** Fails as soon as something is written to such a key. */
    public static TroubledStore failing(Store real, Predicate<String> keys, String message) {
        return new TroubledStore(real, keys, message);
    }

    /** Stops at the first write to such a key until released. */
    public static TroubledStore stalling(Store real, Predicate<String> keys) {
        return new TroubledStore(real, keys, null);
    }

    @Override
    public Upload create(String key) throws IOException {
        Upload upload = real.create(key);
        return !keys.test(key)
                ? upload
                : new Upload() {
                    @Override
                    public int write(ByteBuffer bytes) throws IOException {
                        reached.countDown();
                        if (trouble != null) {
                            throw new IOException(trouble);
                        }
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            throw new IOException("interrupted while it stood still", e);
                        }
                        return upload.write(bytes);
                    }

                    @Override
                    public void publish() throws IOException {
                        upload.publish();
                    }

                    @Override
                    public boolean isOpen() {
                        return upload.isOpen();
                    }

                    @Override
                    public void close() throws IOException {
                        upload.close();
                    }
                };
    }

    @Override
    public String name() {
        return real.name();
    }

    @Override
    public InputStream open(String key) throws IOException {
        return real.open(key);
    }

    @Override
    public List<Stored> list(String prefix) throws IOException {
        return real.list(prefix);
    }

    @Override
    public boolean delete(String key) throws IOException {
        return real.delete(key);
    }

    @Override
    public OptionalLong freeBytes() throws IOException {
        return real.freeBytes();
    }

    @Override
    public void check() throws IOException {
        real.check();
    }

    @Override
    public void sweep(String prefix) throws IOException {
        real.sweep(prefix);
    }
}
