package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.sets.Backup;
import dev.sidecar.sets.Keys;
import dev.sidecar.sets.TestSets;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stored set that is no longer what it was is never called good. */
class DamageTest {

    /** age encrypts in chunks of 64 KiB, each with 16 bytes of its own; the header's length is found in the file. */
    private static final int CHUNK = 65_536 + 16;

    private static final PostgresServer SERVER = PostgresServer.shared();

    @TempDir
    private static Path folder;

    private static BackupFixture fixture;
    private static Backup backup;
    private static String database;
    private static final List<Path> FILES = new ArrayList<>();
    private static final List<byte[]> CONTENTS = new ArrayList<>();

    @BeforeAll
    static void takeOne() throws IOException {
        database = SERVER.createDatabase("damage");
        SERVER.execute(
                database, "CREATE TABLE noise AS SELECT md5(random()::text) AS text FROM generate_series(1, 20000)");
        fixture = new BackupFixture(SERVER, folder)
                .with("encryption.recipients", Keys.RECIPIENT)
                .with("encryption.identity", Keys.IDENTITY);
        backup = fixture.take(database);
        try (Stream<Path> files = Files.list(fixture.store.resolve(backup.id().toString()))) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                FILES.add(file);
                CONTENTS.add(Files.readAllBytes(file));
            }
        }
        assertThat(FILES).hasSize(10);
    }

    @AfterAll
    static void drop() {
        SERVER.dropDatabase(database);
    }

    @BeforeEach
    void makeWhole() throws IOException {
        for (int i = 0; i < FILES.size(); i++) {
            Files.write(FILES.get(i), CONTENTS.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {200, 1978})
    void aSingleFlippedBitAnywhereIsFound(long seed) throws IOException {
        Random random = new Random(seed);
        int flips = 0;
        for (int file = 0; file < FILES.size(); file++) {
            byte[] whole = CONTENTS.get(file);
            for (int i = 0; i < 50; i++) {
                byte[] flipped = whole.clone();
                // Half of them where headers, keys and checksums are.
                int at = i % 2 == 0 ? random.nextInt(whole.length) : random.nextInt(Math.min(200, whole.length));
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(FILES.get(file), flipped);
                assertThat(isTaken())
                        .as("bit flipped at %d of %s", at, FILES.get(file))
                        .isFalse();
                flips++;
            }
            Files.write(FILES.get(file), whole);
        }
        assertThat(flips).isEqualTo(500);
        assertThat(isTaken()).as("the whole set").isTrue();
    }

    @Test
    void decodingAloneWouldFindItToo() throws IOException {
        Random random = new Random(3);
        Backups backups = fixture.backups();
        byte[] whole = CONTENTS.get(index("database.dump"));
        for (int i = 0; i < 10; i++) {
            byte[] flipped = whole.clone();
            flipped[random.nextInt(whole.length)] ^= 1;
            Files.write(FILES.get(index("database.dump")), flipped);
            Verification found = backups.verify(backup, VerificationLevel.L2, backups.progress());
            assertThat(found.reached()).isNull();
            assertThat(found.problems()).singleElement().asString().contains("database.dump.zst.age");
        }
        assertThat(backups.get(backup.id()).isDamaged()).isTrue();
        assertThat(backups.latest(database)).isEmpty();
        assertThat(backups.plan(RestoreRequest.intoNew(backup.id(), "x")).isPossible())
                .isFalse();
        assertThat(fixture.metric("sidecar_backup_last_verification_success{database=\"%s\"".formatted(database)))
                .isEqualTo("0.0");

        makeWhole();
        assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                        .held())
                .isTrue();
        assertThat(backups.get(backup.id()).isDamaged()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one byte", "half", "a chunk", "all"})
    void aFileThatIsCutOffIsFound(String cut) throws IOException {
        for (int file = 0; file < FILES.size(); file++) {
            byte[] whole = CONTENTS.get(file);
            int header = whole.length % CHUNK;
            int length = switch (cut) {
                case "one byte" -> whole.length - 1;
                case "half" -> whole.length / 2;
                case "a chunk" -> Math.max(0, Math.min(whole.length - 1, header + CHUNK));
                default -> 0;
            };
            Files.write(FILES.get(file), java.util.Arrays.copyOf(whole, length));
            assertThat(isTaken()).as("%s cut to %d", FILES.get(file), length).isFalse();
            Files.write(FILES.get(file), whole);
        }
    }

    @Test
    void aMissingFileIsFound() throws IOException {
        for (int file = 0; file < FILES.size(); file++) {
            Files.delete(FILES.get(file));
            assertThat(isTaken()).isFalse();
            Files.write(FILES.get(file), CONTENTS.get(file));
        }
    }

    /** Listed and found whole by a checksum read from storage. */
    private static boolean isTaken() {
        Backups backups = fixture.backups();
        Verifier verifier = new Verifier(
                fixture.properties(), fixture.tools(TestSets.catalogue(List.of(new LocalStore(fixture.store)))));
        return backups.list().stream()
                .filter(listed -> listed.id().equals(backup.id()))
                .anyMatch(listed -> {
                    try {
                        return verifier.verify(listed, VerificationLevel.L1, backups.progress())
                                .held();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
    }

    private static int index(String name) {
        for (int i = 0; i < FILES.size(); i++) {
            if (FILES.get(i).getFileName().toString().startsWith(name)) {
                return i;
            }
        }
        throw new AssertionError(name);
    }
}
