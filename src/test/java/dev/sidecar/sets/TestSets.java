package dev.sidecar.sets;

import dev.sidecar.support.BoundSettings;
import java.util.Map;

/** The format as other rooms' tests need it. */
public final class TestSets {

    private TestSets() {}

    public static Encryption encryption(Map<String, ?> settings) {
        return new Encryption(
                BoundSettings.ofBackup(settings, SetProperties.class).encryption());
    }

    /** Returns the manifest as its file in the set. */
    public static byte[] file(Manifest manifest) {
        return ManifestFile.write(manifest);
    }

    public static Compression compression(Map<String, ?> settings) {
        return new Compression(
                BoundSettings.ofBackup(settings, SetProperties.class).compression());
    }
}
