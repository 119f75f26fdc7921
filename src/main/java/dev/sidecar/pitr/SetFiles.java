package dev.sidecar.pitr;

import dev.sidecar.postgres.Child;
import dev.sidecar.postgres.ScratchFolder;
import dev.sidecar.postgres.ScratchServer;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The files of a set and the WAL after it, out of the repository in a folder: pgBackRest writes them, and nothing of them is run. */
final class SetFiles {

    private static final Duration LIMIT = Duration.ofMinutes(10);

    /**
     * Takes the place of everything that says how a server starts. The directory is a stranger's: a link in it could lead anywhere, and
     * a file of settings could name programs. Only tablespaces are links, and they are made anew.
     */
    private static final String UNPACK = """
            set -e
            umask 077
            cd "$1"
            tar -xf -
            cd data
            links=$(find . -type l ! -path './pg_tblspc/*' | head -n 3)
            [ -z "$links" ] || { echo "it holds links: $links" >&2; exit 3; }
            rm -rf postgresql.conf postgresql.auto.conf pg_hba.conf pg_ident.conf recovery.conf recovery.signal \\
              standby.signal postmaster.pid postmaster.opts tablespace_map current_logfiles pg_replslot pg_tblspc
            mkdir pg_replslot pg_tblspc
            for space in "$1"/spaces/[0-9]*; do
              [ ! -d "$space" ] || ln -s "$space" "pg_tblspc/${space##*/}"
            done
            : >postgresql.auto.conf
            : >recovery.signal
            chmod -R u+rwX "$1/data" "$1/spaces"
            """;

    private final PgBackRest pgBackRest;
    private final ScratchFolder folder;

    SetFiles(PgBackRest pgBackRest, ScratchFolder folder) {
        this.pgBackRest = pgBackRest;
        this.folder = folder;
    }

    private Path data() {
        return folder.path().resolve("data");
    }

    /** Restores the files of a set. @param tablespaces of it, whose folders would otherwise be where the live ones are */
    void restore(PhysicalSet set, Collection<Long> tablespaces, Duration limit) throws InterruptedException {
        try {
            for (String name : List.of("data", "wal", "spaces", "lock")) {
                Files.createDirectory(folder.path().resolve(name));
            }
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot write to %s: %s".formatted(folder.path(), e), e);
        }
        List<String> options = new ArrayList<>(List.of(
                "--reset-pg1-host",
                "--pg1-path=" + data(),
                "--lock-path=" + folder.path().resolve("lock"),
                "--set=" + set.label(),
                "--type=none"));
        tablespaces.forEach(number -> options.add(
                "--tablespace-map=%d=%s".formatted(number, folder.path().resolve("spaces/" + number))));
        pgBackRest.run(limit, "restore", options);
    }

    /** Fetches a segment of WAL or a history. @return false if the archive lacks it */
    boolean fetch(String name) throws InterruptedException {
        Path file = folder.path().resolve("wal").resolve(name);
        try {
            pgBackRest.run(
                    LIMIT,
                    "archive-get",
                    List.of(
                            "--reset-pg1-host",
                            "--no-archive-async",
                            "--lock-path=" + folder.path().resolve("lock"),
                            "--pg1-path=" + data(),
                            name,
                            file.toString()));
            return Files.exists(file);
        } catch (BackupFailure e) {
            if (e.reason() == Reason.STORAGE && e.getMessage().contains("it printed no message")) {
                return false;
            }
            throw e;
        }
    }

    /** Moves all of it into a cell. What is sent is removed here, so that it is not there twice. */
    void moveTo(ScratchServer cell) throws InterruptedException {
        try (Child tar = Child.start(List.of(
                        "tar", "--remove-files", "-C", folder.path().toString(), "-cf", "-", "data", "wal", "spaces"));
                Child unpack = cell.start(
                        List.of("sh", "-c", UNPACK, "unpack", cell.work().toString()))) {
            try (OutputStream out = new BufferedOutputStream(unpack.input(), 1 << 16)) {
                tar.copyTo(out, Reason.RESTORE);
            } catch (IOException e) {
                // The other end has stopped, and its own words say why.
                unpack.expectSuccess(Reason.RESTORE);
                throw new BackupFailure(Reason.RESTORE, "Cannot move the set into the prover: " + e.getMessage(), e);
            }
            unpack.finish(Reason.RESTORE);
        }
    }
}
