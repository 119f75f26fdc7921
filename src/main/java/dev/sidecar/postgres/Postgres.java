package dev.sidecar.postgres;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** Gives the server to back up, its databases, the installed programs and scratch servers, as set. */
public final class Postgres {

    private final PostgresProperties settings;
    private final ServerAddress address;

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

    /** The same server, as the administrator who restores into it. */
    public ServerAddress administrator() {
        PostgresProperties.Restore restore = settings.restore();
        return restore.user().isBlank() ? address : address.as(restore.user(), restore.password());
    }

    /** Names of the databases to back up, by the settings and by what the server has now. */
    public List<String> databases() {
        return new Databases(settings.server(), address).names();
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
        return ScratchFolder.create(settings.scratch(), neededBytes);
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

    /** Removes what killed processes left in the scratch directory. */
    public void sweepScratch() {
        ScratchFolder.sweep(scratchDirectory());
    }
}
