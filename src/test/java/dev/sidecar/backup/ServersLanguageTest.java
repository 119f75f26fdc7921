package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.support.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Why pg_dump failed shows only in the server's words: they are English for its session whatever the server is set to. The language of
 * this server is called {@code C.UTF-8}, which is English, too, but not the same name.
 */
class ServersLanguageTest {

    private static final String ROLE = "speaks_english";

    private final PostgresServer server = PostgresServer.shared();

    @TempDir
    private Path folder;

    private BackupFixture fixture;
    private String database;

    @BeforeEach
    void setUp() throws Exception {
        database = server.createDatabase("language");
        assertThat(server.query(database, "SHOW lc_messages")).containsExactly("C.UTF-8");
        Path heard = folder.resolve("heard");
        fixture = new BackupFixture(server, folder).withProgram("pg_dump", """
                        for each; do case $each in --dbname=*) to=${each#--dbname=};; esac; done
                        %s/psql --no-psqlrc --tuples-only --no-align --dbname="$to" --command="SHOW lc_messages" >>%s
                        exec $REAL "$@"
                        """.formatted(server.programs(), heard));
    }

    @AfterEach
    void drop() {
        server.dropDatabase(database);
        server.execute("postgres", "DROP ROLE IF EXISTS " + ROLE);
    }

    @Test
    void aSuperuserSaysSoWithEachSession() throws Exception {
        fixture.take(database);

        assertThat(heard()).isNotEmpty().containsOnly("C");
    }

    @Test
    void aRoleThatTakesBackupsHasItFromTheScriptThatMakesIt() throws Exception {
        server.execute("postgres", "CREATE ROLE %s LOGIN PASSWORD 'secret'".formatted(ROLE));
        server.script("postgres", Path.of("postgres/backup-role.sql"), "role=" + ROLE);
        try {
            fixture.with("server.user", ROLE).with("server.password", "secret").take(database);
        } finally {
            server.execute("postgres", "DROP OWNED BY " + ROLE);
        }

        assertThat(heard()).isNotEmpty().containsOnly("C");
    }

    /** Our own session has the table locked by then, and whoever waits for more comes before pg_dump. */
    @Test
    void aLockThatOnlyPgDumpWaitsForIsTheReason() throws Exception {
        server.execute(database, "CREATE TABLE held (i int)");
        fixture.with("dump.lock-wait", "1s").withProgram("pg_dump", """
                        for each; do case $each in --dbname=*) to=${each#--dbname=};; esac; done
                        SQL=%s/psql
                        $SQL --no-psqlrc --dbname="$to" --command="BEGIN; LOCK TABLE public.held; COMMIT" </dev/null >/dev/null 2>&1 &
                        waits() { $SQL --no-psqlrc -At --dbname="$to" --command="SELECT count(*) FROM pg_locks WHERE NOT granted"; }
                        while [ "$(waits)" = 0 ]; do :; done
                        exec $REAL "$@"
                        """.formatted(server.programs()));

        assertThatThrownBy(() -> fixture.take(database))
                .isInstanceOfSatisfying(
                        BackupFailure.class,
                        e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(Reason.LOCK_TIMEOUT));
    }

    private List<String> heard() throws Exception {
        return Files.readAllLines(folder.resolve("heard"));
    }
}
