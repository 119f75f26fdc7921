package dev.sidecar.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest extends StoreContract {

    @TempDir
    private Path directory;

    private LocalStore store;

    @BeforeEach
    void open() {
        store = new LocalStore(directory.resolve("backups"));
    }

    @Override
    Store store() {
        return store;
    }

    @Override
    void assertNothingIsLeft() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files.filter(Files::isRegularFile))
                    .noneMatch(file -> file.toString().endsWith(".part"));
        }
    }

    @Test
    void onlyTheOwnerMayReadWhatHoldsEverybodysRows() throws IOException {
        store(SET + "database.dump.zst", "rows");

        Path file = directory.resolve("backups").resolve(SET + "database.dump.zst");
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
    }

    /** Whoever can write to the folder of backups reads no file of ours by it, and no run of ours waits for him. */
    @Test
    void aLinkOrAPipeInThePlaceOfAFileIsNotThere() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "a secret");
        store(SET + "manifest.json", "{}");
        Path set = directory.resolve("backups").resolve(SET);
        Files.createSymbolicLink(set.resolve("SHA256SUMS"), secret);
        assertThat(new ProcessBuilder("mkfifo", set.resolve("rows").toString())
                        .start()
                        .waitFor())
                .isZero();

        assertThat(store.list(SET)).extracting(Store.Stored::key).containsExactly(SET + "manifest.json");
        for (String name : List.of("SHA256SUMS", "rows")) {
            assertThatThrownBy(() -> store.open(SET + name).close()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aLinkInThePlaceOfASetIsNotWrittenThroughAndNotReadThrough() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("token"), "a secret");
        Files.createDirectory(directory.resolve("backups"));
        Files.createSymbolicLink(directory.resolve("backups").resolve(SET.replace("/", "")), elsewhere);

        assertThatThrownBy(() -> store(SET + "manifest.json", "{}")).hasMessageContaining("is a link");
        assertThatThrownBy(() -> store.open(SET + "token").close()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.delete(SET + "token")).hasMessageContaining("is a link");
        assertThat(elsewhere).isDirectoryContaining("glob:**/token").isNotEmptyDirectory();
        assertThat(elsewhere.resolve("manifest.json")).doesNotExist();
    }

    @Test
    void moreFilesThanAnySetsHaveAreNotListed() throws IOException {
        LocalStore small = new LocalStore(directory.resolve("backups"), 3);
        for (int i = 0; i < 3; i++) {
            store(SET + i, "");
        }
        assertThat(small.list("")).hasSize(3);
        store(SET + "4", "");

        assertThatThrownBy(() -> small.list("")).hasMessageContaining("holds more than 3 files");
    }
}
