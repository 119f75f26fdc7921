package dev.sidecar.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Base64;

/** A certificate and its key in PEM form, made by the JDK's keytool. */
public record TestCertificate(String certificate, String key) {

    /**
     * @param directory for the key store, which is removed again
     * @param algorithm of the key: RSA or EC
     */
    public static TestCertificate make(Path directory, String algorithm, Instant from, Duration valid)
            throws Exception {
        Path store = Files.createTempFile(directory, "certificate", ".p12");
        Files.delete(store);
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "edge",
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=staging.test",
                        "-startdate",
                        DateTimeFormatter.ofPattern("yyyy/MM/dd HH:mm:ss")
                                .withZone(ZoneId.systemDefault())
                                .format(from),
                        "-validity",
                        String.valueOf(valid.toDays()),
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "for-the-test")
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore loaded = KeyStore.getInstance(store.toFile(), "for-the-test".toCharArray());
        Files.delete(store);
        return new TestCertificate(
                pem("CERTIFICATE", loaded.getCertificate("edge").getEncoded()),
                pem(
                        "PRIVATE KEY",
                        loaded.getKey("edge", "for-the-test".toCharArray()).getEncoded()));
    }

    public static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(encoded) + "\n-----END " + what
                + "-----\n";
    }
}
