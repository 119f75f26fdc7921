package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupFailure;
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

    /** Its name is the time, so that a role can take the locks of the next hours. */
    @Test
    void noRestoreWaitsForALockThatAnyRoleCanTake() throws Exception {
        PostgresServer server = PostgresServer.shared();
        ServerAddress address = TestPostgres.of(Map.of(
                        "server.host", server.host(),
                        "server.port", server.port(),
                        "server.user", server.user(),
                        "server.password", server.password()))
                .administrator();
        String name = "shop_restoring_20261129_120000";
        try (Session stranger = address.connectToMaintenance("stranger");
                Session maintenance = address.connectToMaintenance("test")) {
            stranger.texts("SELECT pg_advisory_lock" + UnfinishedDatabase.LOCK.formatted("'" + name + "'"));
            maintenance.execute("SET statement_timeout = '60s'");

            assertThatThrownBy(() -> UnfinishedDatabase.create(maintenance, name, null))
                    .isInstanceOf(BackupFailure.class)
                    .hasMessageContaining("no sidecar at all");
        }
    }

    /** The alert for slow queries would fire at each restore; an alert that knew the role by its name would know a thief's as well. */
    @Test
    void whatARestoreRunsIsNoStatementOfTheApplication() throws Exception {
        try (PostgresServer server = PostgresServer.start("shared_preload_libraries=pg_stat_statements")) {
            server.execute(
                    "postgres",
                    "CREATE EXTENSION pg_stat_statements",
                    "CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'of-maker'");

            assertThat(recordedOfARestore(server, server.user(), server.password()))
                    .isEmpty();
            // Who is no superuser restores all the same.
            assertThat(recordedOfARestore(server, "maker", "of-maker")).containsExactly("SELECT $1 AS slow");
        }
    }

    private static List<String> recordedOfARestore(PostgresServer server, String administrator, String password)
            throws Exception {
        ServerAddress address = TestPostgres.of(Map.of(
                        "server.host",
                        server.host(),
                        "server.port",
                        server.port(),
                        "server.user",
                        administrator,
                        "server.password",
                        password))
                .administrator();
        try (Session maintenance = address.connectToMaintenance("test");
                RestoreRole role = RestoreRole.create(address, maintenance)) {
            try (Session session = role.address().connect("postgres", "test")) {
                session.text("SELECT 1 AS slow");
            }
            return server.query("postgres", "SELECT query FROM pg_stat_statements WHERE query LIKE '%AS slow'");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GRANT sidecar_restored TO mate",
                "GRANT mate TO sidecar_restored",
                "ALTER ROLE sidecar_restored BYPASSRLS"
            })
    void nobodyElseGetsWhatStandsInForOwners(String beforehand) throws Exception {
        PostgresServer server = PostgresServer.shared();
        server.execute("postgres", "CREATE ROLE mate", "CREATE ROLE sidecar_restored", beforehand);
        try (Session maintenance = administrator(server).connectToMaintenance("test")) {
            assertThatThrownBy(() -> RestoreRole.requireStandIn(maintenance))
                    .isInstanceOf(BackupFailure.class)
                    .hasMessageContaining("sidecar_restored");

            server.execute("postgres", "DROP ROLE sidecar_restored");
            RestoreRole.requireStandIn(maintenance);
            RestoreRole.requireStandIn(maintenance);
        } finally {
            server.execute("postgres", "DROP ROLE mate", "DROP ROLE sidecar_restored");
        }
    }

    private static ServerAddress administrator(PostgresServer server) {
        return TestPostgres.of(Map.of(
                        "server.host", server.host(),
                        "server.port", server.port(),
                        "server.user", server.user(),
                        "server.password", server.password()))
                .administrator();
    }
}
