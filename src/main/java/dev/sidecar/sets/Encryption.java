package dev.sidecar.sets;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.EncryptedWith;
import dev.sidecar.sets.passphrase.PassphraseFiles;
import dev.sidecar.sets.passphrase.ScryptStanza;
import dev.sidecar.text.Limited;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encrypts files in the age format: to public keys, so that this host needs no secret to take backups, or with a passphrase. */
public final class Encryption {

    private static final byte[] CANARY = "can be read again".getBytes(StandardCharsets.US_ASCII);

    private final SetProperties.EncryptionSettings settings;
    private final @Nullable ScryptStanza passphrase;
    private final @Nullable PassphraseFiles passphraseFiles;

    Encryption(SetProperties.EncryptionSettings settings) {
        this.settings = settings;
        passphrase = settings.passphrase() == null ? null : new ScryptStanza(settings.passphrase());
        passphraseFiles = passphrase == null ? null : new PassphraseFiles(passphrase);
    }

    /** Tells whether new backups are encrypted. */
    public boolean isOn() {
        return settings.isOn();
    }

    /** Describes the encryption of new backups for the manifest; null if they are not encrypted. */
    @Nullable
    public EncryptedWith description() {
        if (!isOn()) {
            return null;
        }
        return settings.passphrase() != null
                ? new EncryptedWith("age-scrypt", List.of())
                : new EncryptedWith("age-x25519", settings.recipients());
    }

    /** Returns a channel that encrypts what is written to it. Close it to write the end of the file. */
    WritableByteChannel encrypt(WritableByteChannel out) {
        try {
            if (passphraseFiles != null) {
                return passphraseFiles.encrypt(out);
            }
            List<RecipientStanzaWriter> recipients = new ArrayList<>();
            for (String recipient : settings.recipients()) {
                recipients.add(X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(recipient));
            }
            return new StandardEncryptingChannelFactory().newEncryptingChannel(out, recipients);
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            throw new BackupFailure(Reason.ENCRYPTION, "Cannot encrypt, so no backup is taken: " + e.getMessage(), e);
        }
    }

    /** Tells whether this host has a key for files that were encrypted this way. */
    public boolean canRead(@Nullable EncryptedWith with) {
        return with == null || settings.identity() != null || settings.passphrase() != null;
    }

    /** Says why this host cannot read a set that was encrypted this way; null if it can. */
    @Nullable
    public String obstacle(@Nullable EncryptedWith with) {
        if (with == null || reader(with) != null) {
            return null;
        }
        return with.scheme().equals("age-scrypt")
                ? "It is encrypted with a passphrase; set sidecar.backup.encryption.passphrase."
                : "It is encrypted to %s; set sidecar.backup.encryption.identity to the secret key of one of them."
                        .formatted(String.join(", ", with.keyIds()));
    }

    /** Returns a stream of the decrypted bytes. @throws BackupFailure that names the key needed */
    InputStream decrypt(InputStream in, @Nullable EncryptedWith with) throws IOException {
        if (with == null) {
            return in;
        }
        RecipientStanzaReader reader = reader(with);
        if (reader == null) {
            throw new BackupFailure(Reason.ENCRYPTION, String.valueOf(obstacle(with)));
        }
        try {
            return Channels.newInputStream(new StandardDecryptingChannelFactory()
                    .newDecryptingChannel(Channels.newChannel(in), List.of(reader)));
        } catch (GeneralSecurityException e) {
            throw new BackupFailure(
                    Reason.ENCRYPTION,
                    "The configured key cannot decrypt it (%s). It needs %s."
                            .formatted(
                                    e.getMessage(),
                                    with.keyIds().isEmpty()
                                            ? "the passphrase it was encrypted with"
                                            : "the secret key of " + String.join(" or ", with.keyIds())),
                    e);
        }
    }

    private @Nullable RecipientStanzaReader reader(EncryptedWith with) {
        if (with.scheme().equals("age-scrypt")) {
            return passphrase;
        }
        return settings.identity() == null ? null : identity(settings.identity());
    }

    private static RecipientStanzaReader identity(Secret identity) {
        try {
            return X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(secretKey(identity));
        } catch (GeneralSecurityException | RuntimeException e) {
            // The cause is left out because its message may quote the key.
            throw new BackupFailure(
                    Reason.ENCRYPTION,
                    "sidecar.backup.encryption.identity is not an age secret key (AGE-SECRET-KEY-1…).");
        }
    }

    /** age-keygen writes comments above the key. */
    private static String secretKey(Secret identity) {
        return identity.reveal()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("AGE-SECRET-KEY-"))
                .findFirst()
                .orElse("");
    }

    /** Encrypts a few bytes and, if this host has the secret key, decrypts them. @throws BackupFailure if that fails */
    public void check() {
        EncryptedWith with = description();
        if (with == null) {
            return;
        }
        ByteArrayOutputStream encrypted = new ByteArrayOutputStream();
        try {
            try (WritableByteChannel channel = encrypt(Channels.newChannel(encrypted))) {
                channel.write(ByteBuffer.wrap(CANARY));
            }
            if (reader(with) != null) {
                byte[] read =
                        Limited.whole(decrypt(new ByteArrayInputStream(encrypted.toByteArray()), with), CANARY.length);
                if (!java.util.Arrays.equals(read, CANARY)) {
                    throw new BackupFailure(Reason.ENCRYPTION, "An encryption test returned different bytes.");
                }
            }
        } catch (IOException e) {
            throw new BackupFailure(Reason.ENCRYPTION, "An encryption test failed: " + e, e);
        }
    }
}
