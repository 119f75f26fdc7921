package dev.sidecar.preflight;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

/**
 * Makes the sidecar's login at Grafana: a signed token of a viewer, who can look and query and change nothing. Grafana gets the key that
 * the token was signed with, its public half; the private half is thrown away, so nobody can sign another. Both files are made anew if one
 * of them is missing.
 */
final class GrafanaViewer implements Step {

    private static final String CURVE = "secp256r1";
    private static final int PEM_LINE = 64;
    private static final String HEADER = "{\"alg\":\"ES256\",\"typ\":\"JWT\"}";
    private static final String CLAIMS = "{\"iss\":\"preflight\",\"sub\":\"sidecar\"}";

    private final Path key;
    private final Path token;

    GrafanaViewer(Path secrets) {
        this.key = secrets.resolve("grafana/viewer_key.pem");
        this.token = secrets.resolve("sidecar/grafana_viewer_token");
    }

    @Override
    public void prepare(Plan plan) {
        if (plan.content(key).isEmpty() || plan.content(token).isEmpty()) {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
                generator.initialize(new ECGenParameterSpec(CURVE));
                KeyPair pair = generator.generateKeyPair();
                plan.write(key, pem(pair.getPublic().getEncoded()));
                plan.write(token, signed(pair.getPrivate()));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
        plan.found(ReportLine.on("Grafana, the sidecar as viewer", "generated, or kept from an earlier start"));
    }

    private static String signed(PrivateKey key) throws GeneralSecurityException {
        String content =
                base64(HEADER.getBytes(StandardCharsets.UTF_8)) + "." + base64(CLAIMS.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initSign(key);
        signature.update(content.getBytes(StandardCharsets.US_ASCII));
        return content + "." + base64(signature.sign());
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static String pem(byte[] encoded) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(PEM_LINE, new byte[] {'\n'}).encodeToString(encoded)
                + "\n-----END PUBLIC KEY-----\n";
    }
}
