package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.peers.Peer;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of how an engine is reached. Secrets stand in files: an argument is seen by everybody on the machine. */
final class Login {

    private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9!_.*'()|-]{1,150}");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int LONGEST = 16_384;

    @Option(names = "--url", required = true, description = "Its address, such as https://grafana.our-team.net.")
    URI url = URI.create("");

    @Option(names = "--user", description = "User of a login with a password.")
    @Nullable
    String user;

    @Option(names = "--password-file", paramLabel = "FILE", description = "File with that user's password.")
    @Nullable
    Path password;

    @Option(names = "--token-file", paramLabel = "FILE", description = "File with a token, sent as Bearer.")
    @Nullable
    Path token;

    @Option(names = "--tenant", description = "Tenant, sent as X-Scope-OrgID.")
    @Nullable
    String tenant;

    /** Prepares requests; the files are read now. @param name as people call the program */
    Peer peer(String name) {
        Secret secret = token == null ? null : fromFile(token);
        Secret known = password == null ? null : fromFile(password);
        if ((user == null) != (known == null) || (user != null && secret != null)) {
            throw new CommandFailure(2, "Give --user with --password-file, or --token-file, or none of them.");
        }
        if (tenant != null && !TENANT.matcher(tenant).matches()) {
            throw new CommandFailure(2, "--tenant must match " + TENANT + ".");
        }
        try {
            Peer.requireAddress("--url", url);
        } catch (InvalidSetting e) {
            throw new CommandFailure(2, String.valueOf(e.getMessage()));
        }
        if (url.getUserInfo() != null || url.getQuery() != null) {
            throw new CommandFailure(2, "--url must hold no login and no query.");
        }
        return new Peer(name, "--url", url, LIMIT, headers -> {
            if (secret != null) {
                headers.setBearerAuth(secret.reveal());
            }
            if (user != null && known != null) {
                headers.setBasicAuth(user, known.reveal(), StandardCharsets.UTF_8);
            }
            if (tenant != null) {
                headers.set("X-Scope-OrgID", tenant);
            }
        });
    }

    static Secret fromFile(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Secret.of(new String(Limited.whole(in, LONGEST), StandardCharsets.UTF_8).strip());
        } catch (IOException | IllegalArgumentException e) {
            throw new CommandFailure(2, "Cannot read a secret from " + file + ": " + e.getMessage());
        }
    }
}
