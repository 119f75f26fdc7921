package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.backup.BackupFixture;
import dev.sidecar.backup.Backups;
import dev.sidecar.backup.RestoreRequest;
import dev.sidecar.backup.Verification;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.EncryptedWith;
import dev.sidecar.stores.LocalStore;
import dev.sidecar.stores.Store;
import dev.sidecar.stores.TroubledStore;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.text.Limited;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

    /** The sizes are those at which a part ends: the last one is marked, and a file that was cut there must not pass for a whole one. */
    @Test
    void filesWithAPassphraseShareAHeaderAndNothingElse() throws Exception {
        Encryption encryption = TestSets.encryption(Map.of("encryption.passphrase", "correct horse battery staple"));
        EncryptedWith with = encryption.description();
        List<byte[]> sealed = new ArrayList<>();
        for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 131_072, 200_000}) {
            byte[] clear = new byte[size];
            byte[] file = seal(encryption, clear);
            assertThat(Limited.whole(encryption.decrypt(new ByteArrayInputStream(file), with), size))
                    .as("%d bytes", size)
                    .isEqualTo(clear);
            int parts = Math.max(1, (size + 65_535) / 65_536);
            assertThat(file.length - headerOf(file).length()).isEqualTo(16 + size + 16 * parts);
            if (parts > 1) {
                int end = file.length - (size - 65_536 * (parts - 1)) - 16;
                assertThatThrownBy(() -> encryption
                                .decrypt(new ByteArrayInputStream(Arrays.copyOf(file, end)), with)
                                .readAllBytes())
                        .as("%d bytes, cut after a part", size)
                        .isInstanceOf(IOException.class);
            }
            sealed.add(file);
        }
        assertThat(sealed.stream().map(EncryptionTest::headerOf).distinct())
                .as("a header each would stretch the passphrase for each file")
                .hasSize(1);
        byte[] first = seal(encryption, new byte[100]);
        byte[] second = seal(encryption, new byte[100]);
        int nonce = headerOf(first).length();
        assertThat(Arrays.copyOfRange(first, nonce, first.length))
                .isNotEqualTo(Arrays.copyOfRange(second, nonce, second.length));
        assertThat(Arrays.copyOfRange(first, nonce + 16, nonce + 48))
                .as("each file has a key of its own")
                .isNotEqualTo(Arrays.copyOfRange(second, nonce + 16, nonce + 48));
        assertThat(headerOf(seal(
                        TestSets.encryption(Map.of("encryption.passphrase", "correct horse battery staple")),
                        new byte[1])))
                .isNotEqualTo(headerOf(first));
    }

    /** age asks for a passphrase on a terminal only. */
    private static final String TYPED = """
            import os, pty, sys
            child, terminal = pty.fork()
            if child == 0:
                os.execvp("age", ["age", "-d", "-o", sys.argv[2], sys.argv[1]])
            said = b""
            while b"passphrase" not in said:
                said += os.read(terminal, 1000)
            os.write(terminal, b"correct horse battery staple\\n")
            try:
                while os.read(terminal, 1000):
                    pass
            except OSError:
                pass
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """;

    @Test
    void ageItselfReadsWhatAPassphraseSealed() throws Exception {
        Encryption encryption = TestSets.encryption(Map.of("encryption.passphrase", "correct horse battery staple"));
        byte[] clear = "a line\n".repeat(30_000).getBytes(StandardCharsets.US_ASCII);
        seal(encryption, new byte[1]);
        Path second = Files.write(folder.resolve("second.age"), seal(encryption, clear));
        Path read = folder.resolve("second");
        Process age = new ProcessBuilder("python3", "-c", TYPED, second.toString(), read.toString())
                .inheritIO()
                .start();
        assertThat(age.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(age.exitValue()).isZero();
        assertThat(read).hasBinaryContent(clear);
    }

    private static byte[] seal(Encryption encryption, byte[] clear) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (WritableByteChannel channel = encryption.encrypt(Channels.newChannel(file))) {
            ByteBuffer bytes = ByteBuffer.wrap(clear);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        return file.toByteArray();
    }

    /** The lines of text up to the one that holds the header's code. */
    private static String headerOf(byte[] file) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        return text.substring(0, text.indexOf('\n', text.indexOf("\n--- ") + 1) + 1);
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
