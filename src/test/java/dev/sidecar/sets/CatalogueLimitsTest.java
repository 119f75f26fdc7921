package dev.sidecar.sets;

import static dev.sidecar.sets.SampleBackups.published;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.stores.LocalStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
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
        catalogue = TestSets.catalogue(List.of(store));
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

    /** With the smallest heap that anybody would give it. */
    @Test
    void theManifestOfAHundredThousandTablesIsRead() {
        Manifest one = good.manifest();
        List<Manifest.Table> tables = IntStream.range(0, 100_000)
                .mapToObj(
                        i -> new Manifest.Table("some_schema", "a_table_with_a_name_" + i, 1_000L, 81_920, null, true))
                .toList();
        Manifest manifest = new Manifest(
                1,
                one.id(),
                one.slot(),
                one.startedAt(),
                one.finishedAt(),
                one.server(),
                one.client(),
                one.compression(),
                null,
                one.files(),
                new Manifest.Contents(tables, List.of(), 0, List.of(), List.of(), List.of()));

        assertThat(ManifestFile.write(manifest).length).isLessThan(32 << 20);
    }

    /** Takes no room on the disk, and more than the whole heap when it is read. */
    private static void sparse(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
            large.setLength(Math.min(Runtime.getRuntime().maxMemory() * 2, 64L << 30));
        }
    }
}
