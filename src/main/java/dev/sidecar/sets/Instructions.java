package dev.sidecar.sets;

import dev.sidecar.sets.Manifest.EncryptedWith;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes RESTORE.md, which explains how to restore a set with stock tools and without the sidecar, and the SQL beside it. A test runs its
 * commands. They name nothing but files of the set and settings of the person who restores: texts of a database stand in files of SQL, which
 * psql reads restricted, so that nothing in them is a command.
 */
public final class Instructions {

    /** Name of the file in a set. */
    public static final String FILE = "RESTORE.md";

    /** Name of the SQL that makes the database. */
    public static final String CREATE_FILE = "create.sql";

    /** Name of the SQL that changes the schema of every new database, which few sets have. */
    public static final String SCHEMA_FILE = "schema.sql";

    /** Name of the SQL that gives the database its owner, settings and grants. */
    public static final String DEFINITION_FILE = "definition.sql";

    /** The place of the new database's name, which psql fills in and quotes. */
    private static final String NAME = ":\"DB\"";

    private Instructions() {}

    /** Writes the text for one set. @param keyId id of the key that signs the set */
    public static String text(
            BackupId id,
            Manifest.Server server,
            @Nullable EncryptedWith encryption,
            List<StoredFile> files,
            String client,
            String keyId) {
        List<StoredFile> archives =
                files.stream().filter(file -> file.kind() == FileKind.TABLES).toList();
        String create = run(CREATE_FILE) + (server.schema().isEmpty() ? "" : run(SCHEMA_FILE, "\"$DB\""));
        return """
                # Restore this backup by hand

                Database `%s` (other characters than letters, digits, `-` and `_` are written as `~` and two hexadecimal digits), taken
                %s from PostgreSQL %s with %s. You need this folder, PostgreSQL %d or newer with its client programs, `zstd`
                (or `gzip`)%s, and `openssl` 3. Run the commands in this folder, in a POSIX shell.

                1. Check that the backup is yours, and whole. `PUBLIC_KEY` is the file of the public key that `sidecar key` printed, which you
                kept elsewhere; its id is %s. Whoever can write to this folder can change this page, too: compare the next two commands
                with `docs/restore.md` of the sidecar, and stop if one of them fails.

                ```sh
                openssl pkeyutl -verify -pubin -inkey "${PUBLIC_KEY:-backup-signing-key.pub}" -rawin -in SHA256SUMS -sigfile %s
                sha256sum -c SHA256SUMS
                ```

                2. Name the new server, with a role that may create databases and roles. The second command fails if your `psql` is from
                before August 2025 and cannot be restricted; then use a newer one, as names and settings of the old server are in what it reads.

                ```sh
                export PGHOST="${PGHOST:-localhost}" PGPORT="${PGPORT:-5432}" PGUSER="${PGUSER:-postgres}" DB="${DB:-restored}"
                printf '\\\\restrict check\\n\\\\unrestrict check\\n' | psql -X -q -v ON_ERROR_STOP=1 -d postgres
                RESTRICT="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"
                ```

                3. %s

                ```sh
                %s```

                4. Create the roles and tablespaces, with the passwords of the old server; your own role is left out. You can ignore
                errors that say "already exists"; check any others.

                ```sh
                { printf '\\\\restrict %%s\\n' "$RESTRICT"; grep -avE "^(CREATE|ALTER) ROLE \"?$PGUSER\"?[ ;]" globals.sql; } | psql -X -q -d postgres || true
                ```

                5. Restore the database under a new name, so that nothing is overwritten. If a command stops with a deadlock, drop the new
                database, `export JOBS=1`, and repeat:

                ```sh
                %s%s%s```

                6. Compare: `manifest.json` has the number of rows of every table. Then rename the database while nobody is connected:
                `ALTER DATABASE restored RENAME TO …`. Delete the decoded files: they hold your data unencrypted.

                7. Only if something does not restore, and you want the rest: this goes on past errors, into a database of another name, and
                tries once more what failed because something else was not there yet. At the end it prints each object that is missing;
                `errors.txt` says why.

                ```sh
                %s%s%s%s```
                """.formatted(
                        BackupId.encode(id.database()),
                        id.takenAt(),
                        shown(server.version()),
                        shown(client),
                        server.major(),
                        needs(encryption),
                        keyId,
                        Signatures.fileOf(Signatures.SUMS, keyId),
                        encryption == null ? "Decompress." : "Decrypt and decompress.",
                        decode(files, encryption),
                        create,
                        restore(archives),
                        run(DEFINITION_FILE),
                        "export LC_ALL=C DB=\"${DB}_partly\"\n",
                        create,
                        restoreTheRest(archives),
                        run(DEFINITION_FILE).replaceFirst("\n$", " || true\n"));
    }

    /** Writes the SQL that makes an empty database like the one that was backed up. */
    public static String create(Manifest.Server server) {
        return script(List.of(createStatement(SqlScript.DATABASE, server)));
    }

    /** Writes the SQL that gives the database what an archive of it does not hold. */
    public static String definition(Manifest.Server server) {
        return "-- Owner, grants and settings of the database.\n" + script(server.definition());
    }

    /** Writes the SQL for {@link #SCHEMA_FILE}, which changes the empty database before anything is restored. */
    public static String schema(Manifest.Server server) {
        return script(server.schema());
    }

