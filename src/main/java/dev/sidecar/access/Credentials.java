package dev.sidecar.access;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Holds the password and the tokens of the control plane. None has a default: one that is not given is generated once and kept in a file. */
record Credentials(Secret adminPassword, Secret webhookToken, Secret metricsToken) {

    private static final Logger log = LoggerFactory.getLogger(Credentials.class);
    private static final int BYTES = 24;

    static Credentials from(AccessProperties properties) {
        return new Credentials(
                orGenerated(properties.adminPassword(), properties.directory(), "admin-password"),
                orGenerated(properties.webhookToken(), properties.directory(), "webhook-token"),
                orGenerated(properties.metricsToken(), properties.directory(), "metrics-token"));
    }

    static Secret readAdminPassword(AccessProperties properties) {
        if (properties.adminPassword() != null) {
            return properties.adminPassword();
        }
        try {
            return Secret.of(Files.readString(properties.directory().resolve("admin-password"))
                    .strip());
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidSetting(
                    "sidecar.access.directory",
                    properties.directory(),
                    "be the directory where the running server keeps admin-password, readable for user '%s', or give sidecar.access.admin-password"
                            .formatted(System.getProperty("user.name")));
        }
    }

    private static Secret orGenerated(@Nullable Secret given, Path directory, String name) {
        if (given != null) {
            return given;
        }
        Path file = directory.resolve(name);
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            write(file);
            return Secret.of(Files.readString(file).strip());
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidSetting(
                    "sidecar.access.directory",
                    directory,
                    "be a directory in which user '%s' may keep %s (%s), or give sidecar.access.%s"
                            .formatted(System.getProperty("user.name"), name, e.getMessage(), name));
        }
    }

    /** Keeps a file that exists. */
    private static void write(Path file) throws IOException {
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n");
            log.atInfo().addKeyValue("file", file).log("credential generated");
        } catch (FileAlreadyExistsException e) {
            // It was generated at an earlier start.
        }
    }
}
