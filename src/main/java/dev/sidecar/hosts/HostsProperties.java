package dev.sidecar.hosts;

import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the other hosts that push here.
 *
 * @param enabled other hosts may push here; the proofs of each of them are in the report then
 * @param list the file that lists them, with a digest of each one's token
 * @param pushUrl where they push: this stack's edge as they reach it, such as {@code https://staging.example.org}; the command prints it
 */
@ConfigurationProperties("sidecar.hosts")
record HostsProperties(
        @DefaultValue("false") boolean enabled,
        Path list,
        @Nullable String pushUrl) {

    HostsProperties {
        InvalidSetting.unless(
                pushUrl == null || pushUrl.isBlank() || pushUrl.matches("https://[A-Za-z0-9.:\\[\\]-]+/?"),
                "sidecar.hosts.push-url",
                pushUrl,
                "be the edge's address, https://host or https://host:port, without a path");
    }

    /** As the other machine's {@code .env} has it. */
    String shownUrl() {
        return pushUrl == null || pushUrl.isBlank()
                ? "https://THE-NAME-IN-YOUR-CERTIFICATE"
                : pushUrl.replaceAll("/$", "");
    }
}
