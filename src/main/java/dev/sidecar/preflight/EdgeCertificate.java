package dev.sidecar.preflight;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.ssl.pem.PemContent;

/** Switches TLS at the edge on if a certificate and its key are given and nginx will be able to use them. */
final class EdgeCertificate implements Step {

    private static final Duration SOON = Duration.ofDays(21);
    private static final Map<String, String> SIGNATURES =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA", "Ed25519", "Ed25519");
    private static final String LISTEN = """
            # Written by preflight, because a certificate was given.
            listen 8443 ssl;
            http2 on;
            ssl_certificate /run/secrets/nginx/tls.crt;
            ssl_certificate_key /run/secrets/nginx/tls.key;
            ssl_protocols TLSv1.2 TLSv1.3;
            ssl_session_cache shared:tls:1m;
            ssl_session_timeout 1h;
            """;

    private final GivenFiles given;
    private final Path nginx;
    private final Clock clock;

    EdgeCertificate(GivenFiles given, Path nginx, Clock clock) {
        this.given = given;
        this.nginx = nginx;
        this.clock = clock;
    }

    @Override
    public void prepare(Plan plan) {
        Optional<String> certificate = given.read("tls.crt", plan);
        Optional<String> key = given.read("tls.key", plan);
        if (!given.has("tls.crt") && !given.has("tls.key")) {
            off(plan);
        } else if (given.has("tls.crt") != given.has("tls.key")) {
            String missing = given.has("tls.key") ? "tls.crt" : "tls.key";
            plan.found(ReportLine.wrong(
                    "secrets/" + missing,
                    "is missing, but the other file of the pair is there",
                    "provide both files or neither"));
        } else if (certificate.isPresent() && key.isPresent()) {
            switchOn(certificate.get(), key.get(), plan);
        }
    }

    private void off(Plan plan) {
        for (String file : new String[] {"tls.conf", "tls.crt", "tls.key"}) {
            plan.remove(nginx.resolve(file));
        }
        plan.found(ReportLine.off("TLS at the edge", "no secrets/tls.crt and secrets/tls.key: HTTP only"));
    }

    private void switchOn(String certificate, String key, Plan plan) {
        X509Certificate leaf;
        PrivateKey privateKey;
        try {
            leaf = PemContent.of(certificate).getCertificates().get(0);
        } catch (RuntimeException e) {
            plan.found(ReportLine.wrong(
                    "secrets/tls.crt",
                    "holds no certificate in PEM form",
                    "save the chain as PEM, with the server's own certificate first"));
            return;
        }
        try {
            privateKey = PemContent.of(key).getPrivateKey();
        } catch (RuntimeException e) {
            plan.found(ReportLine.wrong(
                    "secrets/tls.key",
                    "holds no private key that can be read without a password",
                    "save it as PEM without a password: openssl pkey -in … -out secrets/tls.key"));
            return;
        }
        if (privateKey == null || !isPair(leaf.getPublicKey(), privateKey)) {
            plan.found(ReportLine.wrong(
                    "secrets/tls.key",
                    "is not the key of the certificate in tls.crt",
                    "provide a certificate and the key that belongs to it"));
        } else if (isInTime(leaf, plan)) {
            plan.write(nginx.resolve("tls.crt"), certificate + "\n");
            plan.write(nginx.resolve("tls.key"), key + "\n");
            plan.write(nginx.resolve("tls.conf"), LISTEN);
            plan.found(ReportLine.on(
                    "TLS at the edge", "valid until " + leaf.getNotAfter().toInstant()));
        }
    }

    private boolean isInTime(X509Certificate leaf, Plan plan) {
        Instant now = clock.instant();
        Instant from = leaf.getNotBefore().toInstant();
        Instant until = leaf.getNotAfter().toInstant();
        if (now.isAfter(until) || now.isBefore(from)) {
            plan.found(ReportLine.wrong(
                    "secrets/tls.crt",
                    "is valid from " + from + " to " + until + ", not now",
                    "renew it, or correct this machine's clock"));
            return false;
        }
        if (now.plus(SOON).isAfter(until)) {
            plan.found(ReportLine.note("TLS at the edge", "the certificate expires on " + until + ": renew it"));
        }
        return true;
    }

    private static boolean isPair(PublicKey certified, PrivateKey key) {
        try {
            Signature signature =
                    Signature.getInstance(SIGNATURES.getOrDefault(key.getAlgorithm(), key.getAlgorithm()));
            byte[] proof = "preflight".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            signature.initSign(key);
            signature.update(proof);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(proof);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
