package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.postgres.Session;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The drill writes into the live server, where others may have been before it. */
class LiveClusterTest {

    private PostgresServer server;

    @BeforeEach
    void start() {
        server = PostgresServer.start();
        server.execute(
                "postgres",
                "CREATE ROLE app",
                "CREATE ROLE pitr LOGIN",
                "CREATE ROLE \"Backup Role\" LOGIN PASSWORD 'p'",
                "GRANT CREATE ON DATABASE postgres TO app, \"Backup Role\"",
                "CREATE TABLE public.ran (by_whom text)",
                "GRANT INSERT ON public.ran TO PUBLIC",
                "CREATE FUNCTION public.run() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN INSERT INTO public.ran VALUES (current_user); RETURN NEW; END$$");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private LiveCluster as(String user, String password) {
        return new LiveCluster(TestPostgres.of(Map.of(
                "server.host", server.host(),
                "server.port", server.port(),
                "server.user", user,
                "server.password", password,
                "server.programs", server.programs().toString())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE SCHEMA sidecar_pitr AUTHORIZATION app",
                "CREATE SCHEMA sidecar_pitr; ALTER SCHEMA sidecar_pitr OWNER TO app; CREATE TABLE sidecar_pitr.marker (drill uuid, side text, at timestamptz DEFAULT now())",
                "CREATE SCHEMA sidecar_pitr; CREATE TABLE sidecar_pitr.marker (drill uuid, side text, at timestamptz DEFAULT now()); ALTER TABLE sidecar_pitr.marker OWNER TO app"
            })
    void aPlaceThatSomebodyElseMadeIsNotWrittenTo(String made) {
        server.execute("postgres", made.split("; "));
        server.execute("postgres", "GRANT ALL ON SCHEMA sidecar_pitr TO PUBLIC");
        if (made.contains("TABLE")) {
            server.execute(
                    "postgres",
                    "GRANT ALL ON sidecar_pitr.marker TO PUBLIC",
                    "CREATE TRIGGER run BEFORE INSERT ON sidecar_pitr.marker FOR EACH ROW EXECUTE FUNCTION public.run()");
        }

        assertThatThrownBy(() -> as("Backup Role", "p").mark(UUID.randomUUID()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED))
                .hasMessageContaining("belongs to 'app'");

        assertThat(server.query("postgres", "SELECT by_whom FROM public.ran")).isEmpty();
        assertThatThrownBy(this::shippedScript).hasMessageContaining("schema sidecar_pitr or its table belongs to app");
    }

    @Test
    void theShippedScriptGivesTheRightsThatADrillAsksFor() throws Exception {
        server.execute("postgres", "REVOKE CREATE ON DATABASE postgres FROM \"Backup Role\"");
        LiveCluster live = as("Backup Role", "p");
        assertThatThrownBy(live::requireRights)
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.PERMISSION))
                .hasMessageContaining("run pitr-role.sql");

        for (int i = 0; i < 2; i++) {
            shippedScript();
        }

        live.requireRights();
        live.mark(UUID.randomUUID());
        live.pushWal();
    }

    /** A drill whose marker B never was there would call every recovery one to the right moment. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE RULE none AS ON INSERT TO sidecar_pitr.marker WHERE side = 'B' DO INSTEAD NOTHING",
                "CREATE RULE none AS ON INSERT TO sidecar_pitr.marker DO ALSO DELETE FROM sidecar_pitr.marker",
                "CREATE TRIGGER run BEFORE INSERT ON sidecar_pitr.marker FOR EACH ROW WHEN (NEW.side = 'B') EXECUTE FUNCTION public.none()",
            })
    void markersThatAreNotKeptAreToldAndProveNothing(String made) throws Exception {
        LiveCluster live = as("Backup Role", "p");
        live.mark(UUID.randomUUID());
        server.execute(
                "postgres",
                "CREATE FUNCTION public.none() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
                made);

        assertThatThrownBy(() -> live.mark(UUID.randomUUID()))
                .isInstanceOfSatisfying(
                        BackupFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED))
                .hasMessageContaining("does not keep the two markers");
    }

    /** A recovery that stopped before the first drill's table was made has neither marker. */
    @Test
    void aClusterWithoutTheTableHasNoMarker() throws Exception {
        try (Session session = TestPostgres.of(Map.of(
                        "server.host", server.host(),
                        "server.port", server.port(),
                        "server.password", server.password(),
                        "server.programs", server.programs().toString()))
                .address()
                .connectToMaintenance("test")) {
            assertThat(LiveCluster.sides(session, UUID.randomUUID())).isEmpty();
        }
    }

    private void shippedScript() {
        server.script("postgres", Path.of("postgres/pitr-role.sql"), "role=pitr", "asks=Backup Role");
    }

    @Test
    void aRoleWithFewRightsMakesItsOwnPlaceOrTakesThatOfASuperuser() throws Exception {
        as("Backup Role", "p").mark(UUID.randomUUID());
        assertThat(server.query("postgres", "SELECT side FROM sidecar_pitr.marker ORDER BY 1"))
                .containsExactly("A", "B");

        server.execute(
                "postgres",
                "ALTER SCHEMA sidecar_pitr OWNER TO postgres",
                "ALTER TABLE sidecar_pitr.marker OWNER TO postgres");
        server.execute(
                "postgres",
                "GRANT USAGE ON SCHEMA sidecar_pitr TO \"Backup Role\"",
                "GRANT ALL ON sidecar_pitr.marker TO \"Backup Role\"");
        as("Backup Role", "p").mark(UUID.randomUUID());
        assertThat(server.query("postgres", "SELECT count(*) FROM sidecar_pitr.marker"))
                .containsExactly("4");
    }
}
