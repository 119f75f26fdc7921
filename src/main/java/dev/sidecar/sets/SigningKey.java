package dev.sidecar.sets;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key that signs the sets of this sidecar. It is made once and kept in a file that only this user can read, in a directory that is no
 * store; its public half lies beside it, for a person to copy.
 */
final class SigningKey {

    /** Name of the private half, PKCS #8 in PEM. */
    static final String FILE = "backup-signing-key.pem";

    /** Name of the public half, PEM. */
    static final String PUBLIC_FILE = "backup-signing-key.pub";

    private static final Logger log = LoggerFactory.getLogger(SigningKey.class);
    private static final int LARGEST_FILE = 4096;
    private static final byte[] PUBLIC_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final PrivateKey key;
    private final VerifyingKey publicHalf;

    private SigningKey(PrivateKey key) throws GeneralSecurityException {
        if (!(key instanceof EdECPrivateKey ed) || ed.getBytes().isEmpty()) {
            throw new GeneralSecurityException("it is not an Ed25519 key");
        }
        byte[] encoded = new byte[PUBLIC_PREFIX.length + Ed25519PrivateKeyParameters.KEY_SIZE];
        System.arraycopy(PUBLIC_PREFIX, 0, encoded, 0, PUBLIC_PREFIX.length);
        new Ed25519PrivateKeyParameters(ed.getBytes().get()).generatePublicKey().encode(encoded, PUBLIC_PREFIX.length);
        this.key = key;
        this.publicHalf =
                VerifyingKey.of(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
    }

    /** Reads the key of a directory; empty if there is none yet. */
    static Optional<SigningKey> find(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw new IOException("it is too large for a key");
            }
            SigningKey key = parse(Files.readString(file));
            if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
                throw new IOException("every user of this machine can read it; chmod 600 it");
            }
            return Optional.of(key);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.NOT_CONFIGURED,
                    "Cannot use the key that signs backups, %s: %s.".formatted(file, e.getMessage()),
                    e);
        }
    }

    /** Reads the key of a directory, or makes it. Of two processes that make one at the same time, both get the same. */
    static SigningKey findOrMake(Path directory) {
        Optional<SigningKey> there = find(directory);
        if (there.isPresent()) {
            return there.get();
        }
        Path file = directory.resolve(FILE);
        try {
            Files.createDirectories(directory, OWNER_ONLY_DIRECTORY);
            PrivateKey made =
                    KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate();
            SigningKey key = new SigningKey(made);
            Path part = Files.createTempFile(directory, FILE, ".part", OWNER_ONLY);
            try {
                write(part, pem(made));
                // A link, unlike a rename, never replaces a key.
                Files.createLink(file, part);
            } finally {
                Files.deleteIfExists(part);
            }
            Files.writeString(directory.resolve(PUBLIC_FILE), key.publicHalf.pem());
            log.atInfo()
                    .addKeyValue("file", file)
                    .addKeyValue("key", key.publicHalf.id())
                    .log("key that signs backups generated; keep a copy of its public half elsewhere");
            return key;
        } catch (FileAlreadyExistsException e) {
            return find(directory).orElseThrow();
        } catch (IOException | GeneralSecurityException e) {
            throw new BackupFailure(
                    BackupFailure.Reason.NOT_CONFIGURED,
                    "User '%s' cannot keep the key that signs backups in %s (%s); change sidecar.backup.signing.directory."
                            .formatted(System.getProperty("user.name"), directory, e),
                    e);
        }
    }

    private static void write(Path file, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** Reads PKCS #8 in PEM, as openssl writes it. */
    static SigningKey parse(String pem) throws GeneralSecurityException {
        String base64 = pem.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "").replaceAll("\\s", "");
        return new SigningKey(KeyFactory.getInstance("Ed25519")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64))));
    }

    private static String pem(PrivateKey key) {
        return "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                .formatted(Base64.getEncoder().encodeToString(key.getEncoded()));
    }

    VerifyingKey publicHalf() {
        return publicHalf;
    }

    byte[] sign(byte[] message) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java from 15 on has Ed25519", e);
        }
    }
}
