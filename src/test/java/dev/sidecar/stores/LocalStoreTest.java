package dev.sidecar.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
