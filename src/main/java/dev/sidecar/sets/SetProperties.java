package dev.sidecar.sets;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings for the files of a set.
 *
 * @param compression how files are compressed
 * @param encryption how files are encrypted; they are not if neither recipients nor a passphrase is set
 * @param signing how sets are signed
 */
@ConfigurationProperties("sidecar.backup")
record SetProperties(
        @DefaultValue CompressionSettings compression,
        @DefaultValue EncryptionSettings encryption,
        @DefaultValue Signing signing) {

    /**
     * @param directory directory of the key that signs sets, made at the first start; no directory of a store
     * @param trustedKeys public keys (PEM, or the base64 between its marks) whose sets are accepted like this sidecar's own
     */
    record Signing(Path directory, @DefaultValue({}) List<String> trustedKeys) {

        Signing {
            String all = String.join(",", trustedKeys);
            try {
                parse(all);
            } catch (IllegalArgumentException e) {
                throw new InvalidSetting(
                        "sidecar.backup.signing.trusted-keys",
                        all,
                        "be Ed25519 public keys, PEM or the base64 between its marks, separated by commas");
            }
        }

        private static List<VerifyingKey> parse(String keys) {
            return keys.isBlank() ? List.of() : VerifyingKey.parse(keys);
        }

        /** Refuses a key that lies among the backups: who can write there could sign with it. */
        void requireOutside(Path store) {
            InvalidSetting.unless(
                    !directory.toAbsolutePath().normalize().startsWith(store),
                    "sidecar.backup.signing.directory",
                    directory,
                    "not lie in the directory of the backups, " + store);
        }

        List<VerifyingKey> keys() {
            return parse(String.join(",", trustedKeys));
        }
    }

    /**
     * @param method {@code zstd}, or {@code gzip} if you may have to restore by hand where zstd is not installed
     * @param level 0 for the method's default: zstd level 1, tuned for repeated rows; gzip level 9
     */
    record CompressionSettings(
            @DefaultValue("zstd") String method,
            @DefaultValue("0") int level) {

        CompressionSettings {
            boolean zstd = method.equals("zstd");
            InvalidSetting.unless(
                    zstd || method.equals("gzip"), "sidecar.backup.compression.method", method, "be zstd or gzip");
            InvalidSetting.unless(
                    level >= 0 && level <= (zstd ? 19 : 9),
                    "sidecar.backup.compression.level",
                    level,
                    zstd ? "be 1 to 19, or 0 for the default" : "be 1 to 9, or 0 for the default");
            level = level != 0 ? level : zstd ? 1 : 9;
        }

        /** Returns method and level as the manifest names them, such as {@code zstd-1}. */
        String label() {
            return method + "-" + level;
        }
    }

    /**
     * @param recipients age public keys ({@code age1…}); anyone with one of the secret keys can restore
     * @param identity the secret key ({@code AGE-SECRET-KEY-1…}); set it only if this host must verify and restore
     * @param passphrase use it instead of recipients
     */
    record EncryptionSettings(
            @DefaultValue({}) List<String> recipients,
            @Nullable Secret identity,
            @Nullable Secret passphrase) {

        EncryptionSettings {
            recipients = recipients.stream()
                    .map(String::strip)
                    .filter(r -> !r.isEmpty())
                    .toList();
            InvalidSetting.unless(
                    passphrase == null || recipients.isEmpty(),
                    "sidecar.backup.encryption.passphrase",
                    "***",
                    "be left out when recipients are set: use one of the two");
        }

        boolean isOn() {
            return !recipients.isEmpty() || passphrase != null;
        }
    }
}
