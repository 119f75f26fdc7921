package dev.sidecar.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.stores.Store.Stored;
import dev.sidecar.stores.Store.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Holds every store to its contract, whatever it is made of. */
abstract class StoreContract {

    static final String SET = "~d0~bf.20261123T020003Z.daily.7f3a90c1/";

    /** An empty one. */
    abstract Store store();

    @Test
    void whatIsPublishedIsReadBackAndListed() throws IOException {
        store(SET + "manifest.json", "what it is");

        assertThat(read(SET + "manifest.json")).asString().isEqualTo("what it is");
        assertThat(store().list("")).containsExactly(new Stored(SET + "manifest.json", 10));
    }

    @Test
    void anEmptyFileIsAFile() throws IOException {
        store(SET + "empty", "");

        assertThat(read(SET + "empty")).isEmpty();
        assertThat(store().list(SET)).containsExactly(new Stored(SET + "empty", 0));
    }

    @Test
    void aLargeFileKeepsEveryByte() throws IOException {
        byte[] content = random(12_345_678);

        store(SET + "database.dump.zst", content);

        assertThat(read(SET + "database.dump.zst")).isEqualTo(content);
        assertThat(store().list(SET)).extracting(Stored::size).containsExactly(12_345_678L);
    }

    @Test
    void nothingIsSeenBeforeItIsPublished() throws IOException {
        try (Upload upload = store().create(SET + "database.dump.zst")) {
            write(upload, random(12_345_678));

            assertThat(store().list("")).isEmpty();
            assertThatThrownBy(() -> read(SET + "database.dump.zst")).isInstanceOf(NoSuchFileException.class);

            upload.publish();
            assertThat(store().list("")).hasSize(1);
        }
        assertThat(store().list("")).hasSize(1);
    }

    @Test
    void whatIsClosedUnpublishedLeavesNoTrace() throws IOException {
        for (int size : new int[] {0, 10, 12_345_678}) {
            try (Upload upload = store().create(SET + "half")) {
                write(upload, random(size));
            }
        }

        assertThat(store().list("")).isEmpty();
        assertNothingIsLeft();
    }

    @Test
    void aNameIsNeverUsedTwice() throws IOException {
        store(SET + "manifest.json", "the first");

        assertThatThrownBy(() -> store(SET + "manifest.json", "the second"))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(read(SET + "manifest.json")).asString().isEqualTo("the first");
    }

    @Test
    void whatIsDeletedIsGoneAndDeletingItAgainIsNoError() throws IOException {
        store(SET + "a", "1");
        store(SET + "b", "2");

        assertThat(store().delete(SET + "a")).isTrue();
        assertThat(store().delete(SET + "a")).isTrue();

        assertThat(store().list("")).extracting(Stored::key).containsExactly(SET + "b");
        assertThatThrownBy(() -> read(SET + "a")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void listsByPrefixInTheOrderOfKeys() throws IOException {
        store("app-test.20261123T020003Z.daily.00000001/manifest.json", "x");
        store("app.20261123T020003Z.daily.00000002/manifest.json", "x");
        store("app.20261123T020003Z.daily.00000002/events/1.json", "x");

        assertThat(store().list("app."))
                .extracting(Stored::key)
                .containsExactly(
                        "app.20261123T020003Z.daily.00000002/events/1.json",
                        "app.20261123T020003Z.daily.00000002/manifest.json");
        assertThat(store().list("ap.")).isEmpty();
    }

    @Test
    void checkingLeavesNothing() throws IOException {
        store().check();

        assertThat(store().list("")).isEmpty();
        assertNothingIsLeft();
    }

    @Test
    void sweepingRemovesWhatWasNeverPublishedAndNothingElse() throws IOException {
        store(SET + "manifest.json", "published");
        Upload forgotten = store().create(SET + "database.dump.zst");
        write(forgotten, random(6_000_000));

        store().sweep(SET);

        assertThat(store().list("")).extracting(Stored::key).containsExactly(SET + "manifest.json");
        assertNothingIsLeft();
    }

    /** Besides what is published; seen from the outside where the contract cannot see it. */
    void assertNothingIsLeft() throws IOException {}

    final void store(String key, String content) throws IOException {
        store(key, content.getBytes(StandardCharsets.UTF_8));
    }

    final void store(String key, byte[] content) throws IOException {
        try (Upload upload = store().create(key)) {
            write(upload, content);
            upload.publish();
        }
    }

    static void write(Upload upload, byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
            int limit = Math.min(bytes.position() + 100_000, content.length);
            upload.write(bytes.limit(limit));
            bytes.limit(content.length);
        }
    }

    final byte[] read(String key) throws IOException {
        try (InputStream in = store().open(key)) {
            return in.readAllBytes();
        }
    }

    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }
}
