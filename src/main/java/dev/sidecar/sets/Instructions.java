package dev.sidecar.sets;

import dev.sidecar.sets.Manifest.EncryptedWith;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes RESTORE.md, which explains how to restore a set with stock tools and without the sidecar. A test runs its commands. */
public final class Instructions {

    /** Name of the file in a set. */
    public static final String FILE = "RESTORE.md";

    private Instructions() {}

    /** Writes the text for one set. */
    public static String text(
            BackupId id,
            Manifest.Server server,
            @Nullable EncryptedWith encryption,
            List<StoredFile> files,
            String client) {
        List<StoredFile> archives =
                files.stream().filter(file -> file.kind() == FileKind.TABLES).toList();
        return """
                # Restore this backup by hand

                Database %s, taken %s from PostgreSQL %s with %s. You need this folder, PostgreSQL %d or newer with its client
                programs, `zstd` (or `gzip`)%s. Run the commands in this folder, in a POSIX shell.

                1. Name the new server, with a role that may create databases and roles:

                ```sh
                export PGHOST="${PGHOST:-localhost}" PGPORT="${PGPORT:-5432}" PGUSER="${PGUSER:-postgres}" DB="${DB:-restored}"
                ```

                2. Verify the checksums.

                ```sh
                sha256sum -c <<'SUMS'
                %sSUMS
                ```

                3. %s

                ```sh
                %s```

                4. Create the roles and tablespaces, with the passwords of the old server; your own role is left out. You can ignore
                errors that say "already exists"; check any others.

                ```sh
                grep -vE "^(CREATE|ALTER) ROLE \\"?$PGUSER\\"?[ ;]" globals.sql | psql -d postgres -q || true
                ```

                5. Restore the database under a new name, so that nothing is overwritten:

                ```sh
                createdb -T template0 -E %s %s "$DB"
                %s%s```

                6. Compare: `manifest.json` has the number of rows of every table. Then rename the database while nobody is connected:
                `ALTER DATABASE restored RENAME TO …`. Delete the decoded files: they hold your data unencrypted.
                """.formatted(
                        Sql.identifier(id.database()),
                        id.takenAt(),
                        server.version(),
                        client,
                        server.major(),
                        needs(encryption),
                        sums(files),
                        encryption == null ? "Decompress." : "Decrypt and decompress.",
                        decode(files, encryption),
                        server.encoding(),
                        locale(server),
                        restore(archives),
                        definition(server));
    }

    private static String needs(@Nullable EncryptedWith encryption) {
        if (encryption == null) {
            return "";
        }
        return encryption.keyIds().isEmpty()
                ? ", `age`, and the passphrase"
                : ", `age`, and the secret key of one of " + String.join(", ", encryption.keyIds());
    }

    private static String sums(List<StoredFile> files) {
        StringBuilder sums = new StringBuilder();
        files.forEach(file ->
                sums.append(file.sha256()).append("  ").append(file.name()).append('\n'));
        return sums.toString();
    }

    private static String decode(List<StoredFile> files, @Nullable EncryptedWith encryption) {
        StringBuilder commands = new StringBuilder();
        for (StoredFile file : files) {
            String compressed = file.name().replaceFirst("\\.age$", "");
            String program = compressed.endsWith(".gz") ? "gzip -dc" : "zstd -dcq";
            String plain = plainName(file.name());
            if (encryption == null) {
                commands.append("%s %s > %s\n".formatted(program, compressed, plain));
            } else {
                String key = encryption.keyIds().isEmpty() ? "" : " -i \"${KEY:-key.txt}\"";
                commands.append("age -d%s %s | %s > %s\n".formatted(key, file.name(), program, plain));
            }
        }
        return commands.toString();
    }

    private static String plainName(String name) {
        return name.replaceFirst("\\.(zst|gz)(\\.age)?$", "");
    }

    private static String locale(Manifest.Server server) {
        String libc = "--lc-collate=%s --lc-ctype=%s".formatted(quoted(server.collate()), quoted(server.ctype()));
        String provider = server.localeProvider();
        return provider.equals("libc")
                ? libc
                : "%s --locale-provider=%s --%s-locale=%s"
                        .formatted(libc, provider, provider, quoted(String.valueOf(server.icuLocale())));
    }

    private static String restore(List<StoredFile> archives) {
        if (archives.isEmpty()) {
            return "pg_restore --exit-on-error -j 4 -d \"$DB\" database.dump\n";
        }
        StringBuilder commands = new StringBuilder();
        commands.append("pg_restore --exit-on-error --section=pre-data -d \"$DB\" database.dump\n");
        commands.append("pg_restore --exit-on-error --section=data -j 4 -d \"$DB\" database.dump\n");
        for (StoredFile archive : archives) {
            commands.append(
                    "pg_restore --exit-on-error --section=data -d \"$DB\" %s\n".formatted(plainName(archive.name())));
        }
        commands.append("pg_restore --exit-on-error --section=post-data -j 4 -d \"$DB\" database.dump\n");
        return commands.toString();
    }

    private static String definition(Manifest.Server server) {
        StringBuilder commands = new StringBuilder();
        for (String statement : server.definition()) {
            // psql replaces :"DB" only in its input, not in the argument of -c.
            commands.append("psql -d postgres -v ON_ERROR_STOP=1 -v DB=\"$DB\" -q <<'SQL'\n")
                    .append(statement.replace(":database", ":\"DB\""))
                    .append(";\nSQL\n");
        }
        return commands.toString();
    }

    private static String quoted(String argument) {
        return "'" + argument.replace("'", "'\\''") + "'";
    }
}
