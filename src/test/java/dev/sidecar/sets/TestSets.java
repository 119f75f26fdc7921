package dev.sidecar.sets;

import dev.sidecar.settings.Identity;
import dev.sidecar.stores.Store;
import dev.sidecar.support.BoundSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The format as other rooms' tests need it. */
public final class TestSets {

    /** One key for all tests, so that one process reads what another has written. */
    private static final String KEY = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
            -----END PRIVATE KEY-----
            """;

    private static final Path KEYS = keys();

    private TestSets() {}

    private static Path keys() {
        try {
            Path directory = Files.createTempDirectory("signing");
            Path file = Files.createFile(
                    directory.resolve(SigningKey.FILE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, KEY);
            // The last one named goes first.
            directory.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Encryption encryption(Map<String, ?> settings) {
        return new Encryption(
                BoundSettings.ofBackup(settings, SetProperties.class).encryption());
    }

    /** Signs and checks with the key of the tests, or with that of the directory in the settings. */
    public static Signatures signatures(Map<String, ?> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.putIfAbsent("signing.directory", KEYS.toString());
        return new Signatures(
                BoundSettings.ofBackup(all, SetProperties.class).signing(),
                new Identity(
                        String.valueOf(settings.containsKey("stack") ? settings.get("stack") : "local"),
                        "h1",
                        "sidecar",
                        "test"));
    }

    /** The stores as a sidecar without encryption sees them. */
    public static Catalogue catalogue(List<? extends Store> stores) {
        return catalogue(stores, Map.of());
    }

    public static Catalogue catalogue(List<? extends Store> stores, Map<String, ?> settings) {
        return new Catalogue(List.copyOf(stores), signatures(settings), encryption(settings));
    }

    /** Returns the manifest as its file in a set. */
    public static byte[] file(Manifest manifest) {
        return ManifestFile.write(manifest);
    }

    /** Returns a manifest or event that somebody changed, with a checksum that fits again; a signature no longer does. */
    public static String resealed(String changed) {
        int at = changed.lastIndexOf("\"\n}") - 64;
        String zeros = changed.substring(0, at) + "0".repeat(64) + changed.substring(at + 64);
        String sum = Sha256.of(zeros.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return changed.substring(0, at) + sum + changed.substring(at + 64);
    }

    /** Writes the manifest of a set as its sidecar would, signed anew. */
    public static void publish(Manifest manifest, Store store) throws IOException {
        byte[] bytes = ManifestFile.write(manifest);
        for (String file : List.of(
                Manifest.FILE,
                Signatures.SUMS,
                Signatures.fileOf(Signatures.SUMS, signatures(Map.of()).keyId()),
                Signatures.fileOf(Manifest.FILE, signatures(Map.of()).keyId()))) {
            store.delete(manifest.id() + "/" + file);
        }
        signatures(Map.of()).write(store, manifest.id(), bytes, manifest.files());
        store.write(manifest.id() + "/" + Manifest.FILE, bytes);
    }

    public static Compression compression(Map<String, ?> settings) {
        return new Compression(
                BoundSettings.ofBackup(settings, SetProperties.class).compression());
    }
}
