package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

final class BucketSource implements Source {

    private final S3Store bucket;

    BucketSource(S3Store bucket) {
        this.bucket = bucket;
    }

    @Override
    public List<Found> list() throws IOException {
        List<Found> files = bucket.found(MOST_FILES + 1L);
        if (files.size() > MOST_FILES) {
            throw new IOException(
                    "bucket %s holds more than %d files under its prefix".formatted(bucket.bucket(), MOST_FILES));
        }
        return files;
    }

    @Override
    public InputStream open(String key) throws IOException {
        return bucket.open(key);
    }

    @Override
    public void close() {
        bucket.close();
    }
}
