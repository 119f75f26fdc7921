package dev.sidecar.sets;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the files of a set are written.
 *
 * @param compression how files are compressed
 * @param encryption to whom files are encrypted; nothing given means not at all
 */
@ConfigurationProperties("sidecar.backup")
record SetProperties(
        @DefaultValue Compression compression, @DefaultValue Encryption encryption) {

    /**
     * @param method {@code zstd}, or {@code gzip} where zstd is not at hand for a restore with bare hands
     * @param level 0 for the method's default: zstd 1 with a memory for rows, gzip 9
     */
    record Compression(
            @DefaultValue("zstd") String method,
            @DefaultValue("0") int level) {

        Compression {
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

        /** As in the manifest, such as {@code zstd-1}. */
        String label() {
            return method + "-" + level;
        }
    }

    /**
     * @param recipients age public keys ({@code age1…}): whoever holds one of their secret keys can restore
     * @param identity the secret key ({@code AGE-SECRET-KEY-1…}), only where this host is to verify and restore
     * @param passphrase instead of recipients
     */
    record Encryption(
            @DefaultValue({}) List<String> recipients,
            @Nullable Secret identity,
            @Nullable Secret passphrase) {

        Encryption {
            recipients = recipients.stream()
                    .map(String::strip)
                    .filter(r -> !r.isEmpty())
                    .toList();
            InvalidSetting.unless(
                    passphrase == null || recipients.isEmpty(),
                    "sidecar.backup.encryption.passphrase",
                    "***",
                    "be left out when recipients are given: only one of the two can hold");
        }

        boolean isOn() {
            return !recipients.isEmpty() || passphrase != null;
        }
    }
}
