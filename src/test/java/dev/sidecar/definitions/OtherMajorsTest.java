package dev.sidecar.definitions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.support.PostgresServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A description of another major: compared before anything is given to its owners, and not called a comparison otherwise. */
class OtherMajorsTest {

    private static final PostgresServer SERVER = PostgresServer.shared();
    private static final DefinitionScope SCOPE = DefinitionScope.ofEncoding("UTF8", true);

    private String database;
    private Session session;
    private int version;

    @BeforeEach
    void connect() throws Exception {
        database = SERVER.createDatabase("majors");
        SERVER.execute(database, "CREATE TABLE t (i int)");
        session = TestPostgres.of(Map.of(
                        "server.host", SERVER.host(),
                        "server.port", SERVER.port(),
                        "server.user", SERVER.user(),
                        "server.password", SERVER.password()))
                .address()
                .connect(database, "test");
        version = Integer.parseInt(session.text("SHOW server_version_num"));
    }

    @AfterEach
    void drop() throws Exception {
        session.close();
        SERVER.dropDatabase(database);
    }

    @Test
    void anotherMajorIsComparedWhileItIsLoadedAlone() throws Exception {
        String other = described().replaceFirst("\t\\d+\n", "\t" + (version / 10_000 - 1) + "\n");
        assertThat(compared(other, SCOPE)).isEmpty();
        assertThat(compared(other, SCOPE.whileLoading()).orElseThrow().isEqual())
                .isTrue();

        SERVER.execute(database, "CREATE FUNCTION loot() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'");

        assertThat(compared(other, SCOPE.whileLoading()).orElseThrow().differences())
                .extracting(DefinitionDifference::sentence)
                .contains("Function public.loot() is not in the backup.");
    }

    @Test
    void anotherFormatIsNotComparedAtAll() throws Exception {
        String other = described().replaceFirst("^definitions\t\\d+", "definitions\t" + (Definitions.FORMAT - 1));
        assertThat(compared(other, SCOPE.whileLoading())).isEmpty();
        assertThat(compared("definitions\t4\t15 and more\n", SCOPE.whileLoading()))
                .isEmpty();
    }

    private String described() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Definitions.write(session, version, out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private Optional<DefinitionComparison> compared(String description, DefinitionScope scope) throws Exception {
        return Definitions.compare(
                new ByteArrayInputStream(description.getBytes(StandardCharsets.ISO_8859_1)), session, version, scope);
    }
}
