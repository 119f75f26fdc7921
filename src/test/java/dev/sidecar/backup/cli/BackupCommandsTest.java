package dev.sidecar.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.commands.Commands;
import dev.sidecar.support.PostgresServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command line as an operator uses it, on real databases: what it prints, and its exit codes. */
@ExtendWith(OutputCaptureExtension.class)
class BackupCommandsTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final PostgresServer server = PostgresServer.shared();
    private final List<String> properties = new ArrayList<>();

    @TempDir
    private Path folder;

    private String database;

    @BeforeEach
    void settings() {
        database = server.createDatabase("operated");
        server.execute(
                database,
                "CREATE TABLE product (id int PRIMARY KEY, name text)",
                "INSERT INTO product SELECT i, 'product ' || i FROM generate_series(1, 500) i");
        Map.of(
                        "server.host", server.host(),
                        "server.port", Integer.toString(server.port()),
                        "server.user", server.user(),
                        "server.password", server.password(),
                        "server.programs", server.programs().toString(),
                        "server.databases", database,
                        "directory", folder.resolve("backups").toString(),
                        "signing.directory", folder.resolve("keys").toString())
                .forEach(this::set);
    }

    /** The machine is lost; what is left is the folder, and the public key that a person kept. */
    @Test
    void aNewMachineRestoresWithThePublicKeyOrAPersonsWord(CapturedOutput output) throws IOException {
        assertThat(run("backup", "--no-verify")).as(output.getErr()).isZero();
        String id = id();
        assertThat(run("key")).isZero();
        String printed = output.getOut();
        Path key = Files.writeString(
                folder.resolve("kept.pub"), printed.substring(printed.indexOf("-----BEGIN PUBLIC KEY-----")));
        set("signing.directory", folder.resolve("new machine").toString());

        assertThat(run("list")).isZero();
        assertThat(output.getErr()).contains("REFUSED " + id).contains("--public-key");
        assertThat(run("verify", id)).isEqualTo(BackupShell.REFUSED);
        assertThat(run("restore", id, "--into", database + "_no")).isEqualTo(BackupShell.REFUSED);
        assertThat(run("restore", "--into", database + "_no")).isEqualTo(BackupShell.NOT_FOUND);
        assertThat(run("restore", id, "--into", database + "_no", "--public-key", "/none"))
                .isEqualTo(BackupShell.USAGE);

        assertThat(run("restore", "latest", "--into", database + "_key", "--public-key", key.toString()))
                .as(output.getErr())
                .isZero();
        assertThat(server.query(database + "_key", "SELECT count(*) FROM product"))
                .containsExactly("500");

        assertThat(run("adopt")).isEqualTo(BackupShell.USAGE);
        assertThat(run("adopt", "nothing")).isEqualTo(BackupShell.NOT_FOUND);
        assertThat(typing("no\n", "adopt", "--all")).isEqualTo(BackupShell.NOT_CONFIRMED);
        assertThat(run("verify", id)).isEqualTo(BackupShell.REFUSED);
        assertThat(typing("adopt\n", "adopt", "--all")).isZero();
        assertThat(run("verify", id, "--level", "l1")).as(output.getErr()).isZero();
        assertThat(json(output, "list", "--json").get(0).path("standing").asString())
                .isEqualTo("adopted");
    }

    @Test
    void aCheckThatDoesNotHoldHasAnExitCodeOfItsOwnAndASuspectBackupIsNotTheLatestToRestore(CapturedOutput output)
            throws IOException {
        Path checks = Files.createDirectories(folder.resolve("checks").resolve(database));
        set("checks.directory", folder.resolve("checks").toString());
        Path check =
                Files.writeString(checks.resolve("products.sql"), "-- at least: 500\nSELECT count(*) FROM product");
        assertThat(run("backup")).as(output.getErr()).isZero();
        assertThat(output.getOut()).contains("Check products held: expected at least 500, found 500.");
        String whole = id();
        Files.writeString(check, "-- at least: 501\nSELECT count(*) FROM product");
        assertThat(run("backup")).isEqualTo(BackupShell.CHECK);

        assertThat(run("verify")).isEqualTo(BackupShell.CHECK);

        assertThat(output.getOut())
                .contains("Check products FAILED: expected at least 501, found 500.")
                .contains("SUSPECT, until you clear the mark");
        JsonNode listed = json(output, "list", "--json");
        assertThat(listed.get(0).path("suspect").asBoolean()).isTrue();
        assertThat(listed.get(0).path("damaged").asBoolean()).isFalse();
        assertThat(listed.get(0).path("checks").get(0).path("outcome").asString())
                .isEqualTo("FAILED");
        assertThat(run("restore", "latest", "--into", database + "_plan", "--plan"))
                .as(output.getErr())
                .isZero();
        assertThat(output.getErr()).contains("is suspect and was skipped");
        assertThat(output.getOut()).contains(whole);
    }

    @Test
    void aDatabaseThatIsGoneIsForgottenWithAReason(CapturedOutput output) {
        assertThat(run("backup", "--no-verify")).as(output.getErr()).isZero();
        assertThat(run("forget", database, "--why", "x")).isEqualTo(BackupShell.USAGE);
        assertThat(run("forget", "nobody", "--why", "x")).isEqualTo(BackupShell.NOT_FOUND);
        server.dropDatabase(database);
        assertThat(run("forget", database)).isEqualTo(BackupShell.USAGE);

        assertThat(run("forget", database, "--why", "it was sold"))
                .as(output.getErr())
                .isZero();

        assertThat(run("list")).isZero();
        assertThat(output.getErr()).contains("was forgotten: it was sold");
    }

    /** Accepting what is from before must not accept what somebody puts there now. */
    @Test
    void allDoesNotMeanWhatIsLaterThanTheFirstSignedOne(CapturedOutput output) throws IOException {
        assertThat(run("backup", "--no-verify")).as(output.getErr()).isZero();
        for (String stamp : List.of("20200101T020000Z", "20990101T020000Z")) {
            Path forged =
                    Files.createDirectories(folder.resolve("backups/" + database + "." + stamp + ".daily.00000000"));
            Files.writeString(forged.resolve("manifest.json"), "{}");
        }

        assertThat(run("adopt", "--all", "--yes")).isEqualTo(BackupShell.REFUSED);

        assertThat(output.getErr())
                .contains("left out: " + database + ".20990101T020000Z")
                .contains("Cannot adopt " + database + ".20200101T020000Z");
    }

    private String id() throws IOException {
        try (var sets = Files.list(folder.resolve("backups"))) {
            return sets.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("operated"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void set(String name, String value) {
        System.setProperty("sidecar.backup." + name, value);
        properties.add("sidecar.backup." + name);
    }

    @AfterEach
    void clear() {
        properties.forEach(System::clearProperty);
        server.query("postgres", "SELECT datname FROM pg_database WHERE datname LIKE '" + database + "%'")
                .forEach(server::dropDatabase);
    }

    @Test
    void takesListsProvesAndRestores(CapturedOutput output) throws IOException {
        assertThat(run("backup")).as(output.getErr()).isZero();
        assertThat(output.getOut())
                .contains("500 rows in 1 tables")
                .contains("L4 restored and equal to the manifest in 'local'");
        String id = Files.list(folder.resolve("backups"))
                .map(file -> file.getFileName().toString())
                .filter(name -> name.startsWith("operated"))
                .findFirst()
                .orElseThrow();

        JsonNode listed = json(output, "list", "--json");
        assertThat(listed.get(0).path("id").asString()).isEqualTo(id);
        assertThat(listed.get(0).path("level").asString()).isEqualTo("L4");

        JsonNode verified = json(output, "verify", "latest", "--level", "l2", "--json");
        assertThat(verified.path("reached").asString()).isEqualTo("L2");

        JsonNode restored = json(output, "restore", "latest", "--into", database + "_new", "--json");
        assertThat(restored.path("rows").asLong()).isEqualTo(500);
        assertThat(server.query(database + "_new", "SELECT count(*) FROM product"))
                .containsExactly("500");

        assertThat(run("restore", "latest", "--into", database + "_new")).isEqualTo(BackupShell.IMPOSSIBLE);
        assertThat(output.getErr()).contains("BLOCKER: ");

        assertThat(json(output, "expire", "--dry-run", "--json")
                        .path("decisions")
                        .get(0)
                        .path("reasons")
                        .get(0)
                        .asString())
                .isEqualTo("it was taken on demand and is kept until you delete it");

        damage(id);
        assertThat(run("verify", id)).isEqualTo(BackupShell.NOT_AS_MANIFEST);
        assertThat(run("restore", "latest")).isEqualTo(BackupShell.NOT_FOUND);
        assertThat(run("list")).isZero();
        assertThat(output.getOut()).contains("DAMAGED");
    }

    /** What vanished is what is wanted back: the newest backup is the one that no longer has it. */
    @Test
    void theLatestToRestoreIsNotTheSuspectOne(CapturedOutput output) {
        assertThat(run("backup", database, "--no-verify")).as(output.getErr()).isZero();
        server.execute(database, "DELETE FROM product WHERE id > 10");
        assertThat(run("backup", database, "--no-verify")).as(output.getErr()).isZero();

        JsonNode restored = json(output, "restore", "latest", "--into", database + "_new", "--json");

        assertThat(restored.path("rows").asLong()).isEqualTo(500);
        assertThat(output.getErr()).contains("is suspect and was skipped (").contains("product has 10 rows");
        String suspect = json(output, "list", "--json").get(0).path("id").asString();
        assertThat(run("restore", suspect, "--into", database + "_new2")).isZero();
        assertThat(output.getErr() + output.getOut()).contains("It is suspect: ");
        assertThat(server.query(database + "_new2", "SELECT count(*) FROM product"))
                .containsExactly("10");
    }

    @Test
    void replacesALiveDatabaseOnlyWhenItsNameIsTyped(CapturedOutput output) {
        assertThat(run("backup", database, "--no-verify")).as(output.getErr()).isZero();
        server.execute(database, "DELETE FROM product WHERE id > 10");

        assertThat(typing("no\n", "restore", "--replace", database)).isEqualTo(BackupShell.NOT_CONFIRMED);
        assertThat(server.query(database, "SELECT count(*) FROM product")).containsExactly("10");

        assertThat(typing(database + "\n", "restore", "--replace", database))
                .as("nobody has said what to do with what belongs to a superuser")
                .isEqualTo(BackupShell.NOT_CONFIRMED);
        assertThat(server.query(database, "SELECT count(*) FROM product")).containsExactly("10");
        assertThat(output.getErr()).contains("privileged: ownership by postgres");

        assertThat(typing(database + "\nprivileged\n", "restore", "--replace", database))
                .as(output.getErr())
                .isZero();
        assertThat(server.query(database, "SELECT count(*) FROM product")).containsExactly("500");
        assertThat(output.getOut()).contains("The replaced database is kept as '" + database);
    }

    @Test
    void tellsFailuresApartByTheirExitCodes(CapturedOutput output) {
        assertThat(run("verify")).isEqualTo(BackupShell.NOT_FOUND);
        assertThat(output.getErr()).contains("There is no backup yet; take one with 'sidecar backup'.");
        assertThat(run("verify", "no-id")).isEqualTo(BackupShell.NOT_FOUND);
        assertThat(run("restore", "--into", "a", "--replace", "b")).isEqualTo(BackupShell.USAGE);
        set("server.password", "wrong");
        assertThat(run("backup")).isEqualTo(BackupShell.FAILED);
        assertThat(output.getErr()).contains("password authentication failed").doesNotContain("Exception");
        set("server.host", "");
        assertThat(run("backup")).isEqualTo(BackupShell.USAGE);
        assertThat(output.getErr()).contains("SIDECAR_BACKUP_SERVER_HOST");
        set("slots.daily.keep", "0");
        assertThat(run("list")).isEqualTo(BackupShell.USAGE);
        assertThat(output.getErr()).contains("sidecar.backup.slots.daily.keep is '0', but it must be at least 1");
    }

    /** What is ignored without a word is what somebody meant. */
    @Test
    void optionsOfABackupAndOfAMomentDoNotMix(CapturedOutput output) {
        String moment = "2026-11-27 02:13:00+00";
        for (List<String> mixed : List.of(
                List.of("--to-time", moment, "--table", "public.product"),
                List.of("--to-time", moment, "--into", "other"),
                List.of("--to-time", moment, "--replace", "other"),
                List.of("--to-time", moment, "--json"),
                List.of("--to-lsn", "0/3000000", "--database", database),
                List.of("--latest", "latest"),
                List.of("--in-place"),
                List.of("--stay"),
                List.of("--set", "20261127-010000F"),
                List.of("--to-time", moment, "--latest"))) {
            List<String> all = new ArrayList<>(List.of("restore"));
            all.addAll(mixed);

            assertThat(run(all.toArray(String[]::new))).as("%s", mixed).isEqualTo(BackupShell.USAGE);
        }
        assertThat(output.getErr())
                .contains("--table applies to a logical backup")
                .contains("'sidecar pitr dump'")
                .contains("The id of a backup applies to a logical backup")
                .contains("--in-place goes with --to-time, --to-lsn or --latest");
    }

    @Test
    void helpDocumentsTheExitCodes(CapturedOutput output) {
        assertThat(run("restore", "--help")).isZero();
        assertThat(output.getOut())
                .containsSubsequence(
                        "Exit codes:",
                        "0   done",
                        "1   failed",
                        "2   wrong usage",
                        "3   a backup differs from its manifest",
                        "4   backup not found",
                        "5   another run is using this database",
                        "6   the restore is not possible; nothing was changed",
                        "7   not confirmed; nothing was changed");
    }

    private int run(String... arguments) {
        return typing("", arguments);
    }

    /** With an input that ends behind the line; that of the test's own process belongs to who started the test. */
    private int typing(String line, String... arguments) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)));
        try {
            return Commands.run(SidecarApplication.class, arguments);
        } finally {
            System.setIn(before);
        }
    }

    private JsonNode json(CapturedOutput output, String... arguments) {
        int before = output.getOut().length();
        assertThat(run(arguments)).as(output.getErr()).isZero();
        return JSON.readTree(output.getOut().substring(before));
    }

    private void damage(String id) throws IOException {
        Path file = folder.resolve("backups").resolve(id).resolve("database.dump.zst");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }
}
