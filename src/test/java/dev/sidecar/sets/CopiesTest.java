package dev.sidecar.sets;

import static dev.sidecar.sets.Generation.DAILY;
import static dev.sidecar.sets.Generation.WEEKLY;
import static dev.sidecar.sets.SampleBackups.verified;
import static dev.sidecar.sets.SampleBackups.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupEvent.Type;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.StoreThat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopiesTest {

    @TempDir
    private Path directory;

    private final Progress progress = new Progress(Clock.systemUTC());
    private LocalStore local;
    private Store bucket;

    @BeforeEach
    void open() {
        local = new LocalStore(directory.resolve("local"));
        bucket = named("s3", new LocalStore(directory.resolve("s3")));
    }

    @Test
    void everySetThatIsMissingIsCopiedWhole() throws IOException {
        Backup older = verified("shop", DAILY, "2026-11-22T02:00:00Z");
        Backup newer = verified("shop", DAILY, "2026-11-23T02:00:00Z");
        SampleBackups.store(older, local);
        SampleBackups.store(newer, local);

        List<Backup> copies = new Copies(catalogue(bucket)).complete("shop", progress);

        assertThat(copies).extracting(Backup::id).containsExactlyInAnyOrder(older.id(), newer.id());
        assertThat(bucket.list(newer.id() + "/"))
                .extracting(Store.Stored::key)
                .hasSameElementsAs(local.list(newer.id() + "/").stream()
                        .map(Store.Stored::key)
                        .filter(key -> !key.contains("/events/"))
                        .toList())
                .contains(newer.id() + "/database.dump.zst", newer.id() + "/manifest.json");
        assertThat(new Copies(catalogue(bucket)).complete("shop", progress)).isEmpty();
    }

    @Test
    void aCopyProvesNothingUntilItIsReadAgain() throws IOException {
        SampleBackups.store(verified("shop", DAILY, "2026-11-23T02:00:00Z"), local);

        new Copies(catalogue(bucket)).complete("shop", progress);

        assertThat(catalogue(bucket).list(bucket).get(0).level()).contains(VerificationLevel.L0);
    }

    @Test
    void whatMustNotExpireMustNotExpireThereEither() throws IOException {
        SampleBackups.store(with(verified("shop", DAILY, "2026-11-23T02:00:00Z"), Type.PINNED), local);

        new Copies(catalogue(bucket)).complete("shop", progress);

        assertThat(catalogue(bucket).list(bucket).get(0).isPinned()).isTrue();
    }

    @Test
    void whatExpiredThereIsNotCopiedAgain() throws IOException {
        Backup expiredThere = verified("shop", DAILY, "2026-11-16T02:00:00Z");
        Backup newer = verified("shop", DAILY, "2026-11-23T02:00:00Z");
        Backup week = verified("shop", WEEKLY, "2026-11-15T03:00:00Z");
        SampleBackups.store(expiredThere, local);
        SampleBackups.store(newer, local);
        SampleBackups.store(newer, bucket);
        SampleBackups.store(week, local);

        assertThat(new Copies(catalogue(bucket)).complete("shop", progress))
                .extracting(Backup::id)
                .containsExactly(week.id());
    }

    @Test
    void onlySetsOfTheVeryDatabaseAreCopied() throws IOException {
        SampleBackups.store(verified("shop-test", DAILY, "2026-11-23T02:00:00Z"), local);

        assertThat(new Copies(catalogue(bucket)).complete("shop", progress)).isEmpty();
    }

    /** Whoever can write to the first store and read the second would otherwise read any file of ours. */
    @Test
    void aLinkInThePlaceOfASignatureIsNotCopied() throws IOException {
        Backup backup = verified("shop", DAILY, "2026-11-23T02:00:00Z");
        SampleBackups.store(backup, local);
        Path secret = Files.writeString(directory.resolve("password"), "a secret");
        Path sums = directory.resolve("local").resolve(backup.id() + "/" + Signatures.SUMS);
        Files.delete(sums);
        Files.createSymbolicLink(sums, secret);

        new Copies(catalogue(bucket)).complete("shop", progress);

        assertThat(bucket.list(backup.id() + "/"))
                .extracting(Store.Stored::key)
                .isNotEmpty()
                .doesNotContain(backup.id() + "/" + Signatures.SUMS);
    }

    @Test
    void aDamagedOriginalIsNotSpread() throws IOException {
        Backup backup = verified("shop", DAILY, "2026-11-23T02:00:00Z");
        SampleBackups.store(backup, local);
        Path file = directory.resolve("local").resolve(backup.id() + "/database.dump.zst");
        byte[] bytes = Files.readAllBytes(file);
        bytes[500] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> new Copies(catalogue(bucket)).complete("shop", progress))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.DAMAGED));
        assertThat(bucket.list("")).isEmpty();
    }

    @Test
    void aStoreThatFailsHalfwayGetsNoManifestAndTheNextRunMakesUpForIt() throws IOException {
        Backup backup = verified("shop", DAILY, "2026-11-23T02:00:00Z");
        SampleBackups.store(backup, local);
        Store full = new StoreThat(bucket) {
            @Override
            public Upload create(String key) throws IOException {
                Upload upload = super.create(key);
                return new Upload() {
                    @Override
                    public int write(ByteBuffer source) throws IOException {
                        throw new IOException("no space left on device");
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
        };

        assertThatThrownBy(() -> new Copies(catalogue(full)).complete("shop", progress))
                .hasMessage("Cannot copy " + backup.id() + " to 's3', the next run tries again:"
                        + " no space left on device");
        assertThat(bucket.list("")).isEmpty();

        assertThat(new Copies(catalogue(bucket)).complete("shop", progress)).hasSize(1);
    }

    @Test
    void aStoreThatIsAwayDoesNotKeepTheOthersFromTheirCopies() throws IOException {
        SampleBackups.store(verified("shop", DAILY, "2026-11-23T02:00:00Z"), local);
        Store away = new StoreThat(named("away", bucket)) {
            @Override
            public List<Stored> list(String prefix) throws IOException {
                throw new IOException("connection refused");
            }
        };

        assertThatThrownBy(() -> new Copies(catalogue(away, bucket)).complete("shop", progress))
                .hasMessageContaining("connection refused");
        assertThat(catalogue(bucket).list(bucket)).hasSize(1);
    }

    private Catalogue catalogue(Store... further) {
        List<Store> stores = new java.util.ArrayList<>(List.of(local));
        stores.addAll(List.of(further));
        return TestSets.catalogue(stores);
    }

    private static Store named(String name, Store store) {
        return new StoreThat(store) {
            @Override
            public String name() {
                return name;
            }
        };
    }
}
