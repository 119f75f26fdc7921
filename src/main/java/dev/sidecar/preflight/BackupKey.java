package dev.sidecar.preflight;

import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Optional;

/**
 * Generates the key pair that encrypts backups, if encryption is on. A key that exists only beside the database is lost together with
 * it, so the report says how to copy it to another place. It never replaces a key.
 */
final class BackupKey implements Step {

    private static final String RECIPIENT = "sidecar.backup.encryption.recipients";
    private static final String IDENTITY = "sidecar.backup.encryption.identity";

    private final Settings settings;
    private final Path sidecar;

    BackupKey(Settings settings, Path sidecar) {
        this.settings = settings;
        this.sidecar = sidecar;
    }

    @Override
    public void prepare(Plan plan) {
        Path identity = sidecar.resolve("backup_identity");
        Path recipient = sidecar.resolve("backup_recipient");
        switch (settings.get("BACKUP_ENCRYPTION", "off")) {
            case "on" -> {
                if (plan.content(identity).isEmpty() || plan.content(recipient).isEmpty()) {
                    generate(identity, recipient, plan);
                }
                plan.content(identity)
                        .ifPresent(key -> plan.write(sidecar.resolve("settings").resolve(IDENTITY), key));
                plan.content(recipient)
                        .ifPresent(key -> plan.write(sidecar.resolve("settings").resolve(RECIPIENT), key));
                plan.found(ReportLine.on(
                        "backup encryption",
                        "store a copy of the key elsewhere: docker compose -f docker-compose.staging.yml exec sidecar"
                                + " cat /run/secrets/sidecar/backup_identity"));
            }
            case "off" -> {
                // The key itself stays: older backups need it.
                plan.remove(sidecar.resolve("settings").resolve(RECIPIENT));
                plan.remove(sidecar.resolve("settings").resolve(IDENTITY));
                plan.found(ReportLine.off("backup encryption", "BACKUP_ENCRYPTION is not on"));
            }
            default ->
                plan.found(ReportLine.wrong(
                        "BACKUP_ENCRYPTION",
                        "is '" + settings.get("BACKUP_ENCRYPTION", "") + "'",
                        "set it to on or off in .env"));
        }
    }

    private static void generate(Path identity, Path recipient, Plan plan) {
        if (Optional.of(identity).flatMap(Plan::stored).isPresent()) {
            plan.found(ReportLine.wrong(
                    "backup encryption",
                    "there is a private key without its public key",
                    "put backup_recipient back beside backup_identity (age-keygen -y prints it)"));
            return;
        }
        try {
            KeyPair pair = new X25519KeyPairGenerator().generateKeyPair();
            plan.write(identity, new String(pair.getPrivate().getEncoded(), StandardCharsets.US_ASCII));
            plan.write(recipient, new String(pair.getPublic().getEncoded(), StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
