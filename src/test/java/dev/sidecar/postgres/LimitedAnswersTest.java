package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.postgres.ContentsReader.Digesting;
import dev.sidecar.sets.Manifest.Table;
import dev.sidecar.support.PostgresServer;
import dev.sidecar.support.TestCertificate;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.copy.CopyOut;

/** Whoever owns a database decides how long its rows and texts are, and must not decide how much memory the sidecar needs. */
class LimitedAnswersTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final int LONG = 3 * LimitedAnswers.PIECE + 17;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8192, 1 << 20})
    void aLongRowOfCopyComesInPiecesAndAllElseAsItWas(int atOnce) throws IOException {
        byte[] copied = "c".repeat(LONG).getBytes(StandardCharsets.US_ASCII);
        byte[] row = "r".repeat(LONG).getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(sent);
        for (Map.Entry<Character, byte[]> message : List.of(
                Map.entry('R', new byte[4]),
                Map.entry('d', copied),
                Map.entry('c', new byte[0]),
                Map.entry('d', new byte[] {'\n'}),
                Map.entry('D', row),
                Map.entry('Z', new byte[1]))) {
            out.writeByte(message.getKey());
            out.writeInt(message.getValue().length + 4);
            out.write(message.getValue());
        }

        List<String> got = messages(new LimitedAnswers(new ByteArrayInputStream(sent.toByteArray()), false), atOnce);

        assertThat(got)
                .containsExactly(
                        "R4",
                        "d" + LimitedAnswers.PIECE,
                        "d" + LimitedAnswers.PIECE,
                        "d" + LimitedAnswers.PIECE,
                        "d17",
                        "c0",
                        "d1",
                        "D" + LONG,
                        "Z1");
    }

    @Test
    void theAnswerWhetherTheServerEncryptsIsNoMessage() throws IOException {
        byte[] refused = {'N', 'R', 0, 0, 0, 8, 1, 2, 3, 4};
        byte[] agreed = {'S', 'd', 0x7f, 0, 0, 0, 1, 2, 3, 4};
        byte[] notAsked = {'R', 0, 0, 0, 8, 1, 2, 3, 4};
        for (byte[] all : List.of(refused, agreed, notAsked)) {
            assertThat(new LimitedAnswers(new ByteArrayInputStream(all), true).readNBytes(100))
                    .isEqualTo(all);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"d7fffffff", "D7fffffff", "E00200000", "dffffffff", "Z00000003"})
    void whatNoHonestServerSaysEndsTheSession(String head) {
        byte[] message = new byte[5];
        message[0] = (byte) head.charAt(0);
        for (int i = 1; i < 5; i++) {
            message[i] = (byte) Integer.parseInt(head.substring(2 * i - 1, 2 * i + 1), 16);
        }
        assertThatThrownBy(() -> new LimitedAnswers(new ByteArrayInputStream(message), false).readNBytes(100))
                .isInstanceOf(StreamCorruptedException.class);
    }

    /** Its one column is what the rows are counted by. */
    @Test
    void aRowOfHundredMegabytesIsCountedAndDigestedInPieces() throws Exception {
        String database = SERVER.createDatabase("large");
        try (Session session = session(SERVER, database, "disable")) {
            SERVER.execute(
                    database,
                    "CREATE TABLE large (t text)",
                    "INSERT INTO large VALUES (repeat('x', 100000000)), (E'a\\nb')");
            assertThat(longestPiece(session, "public.large")).isEqualTo(LimitedAnswers.PIECE);

            Table table = new Table("public", "large", null, 8192, null, true);
            ContentsReader reader = new ContentsReader(session);
            assertThat(reader.counted(table, Digesting.NONE).rows()).isEqualTo(2);
            Table digested = reader.counted(table, Digesting.COPIED);
            assertThat(digested.rows()).isEqualTo(2);
            SERVER.execute(database, "UPDATE large SET t = t || 'y' WHERE length(t) > 10");
            assertThat(reader.counted(table, Digesting.COPIED).digest()).isNotEqualTo(digested.digest());

            assertThatThrownBy(() -> session.texts("SELECT t FROM public.large"))
                    .isInstanceOf(SQLException.class);
        } finally {
            SERVER.dropDatabase(database);
        }
    }

    @Test
    void aDefinitionThatIsTooLongIsRefused() throws Exception {
        try (Session session = session(SERVER, "postgres", "disable")) {
            List<Integer> lengths = new ArrayList<>();
            session.copy("SELECT repeat('x', n) FROM (VALUES (1), (1000000)) AS v(n)", row -> lengths.add(row.length));
            assertThat(lengths).containsExactly(2, 1000001);
            assertThatThrownBy(() -> session.copy("SELECT repeat('x', 20000000)", row -> {}))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("longer than 16 MB");
        }
    }

    @Test
    void aServerThatEncryptsIsReadInTheSameWay(@TempDir Path folder) throws Exception {
        TestCertificate certificate =
                TestCertificate.make(folder, "RSA", Instant.now().minusSeconds(60), Duration.ofDays(2));
        try (PostgresServer server = PostgresServer.start()) {
            String file = "COPY (SELECT unnest(string_to_array('%s', E'\\n'))) TO PROGRAM 'umask 077; cat > %s'";
            server.execute(
                    "postgres",
                    file.formatted(certificate.certificate().replace("\r", ""), "server.crt"),
                    file.formatted(certificate.key().replace("\r", ""), "server.key"),
                    "ALTER SYSTEM SET ssl = on",
                    "SELECT pg_reload_conf()",
                    "CREATE TABLE large AS SELECT repeat('x', 10000000)");
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> server.query("postgres", "SHOW ssl").equals(List.of("on")));
            for (String sslMode : List.of("require", "prefer", "disable")) {
                try (Session session = session(server, "postgres", sslMode)) {
                    assertThat(session.text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                            .isEqualTo(sslMode.equals("disable") ? "f" : "t");
                    assertThat(longestPiece(session, "public.large")).isEqualTo(LimitedAnswers.PIECE);
                }
            }
        }
    }

    private static Session session(PostgresServer server, String database, String sslMode) {
        return TestPostgres.of(Map.of(
                        "server.host", server.host(),
                        "server.port", server.port(),
                        "server.user", server.user(),
                        "server.password", server.password(),
                        "server.ssl-mode", sslMode))
                .address()
                .connect(database, "test");
    }

    private static int longestPiece(Session session, String table) throws SQLException {
        CopyOut copy = session.copyOut("COPY " + table + " TO STDOUT");
        int longest = 0;
        for (byte[] piece = copy.readFromCopy(); piece != null; piece = copy.readFromCopy()) {
            longest = Math.max(longest, piece.length);
        }
        return longest;
    }

    private static List<String> messages(LimitedAnswers answers, int atOnce) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[atOnce];
        for (int n = answers.read(some, 0, atOnce); n >= 0; n = answers.read(some, 0, atOnce)) {
            all.write(some, 0, n);
        }
        List<String> messages = new ArrayList<>();
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(all.toByteArray()));
        while (in.available() > 0) {
            char kind = (char) in.readByte();
            int length = in.readInt() - 4;
            assertThat(in.skipBytes(length)).isEqualTo(length);
            messages.add(kind + "" + length);
        }
        return messages;
    }
}