    private static String script(List<String> statements) {
        return statements.stream()
                .map(statement -> SqlScript.named(statement, NAME) + ";\n")
                .collect(Collectors.joining());
    }

    private static String createStatement(String name, Manifest.Server like) {
        String locale = Sql.literal(String.valueOf(like.icuLocale()));
        String provider = switch (like.localeProvider()) {
            case "icu" ->
                " LOCALE_PROVIDER icu ICU_LOCALE " + locale
                        + (like.icuRules() == null ? "" : " ICU_RULES " + Sql.literal(like.icuRules()));
            case "builtin" -> " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + locale;
            default -> "";
        };
        return "CREATE DATABASE %s TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s%s"
                .formatted(
                        name,
                        Sql.literal(like.encoding()),
                        Sql.literal(like.collate()),
                        Sql.literal(like.ctype()),
                        provider);
    }

    /** A server says its version, and a setting names the keys: what a page or a shell could take for more is left out. */
    private static String shown(String text) {
        return text.replaceAll("[^A-Za-z0-9 .,_+~()-]", "?");
    }

    private static String needs(@Nullable EncryptedWith encryption) {
        if (encryption == null) {
            return "";
        }
        return encryption.keyIds().isEmpty()
                ? ", `age`, and the passphrase"
                : ", `age`, and the secret key of one of " + shown(String.join(", ", encryption.keyIds()));
    }

    private static String run(String file) {
        return run(file, "postgres");
    }

    private static String run(String file, String database) {
        return "{ printf '\\\\restrict %%s\\n' \"$RESTRICT\"; cat %s; } | psql -X -q -v ON_ERROR_STOP=1 -v DB=\"$DB\" -d %s\n"
                .formatted(file, database);
    }

    private static String decode(List<StoredFile> files, @Nullable EncryptedWith encryption) {
        StringBuilder commands = new StringBuilder();
        for (StoredFile file : files) {
            if (file.kind() == FileKind.DEFINITION || file.kind() == FileKind.DESCRIPTION) {
                continue;
            }
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

    /** Event triggers come last: they act on all that is restored after them, and pg_restore fills materialized views after them. */
    private static String restore(List<StoredFile> archives) {
        StringBuilder commands = new StringBuilder();
        commands.append("pg_restore --list database.dump > contents.list\n");
        commands.append("grep -av ' EVENT TRIGGER ' contents.list > first.list\n");
        commands.append("grep -a ' EVENT TRIGGER ' contents.list > last.list || true\n");
        commands.append("pg_restore --exit-on-error --section=pre-data -d \"$DB\" database.dump\n");
        commands.append("pg_restore --exit-on-error --section=data -d \"$DB\" database.dump\n");
        for (StoredFile archive : archives) {
            commands.append(
                    "pg_restore --exit-on-error --section=data -d \"$DB\" %s\n".formatted(plainName(archive.name())));
        }
        commands.append(
                "pg_restore --exit-on-error --section=post-data -L first.list -j \"${JOBS:-4}\" -d \"$DB\" database.dump\n");
        commands.append("pg_restore --exit-on-error -L last.list -d \"$DB\" database.dump\n");
        return commands.toString();
    }

    /** The same past errors. An error, where pg_restore is verbose, names its entry by the number of its line in the list of contents, so what failed becomes a list
     * again. */
    private static String restoreTheRest(List<StoredFile> archives) {
        StringBuilder commands = new StringBuilder();
        commands.append("""
                failed() { list=$1; shift; sed -n 's/^pg_restore: from TOC entry \\([0-9]*\\);.*/\\1/p' "$@" | awk -F ';' 'NR == FNR { failed[$1]; next } $1 in failed' - "$list"; }
                pg_restore --list database.dump > contents.list
                grep -av ' EVENT TRIGGER ' contents.list > first.list
                grep -a ' EVENT TRIGGER ' contents.list > last.list || true
                pg_restore -v --section=pre-data -d "$DB" database.dump 2> once.txt || true
                failed contents.list once.txt > again.list
                pg_restore -v -L again.list -d "$DB" database.dump 2> before.txt || true
                pg_restore -v --section=data -d "$DB" database.dump 2> rows.txt || true
                """);
        for (StoredFile archive : archives) {
            commands.append("""
                    pg_restore --list %1$s > %1$s.list
                    pg_restore -v --section=data -d "$DB" %1$s 2> once.txt || true
                    failed %1$s.list once.txt > %1$s.again
                    """.formatted(plainName(archive.name())));
        }
        commands.append("""
                pg_restore -v --section=post-data -L first.list -d "$DB" database.dump 2> after.txt || true
                pg_restore -v -L last.list -d "$DB" database.dump 2> last.txt || true
                failed contents.list before.txt rows.txt after.txt last.txt > again.list
                pg_restore -v -L again.list -d "$DB" database.dump 2> errors.txt || true
                failed contents.list errors.txt > missing.list
                """);
        for (StoredFile archive : archives) {
            commands.append("""
                    pg_restore -v -L %1$s.again -d "$DB" %1$s 2> once.txt || true
                    failed %1$s.list once.txt >> missing.list
                    cat once.txt >> errors.txt
                    """.formatted(plainName(archive.name())));
        }
        return commands.append("cat -v missing.list\n").toString();
    }
}
