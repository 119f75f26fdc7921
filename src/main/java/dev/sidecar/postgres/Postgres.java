package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Sql;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives the server to back up, its databases, the installed programs and scratch servers, as set. */
public final class Postgres {

    private static final Logger log = LoggerFactory.getLogger(Postgres.class);

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    /** Classes of SQLSTATE. */
    private static final String UNREACHABLE = "08";

    private static final String STARTS_OR_STOPS = "57P";

    private final PostgresProperties settings;
    private final ServerAddress address;
    private @Nullable Optional<String> unisolated;
    private long lookedAt;

    Postgres(PostgresProperties settings) {
        this.settings = settings;
        this.address = ServerAddress.of(settings.server());
    }

    /** Tells whether a server to back up is set. */
    public boolean isConfigured() {
        return !settings.server().host().isBlank();
    }

    /** The server to back up. */
    public ServerAddress address() {
        return address;
    }

    /**
     * The same server, as the administrator who restores into it. A server from before that role was named may lack it: there the role
     * that takes backups restores as before, if it is a superuser.
     */
    public ServerAddress administrator() {
        PostgresProperties.Restore restore = settings.restore();
        if (restore.user().isBlank()) {
            return address;
        }
        try (Session session = address.connectToMaintenance("sidecar restore")) {
            String missing = session.text("SELECT current_setting('is_superuser') = 'on' AND NOT EXISTS"
                    + " (SELECT FROM pg_roles WHERE rolname = %s)".formatted(Sql.literal(restore.user())));
            if (missing.equals("t")) {
                return address;
            }
        } catch (SQLException | BackupFailure e) {
            // The administrator may get in where the role that takes backups does not.
            log.atDebug().log("cannot ask for the role of restores: {}", e.getMessage());
        }
        return address.as(restore.user(), restore.password());
    }

    /** The role that is to restore into the server: the one that takes backups, if no other is set. */
    public String nameOfAdministrator() {
        return settings.restore().user().isBlank()
                ? address.user()
                : settings.restore().user();
    }

    /** Names of the databases to back up, by the settings and by what the server has now. */
    public List<String> databases() {
        return new Databases(settings.server(), address).names();
    }

    /** Names of all databases that the server has, whether they are backed up or not. */
    public List<String> existing() {
        return new Databases(settings.server(), address).onServer();
    }

    /** Tells whether the server answers. One that refuses a login does; one that starts, stops or cannot be reached does not. */
    public boolean answers() {
        try {
            existing();
            return true;
        } catch (BackupFailure e) {
            String state = e.getCause() instanceof SQLException sql ? sql.getSQLState() : "";
            return state != null && !state.startsWith(UNREACHABLE) && !state.startsWith(STARTS_OR_STOPS);
        }
    }

    /** The installed client programs. */
    public InstalledPrograms programs() {
        return new InstalledPrograms(settings.server().programs());
    }

    /** The directory that holds the folders of restores under way. */
    public Path scratchDirectory() {
        return ScratchFolder.directory(settings.scratch());
    }

    /** A folder for the time of one restore. @param neededBytes for what it is to hold */
    public ScratchFolder scratchFolder(long neededBytes) {
        return ScratchFolder.create(scratchDirectory(), neededBytes);
    }

    /**
     * A throwaway server with an empty cluster.
     *
     * @param neededBytes for what is to be restored
     * @param extensions that what is restored uses
     */
    public ScratchServer scratchServer(InstalledPrograms.Client client, long neededBytes, Collection<String> extensions)
            throws InterruptedException {
        return ScratchServer.start(settings.scratch(), client, neededBytes, extensions);
    }

    /**
     * The closed place of a throwaway server, for the files of a cluster that exists already.
     *
     * @param neededBytes for those files
     * @param superuser of that cluster
     */
    public ScratchServer scratchServerOf(InstalledPrograms.Client client, long neededBytes, String superuser)
            throws InterruptedException {
        return ScratchServer.withoutCluster(settings.scratch(), client, neededBytes, superuser);
    }

    /**
     * Tells why no restore is proven here: nothing keeps the scratch server from what this process can reach, and nobody said that
     * the databases' owners are trusted. Empty where one is proven.
     */
    public synchronized Optional<String> unisolated() {
        if (unisolated == null || System.nanoTime() - lookedAt > LOOK_AGAIN.toNanos()) {
            try {
                unisolated = LocalCell.unisolated(settings.scratch());
                lookedAt = System.nanoTime();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BackupFailure(Reason.SHUTDOWN, "Stopped.", e);
            }
        }
        return unisolated;
    }

    /** The beginning of a command line that runs a server or its programs: as root, which PostgreSQL refuses, as another user. */
    public List<String> asServersUser() throws InterruptedException {
        return Sandbox.IS_ROOT ? LocalCell.asUser(settings.scratch().user()) : List.of();
    }

    /** The user that {@link #asServersUser} changes to; empty if it changes to none. */
    public Optional<String> serversUser() {
        return Sandbox.IS_ROOT ? Optional.of(settings.scratch().user()) : Optional.empty();
    }

    /** Tells whether scripts of strangers may run here. That the owners of databases are trusted says nothing of whoever writes dumps. */
    public boolean isIsolated() throws InterruptedException {
        return LocalCell.isIsolated(settings.scratch());
    }

    /**
     * Attacks from within a scratch server, as the owner of a restored database could, after what this process has.
     *
     * @return what was reached, each in words, and how the server is kept apart
     */
    public PlantedAttack.Result plantedAttack() throws InterruptedException {
        InstalledPrograms.Client client = programs().ofMajorOrNewer(0);
        try (ScratchServer server = scratchServer(client, 0, List.of())) {
            return new PlantedAttack(server).run(address);
        }
    }

    /** Removes what killed processes left in the scratch directory. */
    public void sweepScratch() {
        ScratchFolder.sweep(scratchDirectory());
    }
}
