package dev.sidecar.definitions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.PostgresServer;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DefinitionQueriesTest {

    private final PostgresServer server = PostgresServer.shared();

    /** Descriptions of two formats are not compared: without another number, each older backup would be told as different. */
    @Test
    void whoeverChangesAQueryGivesTheFormatAnotherNumber() throws Exception {
        byte[] queries;
        try (InputStream file = DefinitionQueries.class.getResourceAsStream("definitions.sql")) {
            queries = Objects.requireNonNull(file).readAllBytes();
        }

        assertThat(Definitions.FORMAT + " "
                        + HexFormat.of()
                                .formatHex(MessageDigest.getInstance("SHA-256").digest(queries)))
                .as(
                        "raise Definitions.FORMAT if a query says something else of what an older backup described, and write both here")
                .isEqualTo("4 e4f3a901d47eb4bfc5a8f97a63a2ad913a741a8482de63692afd4b6a6c5cc978");
    }

    /** A number that differs in each database is no definition; what stands beside it is. */
    @Test
    void whatPostgresWritesIntoOptionsForItselfIsLeftOut() {
        String database = server.createDatabase("options");
        try {
            server.execute(
                    database,
                    "CREATE TABLE t (i int, j int, k int)",
                    "ALTER TABLE t ALTER j SET (n_distinct = 5)",
                    "UPDATE pg_attribute SET attoptions = array_append(array_remove(attoptions, NULL), 'pg_attver=' || attnum)"
                            + " WHERE attrelid = 't'::regclass AND attname IN ('i', 'j')");
            String columns = DefinitionQueries.of(150_000).stream()
                    .filter(query -> query.kind().equals("column"))
                    .findFirst()
                    .orElseThrow()
                    .sql();
            assertThat(server.query(
                            database,
                            "SELECT split_part(c.name, '.', 3) || ' ' || coalesce(substring(c.what FROM 'options [^\\n]*'), '-') FROM (%s) c"
                                    .formatted(columns)))
                    .containsExactly("i -", "j options n_distinct=5", "k -");
        } finally {
            server.dropDatabase(database);
        }
    }
}
