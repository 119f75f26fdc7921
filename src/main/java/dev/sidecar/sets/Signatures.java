package dev.sidecar.sets;

import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.sets.Manifest.StoredFile;
import dev.sidecar.settings.Identity;
import dev.sidecar.stores.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Signs the sets of this sidecar, and tells its sets from others'. A signature covers the bytes of the manifest, which hold the identity, the
 * slot and the digests of all files. The key lies where nobody can write who can write to a store.
 *
 * <p>Each kind of text that is signed begins differently, so that a signature of one is none of another: a manifest with a brace, the list of
 * checksums with a hexadecimal digit, an envelope with {@code DSSEv1}, the others with words.
 */
public final class Signatures {

    /** Name of the list of checksums of a set, which stock programs check. */
    public static final String SUMS = "SHA256SUMS";

    private static final String ADOPTED = "adopted";
    private static final int SIGNATURE_BYTES = 64;
    private static final int LARGEST_KEY_FILE = 64 << 10;
    private static final Pattern FILE = Pattern.compile(
            "(" + Pattern.quote(Manifest.FILE) + "|" + SUMS + "|" + ADOPTED + ")\\.([0-9a-f]{16})\\.sig");

    private final Path directory;
    private final Identity identity;
    private final Map<String, VerifyingKey> trusted = new LinkedHashMap<>();
    private final Map<String, VerifyingKey> trustedByHand = new LinkedHashMap<>();
    private volatile @Nullable SigningKey own;

    Signatures(SetProperties.Signing settings, Identity identity) {
        this.directory = settings.directory();
        this.identity = identity;
        settings.keys().forEach(key -> trusted.put(key.id(), key));
    }

    /** The origin that a valid signature of a set proves. */
    enum Proven {
        /** It is signed with a key of this sidecar, or one that its settings trust. */
        SIGNED,
        /** It is signed with a key that a person trusts for this command. */
        SIGNED_BY_HAND,
        /** A person accepted it. */
        ADOPTED
    }

