package dev.sidecar.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate and its key in PEM form, made by the JDK's keytool. */
public record TestCertificate(String certificate, String key) {

    private static final String ALIAS = "edge";
    private static final char[] PASSWORD = "for-the-test".toCharArray();

    /**
     * One for {@code staging.test} and 127.0.0.1.
     *
     * @param directory for the key store, which is removed again
     * @param algorithm of the key: RSA or EC
     */
    public static TestCertificate make(Path directory, String algorithm, Instant from, Duration valid)
            throws Exception {
        return of(store(directory, algorithm, "staging.test", from, valid));
    }

    /** One of this machine that ended nine days ago. */
    public static TestCertificate expired(Path directory) throws IOException {
        try {
            return of(
                    store(directory, "EC", "localhost", Instant.now().minus(Duration.ofDays(10)), Duration.ofDays(1)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TestCertificate of(KeyStore loaded) throws GeneralSecurityException {
        return new TestCertificate(
                pem("CERTIFICATE", loaded.getCertificate(ALIAS).getEncoded()),
                pem("PRIVATE KEY", loaded.getKey(ALIAS, PASSWORD).getEncoded()));
    }

    /**
     * TLS as a server on this machine with a certificate of its own, and as a client that trusts no other.
     *
     * @param directory for the key store, which is removed again
     * @param name whom the certificate is for; 127.0.0.1 in any case
     */
    public static SSLContext tls(Path directory, String name) throws IOException {
        try {
            KeyStore keys = store(directory, "EC", name, Instant.now().minusSeconds(60), Duration.ofDays(90));
            KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(keys, PASSWORD);
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(ALIAS, keys.getCertificate(ALIAS));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As {@link #tls}, for a server whose clients trust the file in which it writes the certificate (PEM). */
    public static SSLContext tls(Path directory, String name, Path certificate) throws IOException {
        try {
            KeyStore keys = store(directory, "EC", name, Instant.now().minusSeconds(60), Duration.ofDays(90));
            Files.writeString(certificate, of(keys).certificate());
            KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(keys, PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore store(Path directory, String algorithm, String name, Instant from, Duration valid)
            throws IOException, GeneralSecurityException {
        Path store = Files.createTempFile(directory, "certificate", ".p12");
        Files.delete(store);
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        // It is over before a second compiler pays.
                        "-J-XX:TieredStopAtLevel=1",
                        "-J-XX:+UseSerialGC",
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=ip:127.0.0.1,dns:" + name,
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
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(keytool.waitFor()).as(said).isZero();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        KeyStore loaded = KeyStore.getInstance(store.toFile(), PASSWORD);
        Files.delete(store);
        return loaded;
    }

    public static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(encoded) + "\n-----END " + what
                + "-----\n";
    }
}
