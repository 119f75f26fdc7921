package dev.sidecar.sets;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Describes a backup and its contents. The manifest is written last and never changed; the manifests are the only catalogue. The contents
 * were counted in the same snapshot that the dump was taken from, so a restore can be compared exactly.
 *
 * @param format version of this layout, 1
 * @param id the backup
 * @param slot the scheduled time it was taken for; the start for a manual backup
 * @param startedAt when the snapshot was taken
 * @param finishedAt when the last file was stored
 * @param server the server it was taken from
 * @param client version of pg_dump, as it prints it
 * @param compression method and level, such as {@code zstd-1}, {@code gzip-9}
 * @param encryption absent if the files are not encrypted
 * @param files every file of the set but the manifest, in the order of a restore
 * @param contents the contents that a restore must have
 * @param origin who took it; absent in sets from before they were signed
 * @param exclusions what was left out on purpose; absent if nothing was
 */
public record Manifest(
        int format,
        BackupId id,
        Instant slot,
        Instant startedAt,
        Instant finishedAt,
        Server server,
        String client,
        String compression,
        @Nullable EncryptedWith encryption,
        List<StoredFile> files,
        Contents contents,
        @Nullable Origin origin,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Exclusions exclusions) {

    /** Describes a backup of which nothing was left out. */
    public Manifest(
            int format,
            BackupId id,
            Instant slot,
            Instant startedAt,
            Instant finishedAt,
            Server server,
            String client,
            String compression,
            @Nullable EncryptedWith encryption,
            List<StoredFile> files,
            Contents contents,
            @Nullable Origin origin) {
        this(
                format,
                id,
                slot,
                startedAt,
                finishedAt,
                server,
                client,
                compression,
                encryption,
                files,
                contents,
                origin,
                null);
    }

    /** Describes a backup of which nobody says who took it. */
    public Manifest(
            int format,
            BackupId id,
            Instant slot,
            Instant startedAt,
            Instant finishedAt,
            Server server,
            String client,
            String compression,
            @Nullable EncryptedWith encryption,
            List<StoredFile> files,
            Contents contents) {
        this(format, id, slot, startedAt, finishedAt, server, client, compression, encryption, files, contents, null);
    }

    /**
     * Says who took the backup, and after which. The signature covers it, so that a set is none of another stack, and no set can be put in the
     * place of the one before.
     *
     * @param stack name of the stack
     * @param host name of the machine
     * @param previous id of the newest backup of the database at that time; absent for the first
     * @param previousSha256 of that backup's manifest, in hexadecimal
     */
    public record Origin(
            String stack,
            String host,
            @Nullable String previous,
            @Nullable String previousSha256) {}

    /** Returns the same manifest with its origin. */
    public Manifest of(Origin from) {
        return with(from, exclusions);
    }

    /** Returns the same manifest with what was left out. */
    public Manifest without(Exclusions left) {
        return with(origin, left.isNone() ? null : left);
    }

    private Manifest with(@Nullable Origin from, @Nullable Exclusions left) {
        return new Manifest(
                format,
                id,
                slot,
                startedAt,
                finishedAt,
                server,
                client,
                compression,
                encryption,
                files,
                contents,
                from,
                left);
    }

    /** Returns what was left out on purpose. */
    public Exclusions leftOut() {
        return exclusions == null ? Exclusions.NONE : exclusions;
    }

    /**
     * The part that was left out of a backup on purpose.
     *
     * @param tables that are not in the backup at all, by qualified name
     * @param rows tables whose rows are not, by qualified name
     * @param definitions names of the tables that are not and of what belongs to them, as PostgreSQL quotes them
     */
    public record Exclusions(List<String> tables, List<String> rows, List<String> definitions) {

        /** Nothing. */
        public static final Exclusions NONE = new Exclusions(List.of(), List.of(), List.of());

        private static final int SHOWN = 20;

        /** Tells whether nothing was left out. */
        public boolean isNone() {
            return tables.isEmpty() && rows.isEmpty();
        }

        /** Tells whether a table, or its rows, were left out. @param qualifiedName as {@link Table#qualifiedName} has it */
        public boolean includes(String qualifiedName) {
            return tables.contains(qualifiedName) || rows.contains(qualifiedName);
        }

        /** Says it for a person, a sentence for each kind. */
        public List<String> sentences() {
            List<String> sentences = new ArrayList<>();
            if (!tables.isEmpty()) {
                sentences.add("Left out on purpose: %s.".formatted(names(tables)));
            }
            if (!rows.isEmpty()) {
                sentences.add("Left out on purpose: the rows of %s.".formatted(names(rows)));
            }
            return sentences;
        }

        private static String names(List<String> all) {
            String first = String.join(", ", all.subList(0, Math.min(SHOWN, all.size())));
            return all.size() > SHOWN ? "%s and %d more".formatted(first, all.size() - SHOWN) : first;
        }
    }

    /** Name of the manifest's own file in a set. */
    public static final String FILE = "manifest.json";

    /** Returns the size of the whole set in storage, without the manifest. */
    public long storedBytes() {
        return files.stream().mapToLong(StoredFile::storedBytes).sum();
    }

    /** Returns how many bytes pg_dump wrote, before compression. */
    public long dumpBytes() {
        return files.stream().mapToLong(StoredFile::plainBytes).sum();
    }

    /** Returns the time from the snapshot to the last stored byte. */
    public Duration duration() {
        return Duration.between(startedAt, finishedAt);
    }

    /** Returns the files of one kind. */
    public List<StoredFile> files(FileKind kind) {
        return files.stream().filter(file -> file.kind() == kind).toList();
    }

    /**
     * Describes the server and the database's own settings.
     *
     * @param version as the server prints it, such as {@code 15.14}
     * @param versionNumber such as {@code 150014}
     * @param systemIdentifier tells this cluster from any other
     * @param encoding such as {@code UTF8}
     * @param collate LC_COLLATE
     * @param ctype LC_CTYPE
     * @param localeProvider {@code libc}, {@code icu} or {@code builtin}
     * @param icuLocale of the providers icu and builtin, absent for libc
     * @param collationVersion the operating system's version of the collation, absent if unknown
     * @param definition SQL that gives a restored database its owner, settings and grants; its name stands as {@code :database}
     * @param icuRules what the database sorts otherwise than its ICU locale, absent if nothing
     * @param schema SQL that changes the schema that every new database has, to be run in it before anything is restored; absent if none
     */
    public record Server(
            String version,
            int versionNumber,
            String systemIdentifier,
            String encoding,
            String collate,
            String ctype,
            String localeProvider,
            @Nullable String icuLocale,
            @Nullable String collationVersion,
            List<String> definition,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String icuRules,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> schema) {

        public Server {
            schema = schema == null ? List.of() : List.copyOf(schema);
        }

        /** One that sorts by its locale alone, with the schema that every new database has. */
        public Server(
                String version,
                int versionNumber,
                String systemIdentifier,
                String encoding,
                String collate,
                String ctype,
                String localeProvider,
                @Nullable String icuLocale,
                @Nullable String collationVersion,
                List<String> definition) {
            this(
                    version,
                    versionNumber,
                    systemIdentifier,
                    encoding,
                    collate,
                    ctype,
                    localeProvider,
                    icuLocale,
                    collationVersion,
                    definition,
                    null,
                    List.of());
        }

        /** Returns the major version, such as 15. */
        public int major() {
            return versionNumber / 10_000;
        }

        /** Returns the locale that sorts texts, such as {@code de_DE.UTF-8}, or {@code de-AT} of ICU. */
        public String localeName() {
            return icuLocale == null ? collate : icuLocale;
        }
    }

    /**
     * Describes how the files were encrypted.
     *
     * @param scheme {@code age-x25519} or {@code age-scrypt}
     * @param keyIds the public recipients, one of whose secret keys opens it; empty for a passphrase
     */
    public record EncryptedWith(String scheme, List<String> keyIds) {}

    /** The purpose of a file in a set. */
    public enum FileKind {
        /** pg_dump's archive in custom format: everything but the rows of the tables that have archives of their own. */
        DATABASE,
        /** pg_dump's archive of the rows of some large tables. */
        TABLES,
        /** Roles and tablespaces, as SQL. */
        GLOBALS,
        /** SQL that makes the database, or gives it its owner, settings and grants; neither compressed nor encrypted, like the manifest. */
        DEFINITION,
        /** The description that a restored database is compared with, besides rows. Older sets have no such file. */
        DESCRIPTION,
        /** The instructions for a restore by hand. */
        INSTRUCTIONS
    }

    /**
     * Describes one file of the set.
     *
     * @param name within the set
     * @param kind its purpose
     * @param storedBytes its size in storage
     * @param plainBytes its size before compression and encryption
     * @param sha256 of the stored bytes, in hexadecimal
     * @param tables whose rows an archive of kind TABLES holds, by qualified name; empty for other kinds
     * @param pieces the SHA-256 of each piece of {@link Pieces#SIZE} of the stored bytes, so that none of them is decoded unchecked; absent in sets
     *     from before they were signed
     */
    public record StoredFile(
            String name,
            FileKind kind,
            long storedBytes,
            long plainBytes,
            String sha256,
            List<String> tables,
            @Nullable List<String> pieces) {

        /** Describes a file of which only the whole has a checksum. */
        public StoredFile(
                String name, FileKind kind, long storedBytes, long plainBytes, String sha256, List<String> tables) {
            this(name, kind, storedBytes, plainBytes, sha256, tables, null);
        }

        /** Returns the same file with the tables it holds. */
        public StoredFile of(List<Table> tables) {
            return new StoredFile(
                    name,
                    kind,
                    storedBytes,
                    plainBytes,
                    sha256,
                    tables.stream().map(Table::qualifiedName).toList(),
                    pieces);
        }
    }

    /**
     * The contents of the snapshot.
     *
     * @param tables every table that holds rows, partitions one by one
     * @param sequences their values before and after the dump, as sequences do not obey snapshots
     * @param largeObjects how many
     * @param extensions installed, with versions
     * @param roles that own something or were granted something
     * @param tablespaces used, besides the default
     * @param rowsOfExtensions that are in the dump although CREATE EXTENSION makes their tables; absent in older sets
     */
    public record Contents(
            List<Table> tables,
            List<Sequence> sequences,
            long largeObjects,
            List<Extension> extensions,
            List<String> roles,
            List<String> tablespaces,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<ExtensionTable> rowsOfExtensions) {

        /** The value of sets of an older version. */
        public Contents(
                List<Table> tables,
                List<Sequence> sequences,
                long largeObjects,
                List<Extension> extensions,
                List<String> roles,
                List<String> tablespaces) {
            this(tables, sequences, largeObjects, extensions, roles, tablespaces, null);
        }

        /** Returns the tables of extensions whose rows are in the dump; none if the set does not say. */
        public List<ExtensionTable> extensionTables() {
            return rowsOfExtensions == null ? List.of() : rowsOfExtensions;
        }

        /** Rows of all counted tables. */
        public long rows() {
            return tables.stream()
                    .flatMap(table -> table.counted().stream())
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    /**
     * One table.
     *
     * @param rows exact number in the snapshot, absent if the table was too large to be counted
     * @param bytes on disk, without indexes
     * @param digest of all rows regardless of order, absent if not asked for
     * @param logged false for an unlogged table
     */
    public record Table(
            String schema,
            String name,
            @Nullable Long rows,
            long bytes,
            @Nullable String digest,
            boolean logged) {

        /** Stands before digests of rows as COPY writes them; those of older versions were made by a query. */
        public static final String COPIED_DIGEST = "copy:";

        /** The same without a digest. */
        public Table withoutDigest() {
            return new Table(schema, name, rows, bytes, null, logged);
        }

        /** Schema and name, quoted where needed. */
        public String qualifiedName() {
            return Sql.identifier(schema) + "." + Sql.identifier(name);
        }

        Optional<Long> counted() {
            return Optional.ofNullable(rows);
        }
    }

    /** One sequence: its last value read before and after the dump; absent where it was never used. */
    public record Sequence(
            String schema,
            String name,
            @Nullable Long before,
            @Nullable Long after) {

        /** Schema and name, quoted where needed. */
        public String qualifiedName() {
            return Sql.identifier(schema) + "." + Sql.identifier(name);
        }
    }

    /**
     * A table that an extension made and in which it keeps rows of the application, such as its configuration.
     *
     * @param extension its name
     * @param condition a WHERE clause that the dumped rows fulfil; empty if all are dumped
     * @param table whose count and digest are of those rows only
     */
    public record ExtensionTable(String extension, String condition, Table table) {}

    /** One extension. */
    public record Extension(String name, String version) {}
}
