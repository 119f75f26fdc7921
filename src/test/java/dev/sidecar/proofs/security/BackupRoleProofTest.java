package dev.sidecar.proofs.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.grafana.TestGrafana;
import dev.sidecar.loki.LokiFixture;
import dev.sidecar.postgres.Postgres;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.support.PostgresServer;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackupRoleProofTest {

    private static final PostgresServer SERVER = PostgresServer.shared();

    @BeforeEach
    void roles() {
        SERVER.execute(
                "postgres",
                "CREATE ROLE looker LOGIN PASSWORD 'looks'",
                "CREATE ROLE mighty SUPERUSER",
                "CREATE ROLE between",
                "CREATE ROLE readers");
        SERVER.script("postgres", Path.of("postgres/backup-role.sql"), "role=looker");
    }

    @AfterEach
    void drop() {
        SERVER.execute(
                "postgres",
                "REVOKE ALL ON FUNCTION lo_export(oid, text) FROM looker",
                "DROP OWNED BY looker",
                "DROP ROLE looker, mighty, between, readers");
    }

    @Test
    void aRoleThatReadsAndNoMoreIsRefusedWhateverItTries() {
        SERVER.execute("postgres", "GRANT readers TO looker");
        Finding finding = prove("looker", "looks", "boss");

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.HELD);
        assertThat(finding.evidence())
                .startsWith("Role looker takes backups. It was refused when it tried to become superuser")
                .endsWith("Role boss restores.");
        assertThat(prove("looker", "looks", "").evidence()).endsWith("set sidecar.backup.restore.user.");
    }

    @Test
    void aSuperuserIsToldWithWhatToDo() {
        Finding finding = prove(SERVER.user(), SERVER.password(), "");

        assertThat(finding.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.evidence())
                .startsWith("Role postgres takes backups, and it is a superuser. Backups work;")
                .contains("postgres/backup-role.sql", "sidecar.proofs.without");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ALTER ROLE looker CREATEROLE                                 | it may create roles
                    ALTER ROLE looker REPLICATION                                | it may replicate
                    GRANT mighty TO looker                                       | its group mighty is a superuser
                    ALTER ROLE looker NOINHERIT; GRANT mighty TO looker          | its group mighty is a superuser
                    GRANT mighty TO between; GRANT between TO looker             | its group mighty is a superuser
                    GRANT pg_execute_server_program TO looker                    | its group pg_execute_server_program has rights beyond reading
                    GRANT pg_write_server_files TO looker                        | its group pg_write_server_files has rights beyond reading
                    GRANT pg_write_all_data TO looker                            | its group pg_write_all_data has rights beyond reading
                    GRANT ALTER SYSTEM ON PARAMETER archive_command TO looker    | it may set the parameter archive_command
                    GRANT SET ON PARAMETER session_preload_libraries TO looker   | it may set the parameter session_preload_libraries
                    GRANT EXECUTE ON FUNCTION lo_export(oid, text) TO looker     | it can write files of the server
                    """)
    void everyWayToMoreIsNamed(String grant, String found) {
        SERVER.execute("postgres", grant.split("; "));
        Finding finding = prove("looker", "looks", "boss");

        assertThat(finding.verdict()).as(finding.evidence()).isEqualTo(Verdict.BROKEN);
        assertThat(finding.details()).containsExactly(found);
    }

    @Test
    void aServerThatDoesNotAnswerSaysNothingAboutTheRole() {
        assertThat(prove("looker", "wrong", "boss").verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    }

    /** An application can take all of them, and a superuser those that are kept back for one. */
    @Test
    void aServerWithoutAConnectionLeftProvesNothing() throws Exception {
        try (PostgresServer full = PostgresServer.start("max_connections=5")) {
            Postgres postgres = TestPostgres.of(Map.of(
                    "server.host", full.host(),
                    "server.port", full.port(),
                    "server.user", full.user(),
                    "server.password", full.password()));
            List<Connection> taken = new ArrayList<>();
            try {
                assertThatThrownBy(() -> {
                            while (true) {
                                taken.add(full.connect("postgres"));
                            }
                        })
                        .hasMessageContaining("too many clients");
                for (Proof proof : List.of(
                        new BackupRoleProof(postgres),
                        new AuditTrailProof(
                                postgres, LokiFixture.at(URI.create("http://127.0.0.1:9"), "shop"), Clock.systemUTC()),
                        new DefaultPasswordsProof(
                                TestGrafana.at(URI.create("http://127.0.0.1:9")),
                                postgres,
                                new SecurityProofsProperties("", null),
                                Clock.systemUTC()))) {
                    Finding finding = found(proof);
                    assertThat(finding.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
                    assertThat(finding.applicable()).isTrue();
                    assertThat(finding.evidence())
                            .contains("sorry, too many clients already")
                            .doesNotContain("\n", full.password());
                }
            } finally {
                for (Connection each : taken) {
                    each.close();
                }
            }
        }
    }

    /** As whoever drills it takes what it throws. */
    private static Finding found(Proof proof) throws Exception {
        try {
            return proof.prove();
        } catch (IllegalStateException e) {
            return Finding.inconclusive("%s", e.getMessage());
        }
    }

    private static Finding prove(String user, String password, String restorer) {
        return new BackupRoleProof(TestPostgres.of(Map.of(
                        "server.host", SERVER.host(),
                        "server.port", SERVER.port(),
                        "server.user", user,
                        "server.password", password,
                        "restore.user", restorer)))
                .prove();
    }
}
