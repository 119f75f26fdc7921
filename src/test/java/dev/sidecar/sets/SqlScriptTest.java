package dev.sidecar.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlScriptTest {

    @Test
    void eachStatementIsOneLineAndSaysTheSame() {
        assertThat(SqlScript.statements("""
                        -- a comment; with 'quotes
                        SET client_encoding = 'UTF8';
                        ALTER ROLE "odd ""one" SET a.b TO 'first
                        \\! id
                        ALTER ROLE postgres ';
                        ALTER ROLE x SET y TO E'tab\\there \\\\ and ''quote\\'';
                        """))
                .containsExactly(
                        "SET client_encoding = 'UTF8'",
                        "ALTER ROLE \"odd \"\"one\" SET a.b TO E'first\\u000a\\\\! id\\u000aALTER ROLE postgres '",
                        "ALTER ROLE x SET y TO E'tab\\u0009here \\\\ and ''quote'''");
    }

    @Test
    void namesWithControlCharactersAreWrittenAsEscapes() {
        assertThat(SqlScript.statements("COMMENT ON ROLE \"a\nb\\c\" IS 'x';"))
                .containsExactly("COMMENT ON ROLE U&\"a\\000ab\\\\c\" IS 'x'");
    }

    /** They would let a name look like another one where it is shown. */
    @Test
    void invisibleLettersAreWrittenAsEscapes() {
        assertThat(SqlScript.statements("ALTER ROLE \"a\u202eb\" SET x TO 'y\u2028z';"))
                .containsExactly("ALTER ROLE U&\"a\\202eb\" SET x TO E'y\\u2028z'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\! id",
                "CREATE ROLE a;\n\\! id\n",
                "CREATE ROLE a \\g |id",
                "CREATE ROLE `id`;",
                "CREATE ROLE a; DO $$BEGIN END$$;",
                "CREATE ROLE 'a",
                "CREATE ROLE \"a",
                "CREATE ROLE a /* ' */;",
                "CREATE ROLE U&\"a\\0041\";",
                "CREATE ROLE a",
                "ALTER ROLE a SET x TO E'\\x41';",
                "CREATE ROLE a\u202eb;",
                "\\restrict abc; \\! id\n",
                "x\\restrict abc\n;"
            })
    void whatIsNoneOfTheSqlThatWeKnowIsRefused(String script) {
        assertThatThrownBy(() -> SqlScript.statements(script))
                .isInstanceOf(BackupFailure.class)
                .hasMessageMatching("[\\x20-\\x7e…]*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1;",
                "DROP ROLE app;",
                "ALTER SYSTEM SET archive_command TO 'id';",
                "COPY t TO PROGRAM 'id';"
            })
    void onlyRolesAndTablespacesAreGlobals(String script) {
        assertThatThrownBy(() -> SqlScript.globals(script.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(BackupFailure.class);
    }

    @Test
    void theLinesThatRestrictPsqlAreLeftOut() {
        String script = "\\restrict aB3\n\nSET client_encoding = 'UTF8';\nCREATE ROLE app;\n\\unrestrict aB3\n";

        assertThat(SqlScript.globals(script.getBytes(StandardCharsets.UTF_8)).statements())
                .containsExactly("SET client_encoding = 'UTF8'", "CREATE ROLE app");
    }

    @Test
    void bytesOfNoEncodingStayAsTheyAre() {
        byte[] script = "COMMENT ON ROLE a IS '\u00e4\u0085\n';\n".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(new String(SqlScript.globals(script).script(), StandardCharsets.ISO_8859_1))
                .isEqualTo("COMMENT ON ROLE a IS E'\u00e4\u0085\\u000a';\n");
        assertThat(SqlScript.globals(SqlScript.globals(script).script()).script())
                .isEqualTo(SqlScript.globals(script).script());
    }

    @Test
    void theNameGoesIntoItsPlaceAndIntoNoText() {
        assertThat(SqlScript.named("ALTER DATABASE :database SET x = ':database' ", "\"it's\""))
                .isEqualTo("ALTER DATABASE \"it's\" SET x = ':database'");
        assertThat(SqlScript.named("GRANT CONNECT ON DATABASE :database TO \":database\"", ":\"DB\""))
                .isEqualTo("GRANT CONNECT ON DATABASE :\"DB\" TO \":database\"");
        assertThat(SqlScript.named("ALTER DATABASE :database SET x =  E'a\\\\'':database'", "n"))
                .isEqualTo("ALTER DATABASE n SET x = E'a\\\\'':database'");
        assertThatThrownBy(() -> SqlScript.named("ALTER DATABASE :database SET x = 'y'; DROP ROLE z", "n"))
                .isInstanceOf(BackupFailure.class);
    }

    /** Whatever a text is, it comes out as one line of printable letters, and reading that again gives the same. */
    @Test
    void anyTextIsQuoted() {
        Random random = new Random(7);
        String letters = "ab'\"\\\n\r\t;-`$E:&U\u0001\u202e\u00e9\ud83d\udc18 ";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(12), 0, letters.length()).forEach(at -> text.append(letters.charAt(at)));
            String statement =
                    "ALTER ROLE %s SET x TO %s".formatted(Sql.quoted(text.toString()), Sql.literal(text.toString()));
            List<String> once = SqlScript.statements(statement + ";");
            assertThat(once).as(statement).hasSize(1);
            assertThat(once.get(0).codePoints().noneMatch(c -> c < ' ' || c == 0x202e))
                    .isTrue();
            assertThat(SqlScript.statements(once.get(0) + ";")).isEqualTo(once);
        }
    }
}
