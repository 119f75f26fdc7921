package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.backup.BackupFixture;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.RestoreRequest;
import dev.sidecar.backup.Verification;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.TroubledStore;
import dev.sidecar.support.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is to be encrypted is never stored in clear, and what cannot be read says which key it needs. */
class EncryptionTest {

    private static final String SECRET_ROW = "a customer nobody else may see";

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void database() {
        database = server.createDatabase("encrypted");
        server.execute(
                database,
                "CREATE TABLE customer (name text)",
                "INSERT INTO customer VALUES ('%s')".formatted(SECRET_ROW));
        fixture = new BackupFixture(server, folder);
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
    }

    @Test
    void aHostWithoutTheSecretKeyTakesBackupsAndProvesTheirChecksums() {
        fixture.with("encryption.recipients", Keys.RECIPIENT);
        Backup backup = fixture.take(database);
        assertThat(backup.manifest().encryption().keyIds()).containsExactly(Keys.RECIPIENT);
        Backups backups = fixture.backups();
        Verification verification = backups.verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(verification.reached()).isEqualTo(VerificationLevel.L1);
        assertThat(verification.problems()).singleElement().asString().contains(Keys.RECIPIENT);
        assertThat(backups.plan(RestoreRequest.intoNew(backup.id(), "x")).obstacles())
                .singleElement()
                .asString()
                .contains(Keys.RECIPIENT)
                .contains("sidecar.backup.encryption.identity");
    }

    @Test
    void oneOfSeveralRecipientsIsEnough() {
        fixture.with("encryption.recipients", Keys.OTHER_RECIPIENT + "," + Keys.RECIPIENT)
                .with("encryption.identity", "# created: today\n# public key: x\n" + Keys.IDENTITY + "\n");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                        .held())
                .isTrue();
        assertThat(backups.checkKey()).isEmpty();
        assertThat(fixture.metric("sidecar_backup_key_ok")).isEqualTo("1.0");
    }

    @Test
    void aPassphraseServesToo() {
        fixture.with("encryption.passphrase", "correct horse battery staple");
        Backup backup = fixture.take(database);
        Backups backups = fixture.backups();
        assertThat(backups.verify(backup, VerificationLevel.L4, backups.progress())
                        .held())
                .isTrue();

        fixture.with("encryption.passphrase", "wrong");
        Verification wrong = fixture.backups().verify(backup, VerificationLevel.L4, backups.progress());
        assertThat(wrong.held()).isFalse();
        assertThat(wrong.reached()).isEqualTo(VerificationLevel.L1);
        assertThat(wrong.problems().toString()).contains("passphrase");
        assertThat(fixture.backups().get(backup.id()).isDamaged())
                .as("a wrong key is no damage")
                .isFalse();
    }

    /** The stock program reads it, so that nobody depends on us. */
    @Test
    void ageItselfReadsWhatIsStored() throws Exception {
        fixture.with("encryption.recipients", Keys.RECIPIENT);
        Backup backup = fixture.take(database);
        Path key = Files.writeString(folder.resolve("key.txt"), Keys.IDENTITY + "\n");
        Process age = new ProcessBuilder(
                        "sh",
                        "-c",
                        "age -d -i \"$1\" \"$2\" | zstd -dcq",
                        "sh",
                        key.toString(),
                        fixture.store
                                .resolve(backup.id() + "/database.dump.zst.age")
                                .toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String archive = new String(age.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(age.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(age.exitValue())
                .as("install age and zstd: apt-get install age zstd")
                .isZero();
        assertThat(archive).startsWith("PGDMP").contains(SECRET_ROW);
    }

    @Test
    void aKeyThatDoesNotFitStopsBackupsBeforeTheyBegin() throws Exception {
        fixture.with("encryption.recipients", Keys.RECIPIENT).with("encryption.identity", Keys.OTHER_IDENTITY);
        assertFailsWithNothingStored(Keys.RECIPIENT);
        assertThat(fixture.backups().checkKey()).isPresent();
        assertThat(fixture.metric("sidecar_backup_key_ok")).isEqualTo("0.0");
        assertThat(folder.toFile().listFiles((f, name) -> name.contains("key"))).isEmpty();
    }

    @Test
    void whatCannotBeEncryptedIsNotStoredInClear() throws Exception {
        fixture.with("encryption.recipients", "age1thisisnotakey");
        assertFailsWithNothingStored("encrypt");
    }

    @Test
    void anEncryptionThatBreaksInTheMiddleLeavesNothing() throws Exception {
        fixture.with("encryption.recipients", Keys.RECIPIENT);
        Store broken = TroubledStore.failing(
                new LocalStore(fixture.store), key -> key.contains("database.dump"), "the cipher broke");
        Backups backups = fixture.backups(broken);
        assertThatThrownBy(() -> backups.take(fixture.request(database), backups.progress()))
                .isInstanceOf(BackupFailure.class);
        assertThat(fixture.stored()).isEmpty();
    }

    @Test
    void nothingSecretIsPrintedByErrorsAndSettings() {
        fixture.with("encryption.recipients", Keys.RECIPIENT).with("encryption.identity", "AGE-SECRET-KEY-1BROKEN");
        Backups backups = fixture.backups();
        assertThatThrownBy(() -> backups.take(fixture.request(database), backups.progress()))
                .satisfies(e -> assertThat(stack(e)).doesNotContain("BROKEN").doesNotContain(server.password()));
        assertThat(fixture.properties().toString()).doesNotContain("BROKEN").doesNotContain(server.password());
    }

    private static String stack(Throwable e) {
        java.io.StringWriter text = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }

    private void assertFailsWithNothingStored(String message) throws Exception {
        Backups backups = fixture.backups();
        assertThatThrownBy(() -> backups.take(fixture.request(database), backups.progress()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.ENCRYPTION))
                .hasMessageContaining(message);
        assertThat(fixture.stored()).isEmpty();
        assertThat(backups.list()).isEqualTo(List.of());
    }
}