    /** Trusts the keys of a file, too, as long as this process lives: a person who gives them vouches for the stack that they sign for. */
    public void trust(Path publicKeys) {
        try {
            if (Files.size(publicKeys) > LARGEST_KEY_FILE) {
                throw new IOException("it is too large for a file of public keys");
            }
            VerifyingKey.parse(Files.readString(publicKeys)).forEach(key -> trustedByHand.put(key.id(), key));
        } catch (IOException | IllegalArgumentException e) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED,
                    "Cannot use the public key %s: %s.".formatted(publicKeys, e.getMessage()),
                    e);
        }
    }

    /** Makes the key if there is none yet. @return its id */
    public String keyId() {
        return key().publicHalf().id();
    }

    /** Returns the public half of the key that signs here, in PEM. */
    public String publicKey() {
        return key().publicHalf().pem();
    }

    /** Signs a document that leaves this machine, such as a report. @param payloadType its media type, signed with it */
    public Envelope seal(String payloadType, byte[] payload) {
        byte[] signature = key().sign(Envelope.message(payloadType, payload));
        return new Envelope(payloadType, payload, List.of(new Envelope.Seal(keyId(), signature)));
    }

    /** Lists the public keys by which this sidecar knows its own work, and that of those whom its settings trust; makes no key. */
    public List<VerifyingKey> knownKeys() {
        List<VerifyingKey> keys = new ArrayList<>(trusted.values());
        keyIfThere().map(SigningKey::publicHalf).ifPresent(keys::add);
        return keys;
    }

    private SigningKey key() {
        SigningKey known = own;
        if (known == null) {
            known = SigningKey.findOrMake(directory);
            own = known;
        }
        return known;
    }

    private Optional<SigningKey> keyIfThere() {
        if (own == null) {
            SigningKey.find(directory).ifPresent(found -> own = found);
        }
        return Optional.ofNullable(own);
    }

    private Optional<VerifyingKey> known(String id) {
        return keyIfThere()
                .map(SigningKey::publicHalf)
                .filter(key -> key.id().equals(id))
                .or(() -> Optional.ofNullable(trusted.get(id)))
                .or(() -> Optional.ofNullable(trustedByHand.get(id)));
    }

    /** Says who takes a backup now, and after which. @param sha256 of the manifest of the one before */
    public Manifest.Origin origin(@Nullable BackupId previous, @Nullable String sha256) {
        return new Manifest.Origin(
                identity.stack(), identity.host(), previous == null ? null : previous.toString(), sha256);
    }

    boolean isOwnStack(Manifest.Origin origin) {
        return origin.stack().equals(identity.stack());
    }

    String stack() {
        return identity.stack();
    }

    /** Returns the name of the file with this sidecar's signature of another file of a set. */
    public static String fileOf(String signed, String keyId) {
        return signed + "." + keyId + ".sig";
    }

    /** Tells whether a file of a set belongs to its signatures: they are copied with it. */
    static boolean isPartOfSignature(String file) {
        return file.equals(SUMS) || FILE.matcher(file).matches();
    }

    /** Tells whether anybody signed the manifest or accepted the set. */
    static boolean isSigned(List<String> files) {
        return files.stream()
                .map(FILE::matcher)
                .anyMatch(name -> name.matches() && !name.group(1).equals(SUMS));
    }

    /** Writes the signatures of a set, before its manifest. */
    void write(Store store, BackupId id, byte[] manifest, List<StoredFile> files) throws IOException {
        byte[] sums = sums(manifest, files);
        store.write(id + "/" + SUMS, sums);
        store.write(id + "/" + fileOf(SUMS, keyId()), key().sign(sums));
        store.write(id + "/" + fileOf(Manifest.FILE, keyId()), key().sign(manifest));
    }

    /** Records that a person accepts a set. It replaces what a stranger may have put in that place. */
    void adopt(Store store, BackupId id, byte[] manifest) throws IOException {
        String file = id + "/" + fileOf(ADOPTED, keyId());
        store.delete(file);
        store.write(file, key().sign(adoption(id.toString(), manifest)));
    }

    /** Lists the checksums of a set as sha256sum reads them. */
    static byte[] sums(byte[] manifest, List<StoredFile> files) {
        String manifests = "%s  %s\n".formatted(Sha256.of(manifest), Manifest.FILE);
        return files.stream()
                .map(file -> "%s  %s\n".formatted(file.sha256(), file.name()))
                .collect(Collectors.joining("", manifests, ""))
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] adoption(String set, byte[] manifest) {
        return "sidecar adopts\n%s\n%s\n".formatted(set, Sha256.of(manifest)).getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a file of the set; it is never read further than a signature is long. */
    @FunctionalInterface
    interface SmallFile {
        byte[] read(String file) throws IOException;
    }

    /**
     * Finds what the signatures prove, without a look into the manifest.
     *
     * @param files names of the files of the set
     * @return what each valid signature proves; empty if no key of the signatures is known, and a list without elements if none fits
     */
    Optional<List<Proven>> proven(String set, List<String> files, byte[] manifest, SmallFile read) throws IOException {
        List<Proven> proven = new ArrayList<>();
        boolean anyKnown = false;
        for (String file : files) {
            Matcher name = FILE.matcher(file);
            if (!name.matches() || name.group(1).equals(SUMS)) {
                continue;
            }
            Optional<VerifyingKey> key = known(name.group(2));
            if (key.isEmpty()) {
                continue;
            }
            anyKnown = true;
            boolean adopted = name.group(1).equals(ADOPTED);
            byte[] message = adopted ? adoption(set, manifest) : manifest;
            if (key.get().verifies(message, read.read(file))) {
                proven.add(
                        adopted
                                ? Proven.ADOPTED
                                : trustedByHand.containsKey(key.get().id()) ? Proven.SIGNED_BY_HAND : Proven.SIGNED);
            }
        }
        return anyKnown ? Optional.of(proven) : Optional.empty();
    }

    /** Tells whether a list of checksums has a valid signature. @param files names of the files of the set */
    boolean areSigned(byte[] sums, List<String> files, SmallFile read) throws IOException {
        for (String file : files) {
            Matcher name = FILE.matcher(file);
            if (name.matches() && name.group(1).equals(SUMS)) {
                Optional<VerifyingKey> key = known(name.group(2));
                if (key.isPresent() && key.get().verifies(sums, read.read(file))) {
                    return true;
                }
            }
        }
        return false;
    }

    static int signatureBytes() {
        return SIGNATURE_BYTES;
    }

    /** Signs what was learned about a set: an event says nothing about another set, nor about the same in another store. */
    StoredEvent sign(BackupId id, String store, BackupEvent event) {
        byte[] signature = key().sign(text(id.toString(), store, event));
        return StoredEvent.of(event, keyId(), Base64.getEncoder().encodeToString(signature));
    }

    /** Tells whether an event was recorded here, or by one whose key is trusted. */
    boolean vouchesFor(String set, String store, StoredEvent event) {
        if (event.key() == null || event.signature() == null) {
            return false;
        }
        try {
            byte[] signature = Base64.getDecoder().decode(event.signature());
            return known(event.key())
                    .filter(key -> key.verifies(text(set, store, event.event()), signature))
                    .isPresent();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The detail comes last, as it is the only part that may have line breaks. */
    private static byte[] text(String set, String store, BackupEvent event) {
        List<String> lines = new ArrayList<>(List.of(
                "sidecar event",
                set,
                store,
                event.type().name(),
                event.at().toString(),
                String.valueOf(event.level()),
                String.valueOf(event.restoreTook())));
        if (event.type() == BackupEvent.Type.CHECKED) {
            lines.add(Integer.toString(event.checks().size()));
        }
        for (CheckResult check : event.checks()) {
            lines.addAll(
                    List.of(check.check(), check.version(), check.outcome().name(), check.expected(), check.found()));
        }
        lines.add(event.detail());
        return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    }
}
