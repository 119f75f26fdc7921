package dev.sidecar.definitions;

import dev.sidecar.postgres.Session;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.sets.SetReader;
import dev.sidecar.sets.SetWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the description of a database in a set, and compares it with a database that was restored from the set. */
public final class DefinitionsOfSet {

    /** A hundred thousand tables have a tenth of it. */
    private static final long LARGEST = 4L << 30;

    private DefinitionsOfSet() {}

    /** Writes the description of the session's database into the set. */
    public static StoredFile write(SetWriter set, Session session, Manifest.Server server) throws InterruptedException {
        return set.write(Definitions.FILE, FileKind.DESCRIPTION, out -> {
            try {
                Definitions.write(session, server.versionNumber(), out);
            } catch (SQLException e) {
                throw new BackupFailure(
                        Reason.DUMP, "The definitions of the database cannot be read: " + e.getMessage(), e);
            }
        });
    }

    /**
     * Compares a restored database with the description in its set.
     *
     * @param folder for the decoded description, which is removed again
     * @param tablespaces whether the restored database has its tablespaces
     * @return empty if they cannot be compared; {@link #obstacle} says why
     */
    public static Optional<DefinitionComparison> compare(
            SetReader reader, Manifest manifest, Path folder, Session restored, boolean tablespaces) {
        return compare(reader, manifest, folder, restored, scope(manifest, tablespaces));
    }

    /**
     * Finds what a database that is being loaded has in addition or otherwise, before anything of it is given to its owners. A set of an older
     * major is compared, too; what the two write in another way is among the differences then.
     *
     * @param folder for the decoded description, which is removed again
     * @return empty if they cannot be compared; {@link #obstacle} says why
     */
    public static Optional<DefinitionComparison> compareWhileLoading(
            SetReader reader, Manifest manifest, Path folder, Session restored) {
        return compare(reader, manifest, folder, restored, scope(manifest, true).whileLoading());
    }

    private static DefinitionScope scope(Manifest manifest, boolean tablespaces) {
        return DefinitionScope.ofEncoding(manifest.server().encoding(), tablespaces)
                .without(manifest.leftOut().definitions());
    }

    private static Optional<DefinitionComparison> compare(
            SetReader reader, Manifest manifest, Path folder, Session restored, DefinitionScope scope) {
        List<StoredFile> files = manifest.files(FileKind.DESCRIPTION);
        if (files.isEmpty()) {
            return Optional.empty();
        }
        if (bytes(manifest) > LARGEST) {
            throw new BackupFailure(
                    Reason.UNPROVEN,
                    "The description of the definitions has more than %d GB.".formatted(LARGEST >> 30));
        }
        Path description = null;
        try {
            description = Files.createTempFile(folder, "definitions", ".tsv");
            try (OutputStream out = Files.newOutputStream(description)) {
                reader.decode(files.get(0), out);
            }
            return compare(description, restored, scope);
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot decode the definitions into %s: %s".formatted(folder, e), e);
        } finally {
            delete(description);
        }
    }

    private static Optional<DefinitionComparison> compare(Path description, Session restored, DefinitionScope scope) {
        try (InputStream in = Files.newInputStream(description)) {
            return Definitions.compare(in, restored, Integer.parseInt(restored.text("SHOW server_version_num")), scope);
        } catch (IOException e) {
            throw new BackupFailure(
                    Reason.UNPROVEN, "Cannot read the description of the definitions: " + e.getMessage(), e);
        } catch (SQLException | NumberFormatException e) {
            throw new BackupFailure(
                    Reason.UNPROVEN, "Cannot read the definitions of the restored database: " + e.getMessage(), e);
        }
    }

    private static void delete(@Nullable Path description) {
        try {
            if (description != null) {
                Files.deleteIfExists(description);
            }
        } catch (IOException e) {
            // Its folder is removed with all that is in it.
        }
    }

    /** Tells whether the set says what it defines. One that an old version took does not. */
    public static boolean isDescribed(Manifest manifest) {
        return !manifest.files(FileKind.DESCRIPTION).isEmpty();
    }

    /** Counts the bytes of the description, decoded. */
    public static long bytes(Manifest manifest) {
        return manifest.files(FileKind.DESCRIPTION).stream()
                .mapToLong(StoredFile::plainBytes)
                .sum();
    }

    /** Says why a set cannot be compared. @param major of the server that it was restored into */
    public static String obstacle(Manifest manifest, int major) {
        if (!isDescribed(manifest)) {
            return "Definitions were not compared: the backup was taken by an older version, which did not describe them.";
        }
        return major == manifest.server().major()
                ? "Definitions were not compared: another version of the sidecar described them."
                : "Definitions were not compared: they are of PostgreSQL %d and were restored into %d."
                        .formatted(manifest.server().major(), major);
    }
}
