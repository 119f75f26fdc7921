package dev.sidecar.sets.passphrase;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanza;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import dev.sidecar.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Implements age's passphrase recipient, which jagged's published modules lack: it wraps the file key under scrypt of the passphrase. What the
 * passphrase was stretched to is kept for the last few headers, as that costs seconds.
 */
public final class ScryptStanza implements RecipientStanzaWriter, RecipientStanzaReader {

    private static final String TYPE = "scrypt";
    private static final byte[] LABEL = "age-encryption.org/v1/scrypt".getBytes(StandardCharsets.US_ASCII);
    private static final int SALT_BYTES = 16;
    private static final int KEY_BYTES = 32;
    /** age's own work factor: a guess at the passphrase costs a second. */
    private static final int WORK = 18;
    /** A file with a larger work factor is not one of ours, and reading it would take as long as its writer likes. */
    private static final int MOST_WORK = 18;

    private static final Pattern WORK_FACTOR = Pattern.compile("[1-9][0-9]?");

    private static final Base64.Encoder ENCODER = Base64.getEncoder().withoutPadding();
    /** The files of a set have one header, and a few sets are read at a time. */
    private static final int MOST_KEPT = 8;

    private final Secret passphrase;
    private final Map<List<String>, byte[]> keys = new LinkedHashMap<>();

    /** @param passphrase what somebody types to {@code age -d} */
    public ScryptStanza(Secret passphrase) {
        this.passphrase = passphrase;
    }

    @Override
    public Iterable<RecipientStanza> getRecipientStanzas(FileKey fileKey) throws GeneralSecurityException {
        byte[] salt = new byte[SALT_BYTES];
        new SecureRandom().nextBytes(salt);
        byte[] body = crypt(Cipher.ENCRYPT_MODE, wrapKey(salt, WORK), fileKey.getEncoded());
        return List.of(new Stanza(List.of(ENCODER.encodeToString(salt), Integer.toString(WORK)), body));
    }

    @Override
    public FileKey getFileKey(Iterable<RecipientStanza> stanzas) throws GeneralSecurityException {
        Iterator<RecipientStanza> all = stanzas.iterator();
        RecipientStanza stanza = all.hasNext() ? all.next() : null;
        // age allows no other recipient beside a passphrase.
        if (stanza == null
                || all.hasNext()
                || !stanza.getType().equals(TYPE)
                || stanza.getArguments().size() != 2) {
            throw new UnsupportedRecipientStanzaException("it is not encrypted with a passphrase");
        }
        return new FileKey(crypt(
                Cipher.DECRYPT_MODE,
                wrapKey(
                        salt(stanza.getArguments().get(0)),
                        work(stanza.getArguments().get(1))),
                stanza.getBody()));
    }

    private static byte[] salt(String argument) throws UnsupportedRecipientStanzaException {
        try {
            byte[] salt = Base64.getDecoder().decode(argument);
            if (salt.length == SALT_BYTES) {
                return salt;
            }
        } catch (IllegalArgumentException e) {
            // The same as a salt of another length.
        }
        throw new UnsupportedRecipientStanzaException("its salt is malformed");
    }

    private static int work(String argument) throws UnsupportedRecipientStanzaException {
        if (!WORK_FACTOR.matcher(argument).matches() || Integer.parseInt(argument) > MOST_WORK) {
            throw new UnsupportedRecipientStanzaException("its scrypt work factor is not 1 to %d".formatted(MOST_WORK));
        }
        return Integer.parseInt(argument);
    }

    private SecretKeySpec wrapKey(byte[] salt, int work) {
        List<String> of = List.of(ENCODER.encodeToString(salt), Integer.toString(work));
        // Files that are read side by side wait for the one that computes their key.
        synchronized (keys) {
            byte[] key = keys.remove(of);
            if (key == null) {
                byte[] labelled = new byte[LABEL.length + salt.length];
                System.arraycopy(LABEL, 0, labelled, 0, LABEL.length);
                System.arraycopy(salt, 0, labelled, LABEL.length, salt.length);
                key = Scrypt.key(passphrase.reveal().getBytes(StandardCharsets.UTF_8), labelled, work, KEY_BYTES);
            }
            keys.put(of, key);
            if (keys.size() > MOST_KEPT) {
                keys.remove(keys.keySet().iterator().next());
            }
            return new SecretKeySpec(key, "ChaCha20");
        }
    }

    private static byte[] crypt(int mode, SecretKeySpec key, byte[] bytes) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
        // age prescribes a nonce of zeros, as the key is used only once.
        cipher.init(mode, key, new IvParameterSpec(new byte[12]));
        return cipher.doFinal(bytes);
    }

    private record Stanza(List<String> arguments, byte[] body) implements RecipientStanza {

        @Override
        public String getType() {
            return TYPE;
        }

        @Override
        public List<String> getArguments() {
            return arguments;
        }

        @Override
        public byte[] getBody() {
            return body;
        }
    }
}
