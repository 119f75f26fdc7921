package dev.sidecar.backup;

import dev.sidecar.postgres.Archive;
import dev.sidecar.postgres.Archive.Entry;
import dev.sidecar.postgres.ArchiveParts;
import dev.sidecar.postgres.ArchiveParts.Step;
import dev.sidecar.postgres.Children;
import dev.sidecar.postgres.PasswordFile;
import dev.sidecar.postgres.RestoreRole;
import dev.sidecar.postgres.Rights;
import dev.sidecar.postgres.ServerAddress;
import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Loads a set into a new database of the live server. All that can run code of the database is done by a role which has no rights but in
 * that database; then its objects are given to their owners. The administrator does what only an administrator can, and of that what
 * could harm the server only with a person's consent.
 */
final class LiveLoader {

    private static final String NAME = "sidecar restore";

    private final Loader loader;
    private final Manifest manifest;
    private final ServerAddress server;
    private final Session maintenance;
    private final RestoreRequest request;

    LiveLoader(Loader loader, Manifest manifest, ServerAddress server, Session maintenance, RestoreRequest request) {
        this.loader = loader;
        this.manifest = manifest;
        this.server = server;
        this.maintenance = maintenance;
        this.request = request;
    }

    /** Looks at what was loaded. */
    interface Check {
        void of(ArchiveParts parts);
    }

    /**
     * Loads the set.
     *
     * @param role made for this restore
     * @param target the empty database
     * @param notes gets what was left out or changed
     * @param check runs when all is loaded and belongs to its owners, before what acts on everything is added
     */
    void load(RestoreRole role, String target, List<String> notes, Check check)
            throws SQLException, InterruptedException {
        Path archive = loader.decodedDatabase();
        try (Children children = new Children();
                PasswordFile passwords = server.passwordFile();
                PasswordFile rolePasswords = role.address().passwordFile()) {
            ArchiveParts parts = parts(archive);
            role.enter(target, manifest.contents().tablespaces());
            Loader.Call administrator =
                    new Loader.Call(server.connectionString(target, passwords, NAME), Loader.As.OWNERS, children);
            Loader.Call restorer = new Loader.Call(
                    role.address().connectionString(target, rolePasswords, NAME), Loader.As.ONE_ROLE, children);
            for (Step step : parts.definitions()) {
                loader.some(step.administrator() ? administrator : restorer, archive, step.ids());
            }
            try (Session session = server.connect(target, NAME)) {
                role.mayFillExtensions(session);
            }
            loader.rows(restorer, archive, parts.rows(), request);
            loader.rest(restorer, archive, parts.rest(), request);
            role.leave();
            try (Session session = server.connect(target, NAME)) {
                notes.addAll(handOver(role, session, parts));
            }
            loader.some(administrator, archive, parts.grants());
            check.of(parts);
            loader.some(administrator, archive, parts.last());
            parts.leftOut().forEach(what -> notes.add("Left out, as nobody consented: %s.".formatted(what)));
        } finally {
            loader.discard(archive);
        }
    }

    private ArchiveParts parts(Path archive) throws SQLException {
        try {
            return new ArchiveParts(Archive.read(archive), Rights.of(maintenance), request.privileged());
        } catch (IOException e) {
            throw new BackupFailure(Reason.DAMAGED, "database.dump cannot be read: " + e.getMessage(), e);
        }
    }

    private List<String> handOver(RestoreRole role, Session session, ArchiveParts parts) throws SQLException {
        List<Entry> entries = parts.ofTheRole();
        String standIn = standIn();
        Function<Entry, String> owner = entry -> parts.goesToItsOwner(entry) ? entry.owner() : standIn;
        String most = entries.stream()
                .filter(entry -> !entry.owner().isEmpty())
                .collect(Collectors.groupingBy(owner, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Comparator.comparing(Map.Entry<String, Long>::getValue).thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .orElse(standIn);
        boolean standsIn = most.equals(standIn) || entries.stream().anyMatch(entry -> !parts.goesToItsOwner(entry));
        if (standsIn && standIn.equals(RestoreRole.STAND_IN)) {
            RestoreRole.requireStandIn(maintenance);
        }
        List<String> notes = new ArrayList<>(role.handOver(session, entries, owner, most));
        entries.stream()
                .filter(entry -> !entry.owner().isEmpty() && !parts.goesToItsOwner(entry))
                .map(Entry::owner)
                .distinct()
                .sorted()
                .forEach(powerful -> notes.add(
                        "Objects of %s, which has wider rights, now belong to %s.".formatted(powerful, standIn)));
        return notes;
    }

    /** Who gets what may not be given to its owner. */
    private String standIn() {
        return request.privileged() ? server.user() : RestoreRole.STAND_IN;
    }
}
