package dev.sidecar.sets;

import static dev.sidecar.sets.SampleBackups.published;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.stores.LocalStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever can write to a store may put anything there: it costs the catalogue no more memory than it has, and no other set. */
class CatalogueLimitsTest {

    @TempDir
    private Path folder;

    private LocalStore store;
    private Catalogue catalogue;
    private Backup good;

    @BeforeEach
    void publishAGoodOne() throws IOException {
        store = new LocalStore(folder);
        catalogue = new Catalogue(List.of(store));
        good = published("app", Generation.DAILY, "2026-11-26T02:00:00Z");
        SampleBackups.store(good, store);
    }

    @Test
    void aManifestLargerThanMemoryIsLeftOut() throws IOException {
        sparse(folder.resolve("app-20261127T020000Z-daily/manifest.json"));

        assertThat(catalogue.list()).containsExactly(good);
    }

    @Test
    void anEventLargerThanMemoryLeavesItsSetOutAndNoOther() throws IOException {
        Backup other = published("app", Generation.DAILY, "2026-11-27T02:00:00Z");
        SampleBackups.store(other, store);
        assertThat(catalogue.list()).containsExactly(other, good);

        sparse(folder.resolve(other.id() + "/events/20261127T030000000Z-verified-0000.json"));

        assertThat(catalogue.list()).containsExactly(good);
    }

    /** Takes no room on the disk, and more than the whole heap when it is read. */
    private static void sparse(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength(Math.min(Runtime.getRuntime().maxMemory() * 2, 64L << 30));
        }
    }
}
