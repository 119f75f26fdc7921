package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server after {@code pg_upgrade}, whose stanza is still of the cluster that it was. */
class UpgradedServerTest {

    private static final int CATALOG_VERSION = 12;
    private static final int CATALOG_OF_14 = 202107181;

    @Test
    void whatToDoAfterAnUpgradeIsToldAndHelps(@TempDir Path folder) throws Exception {
        ArchivedServer archived = ArchivedServer.start(folder, "");
        try {
            Path older = archived.folderOfServersUser("older");
            Path configuration = folder.resolve("pgbackrest.conf");
            // As PostgreSQL 14 wrote it, of another cluster.
            ByteBuffer control = ByteBuffer.wrap(
                            Files.readAllBytes(archived.data().resolve("global/pg_control")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            control.putLong(0, control.getLong(0) - 1).putInt(CATALOG_VERSION, CATALOG_OF_14);
            Files.write(Files.createDirectory(older.resolve("global")).resolve("pg_control"), control.array());
            Files.writeString(older.resolve("PG_VERSION"), "14\n");
            archived.asServersUser(
                    configuration, "pgbackrest --stanza=main --no-online --pg1-path=" + older + " stanza-create");
            Pitr pitr = archived.pitr();

            assertThat(pitr.look().problems())
                    .anyMatch(problem -> problem.contains("The server is PostgreSQL 15")
                            && problem.contains("still of PostgreSQL 14")
                            && problem.contains("pgbackrest --stanza=main stanza-upgrade"))
                    .noneMatch(problem -> problem.contains("two clusters"));
            assertThatThrownBy(() -> pitr.take(PhysicalSet.Type.FULL)).hasMessageContaining("stanza-upgrade");

            archived.asServersUser(configuration, "pgbackrest --stanza=main stanza-upgrade");
            String set = pitr.take(PhysicalSet.Type.FULL);

            assertThat(pitr.look().problems()).noneMatch(problem -> problem.contains("PostgreSQL 14"));
            assertThat(pitr.look().spans()).hasSize(1);
            assertThat(pitr.prove().set()).isEqualTo(set);
        } finally {
            archived.close();
        }
    }
}
