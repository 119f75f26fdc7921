package dev.sidecar.sets;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The public half of a key that signs sets: Ed25519, as openssl writes it.
 *
 * @param id the first 16 hexadecimal digits of the SHA-256 of the key, which names the files of its signatures
 * @param key the key
 */
public record VerifyingKey(String id, PublicKey key) {

    private static final int ID_LENGTH = 16;
    private static final int MOST_KEYS = 100;
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]{1,200})-----END PUBLIC KEY-----");

    /** Reads keys: PEM, or the one line of base64 between its marks. @throws IllegalArgumentException if there is none, or anything else */
    public static List<VerifyingKey> parse(String text) {
        List<String> encoded = new ArrayList<>();
        Matcher pem = PEM.matcher(text);
        while (pem.find() && encoded.size() <= MOST_KEYS) {
            encoded.add(pem.group(1).replaceAll("\\s", ""));
        }
        String rest = PEM.matcher(text).replaceAll(" ");
        for (String line : rest.split("[,\\s]+")) {
            if (!line.isEmpty()) {
                encoded.add(line);
            }
        }
        if (encoded.isEmpty() || encoded.size() > MOST_KEYS) {
            throw new IllegalArgumentException("there must be 1 to %d keys".formatted(MOST_KEYS));
        }
        return encoded.stream().map(VerifyingKey::decode).toList();
    }

    private static VerifyingKey decode(String base64) {
        try {
            return of(KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "it is not an Ed25519 public key as openssl writes it (-----BEGIN PUBLIC KEY-----)", e);
        }
    }

    static VerifyingKey of(PublicKey key) {
        if (!(key instanceof EdECPublicKey ed)
                || !ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            throw new IllegalArgumentException("it is not an Ed25519 key");
        }
        return new VerifyingKey(Sha256.of(key.getEncoded()).substring(0, ID_LENGTH), key);
    }

    /** Tells whether the signature is this key's; a malformed one is not. */
    boolean verifies(byte[] message, byte[] signature) {
        try {
            Signature check = Signature.getInstance("Ed25519");
            check.initVerify(key);
            check.update(message);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Writes the key as openssl reads it. */
    String pem() {
        return "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n"
                .formatted(Base64.getEncoder().encodeToString(key.getEncoded()));
    }
}
