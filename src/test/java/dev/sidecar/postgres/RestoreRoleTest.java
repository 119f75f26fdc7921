package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.support.PostgresServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreRoleTest {

    @Test
    void anOperatorIsNamedWithTheTypesOfItsOperands() {
        assertThat(RestoreRole.operator("DROP OPERATOR public.=== (public.\"my \"\"; type\", integer[]);\n"))
                .isEqualTo("OPERATOR public.=== (public.\"my \"\"; type\", integer[])");
        assertThat(RestoreRole.operator("DROP OPERATOR \"it's\".# (NONE, character varying);\n"))
                .isEqualTo("OPERATOR \"it's\".# (NONE, character varying)");
    }

    /** The administrator would run it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP OPERATOR a.+ (integer, integer); ALTER ROLE app SUPERUSER; SELECT (1);",
                "DROP OPERATOR a.+ (integer, integer);\nALTER ROLE app SUPERUSER; SELECT (1);\n",
                "DROP OPERATOR a.+ (\"x; ALTER ROLE app SUPERUSER; SELECT (1);",
                "DROP OPERATOR a.+ ('); ALTER ROLE app SUPERUSER; SELECT (');",
                "DROP OPERATOR a.+ (integer, integer)",
                "DROP TABLE a (integer);",
                ""
            })
    void whatIsMoreThanOneStatementNamesNoOperator(String drop) {
        assertThat(RestoreRole.operator(drop)).isNull();
    }

    /** As pgq does, or the geocoder of PostGIS: the application keeps tables where an extension has its own. */
    @Test
    void itWorksInTheSchemasOfExtensions() throws Exception {
        PostgresServer server = PostgresServer.shared();
        String database = server.createDatabase("schemas");
        ServerAddress address = TestPostgres.of(Map.of(
                        "server.host", server.host(),
                        "server.port", server.port(),
                        "server.user", server.user(),
                        "server.password", server.password()))
                .administrator();
        server.execute(
                database,
                "CREATE EXTENSION hstore",
                "CREATE SCHEMA \"its own\"",
                "ALTER EXTENSION hstore ADD SCHEMA \"its own\"");
        try (PasswordFile passwords = address.passwordFile()) {
            // Some extensions' scripts look for others where a session resets its path to.
            assertThat(address.connectionStringForExtensions(database, passwords, "test"))
                    .contains("search_path=public")
                    .doesNotContain("pg_temp");
        }
        try (Session maintenance = address.connectToMaintenance("test");
                RestoreRole role = RestoreRole.create(address, maintenance)) {
            role.enter(database, List.of());
            try (Session session = address.connect(database, "test")) {
                role.mayEnterSchemasOfExtensions(session);
            }
            try (Session session = role.address().connect(database, "test")) {
                session.execute("CREATE TABLE \"its own\".t (i int)");
            }
            server.dropDatabase(database);
        }
    }
}
