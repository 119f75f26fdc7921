package dev.sidecar.sets;

import dev.sidecar.sets.Manifest.EncryptedWith;
import dev.sidecar.sets.Manifest.FileKind;
import dev.sidecar.sets.Manifest.StoredFile;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks what was read from a store before anybody works with it: nothing that must be there is missing, no number is beyond what can be
 * counted with, and no name of a file leads out of its set.
 */
final class ManifestRules {

    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Set<String> SCHEMES = Set.of("age-x25519", "age-scrypt");
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");
    private static final long MOST_BYTES = 1L << 55;

    private ManifestRules() {}

    static void check(Manifest manifest) throws IOException {
        present("id", manifest.id());
        time("slot", manifest.slot());
        time("startedAt", manifest.startedAt());
        time("finishedAt", manifest.finishedAt());
        present("client", manifest.client());
        present("compression", manifest.compression());
        check(manifest.server());
        present("files", manifest.files());
        Set<String> names = new HashSet<>();
        for (StoredFile file : manifest.files()) {
            check(file, manifest.encryption());
            require(names.add(file.name()), "two files have the name " + file.name());
        }
        require(manifest.files(FileKind.DATABASE).size() == 1, "there must be one archive of the database");
        if (manifest.encryption() != null) {
            require(SCHEMES.contains(String.valueOf(manifest.encryption().scheme())), "its encryption is unknown");
            all("keyIds", manifest.encryption().keyIds());
        }
        check(manifest.contents());
        if (manifest.exclusions() != null) {
            all("exclusions.tables", manifest.exclusions().tables());
            all("exclusions.rows", manifest.exclusions().rows());
            all("exclusions.definitions", manifest.exclusions().definitions());
        }
        if (manifest.origin() != null) {
            present("origin.stack", manifest.origin().stack());
            present("origin.host", manifest.origin().host());
        }
    }

    static void check(StoredEvent event) throws IOException {
        present("type", event.type());
        time("at", event.at());
        present("detail", event.detail());
        if (event.checks() != null) {
            all("checks", event.checks());
            require(event.checks().size() <= StoredEvent.MOST_CHECKS, "there are too many checks");
            for (CheckResult check : event.checks()) {
                present("the outcome of a check", check.outcome());
            }
        }
        if (event.restoreTook() != null) {
            require(
                    !event.restoreTook().isNegative() && event.restoreTook().toDays() < 3650,
                    "restoreTook is out of range");
        }
    }

    private static void check(Manifest.@Nullable Server server) throws IOException {
        if (server == null) {
            throw missing("server");
        }
        present("server.version", server.version());
        present("server.systemIdentifier", server.systemIdentifier());
        present("server.encoding", server.encoding());
        present("server.collate", server.collate());
        present("server.ctype", server.ctype());
        present("server.localeProvider", server.localeProvider());
        all("server.definition", server.definition());
        all("server.schema", server.schema());
        require(server.versionNumber() >= 0, "server.versionNumber is out of range");
    }

    private static void check(@Nullable StoredFile file, @Nullable EncryptedWith encryption) throws IOException {
        if (file == null) {
            throw missing("a file");
        }
        String name = String.valueOf(file.name());
        require(
                FILE_NAME.matcher(name).matches() && !name.equals(Manifest.FILE),
                "a file has a name that none may have");
        present("kind", file.kind());
        require(file.sha256() != null && SHA256.matcher(file.sha256()).matches(), name + " has no checksum");
        require(bytes(file.storedBytes()) && bytes(file.plainBytes()), "the size of " + name + " is out of range");
        all("tables", file.tables());
        if (file.pieces() != null) {
            require(file.pieces().size() == Pieces.of(file.storedBytes()), name + " has another number of pieces");
            for (String piece : file.pieces()) {
                require(piece != null && SHA256.matcher(piece).matches(), "a piece of " + name + " has no checksum");
            }
        }
        boolean readable = file.kind() == FileKind.INSTRUCTIONS || file.kind() == FileKind.DEFINITION;
        require(
                name.endsWith(".age") == (encryption != null && !readable),
                name + " must be encrypted if the set is, and not otherwise");
    }

    private static void check(Manifest.@Nullable Contents contents) throws IOException {
        if (contents == null) {
            throw missing("contents");
        }
        all("tables", contents.tables());
        for (Manifest.Table table : contents.tables()) {
            check(table);
        }
        if (contents.rowsOfExtensions() != null) {
            all("rowsOfExtensions", contents.rowsOfExtensions());
            for (Manifest.ExtensionTable dumped : contents.rowsOfExtensions()) {
                require(
                        dumped.extension() != null && dumped.condition() != null && dumped.table() != null,
                        "a table of an extension is not described");
                check(dumped.table());
            }
        }
        all("sequences", contents.sequences());
        for (Manifest.Sequence sequence : contents.sequences()) {
            require(sequence.schema() != null && sequence.name() != null, "a sequence has no name");
        }
        all("extensions", contents.extensions());
        for (Manifest.Extension extension : contents.extensions()) {
            require(extension.name() != null, "an extension has no name");
        }
        all("roles", contents.roles());
        all("tablespaces", contents.tablespaces());
    }

    private static void check(Manifest.Table table) throws IOException {
        require(table.schema() != null && table.name() != null, "a table has no name");
        require(table.rows() == null || bytes(table.rows()), "the rows of a table are out of range");
    }

    private static void all(String name, @Nullable List<?> list) throws IOException {
        for (Object element : present(name, list)) {
            present("an element of " + name, element);
        }
    }

    private static boolean bytes(long number) {
        return number >= 0 && number <= MOST_BYTES;
    }

    private static void time(String name, @Nullable Instant time) throws IOException {
        Instant told = present(name, time);
        require(!told.isBefore(Instant.EPOCH) && told.isBefore(LATEST), name + " is out of range");
    }

    private static <T> T present(String name, @Nullable T value) throws IOException {
        if (value == null) {
            throw missing(name);
        }
        return value;
    }

    private static void require(boolean holds, String otherwise) throws IOException {
        if (!holds) {
            throw new IOException(otherwise);
        }
    }

    private static IOException missing(String name) {
        return new IOException(name + " is missing");
    }
}
