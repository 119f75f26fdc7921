package dev.sidecar.preflight.pitr;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Issues certificates under one authority, whose key lives as long as this object: nobody can issue another afterwards. The JDK has no
 * public way to make a certificate, so the few fields that X.509 asks for are written here.
 */
final class Authority {

    /** A certificate and its key, in PEM form. */
    record Issued(String certificate, String key) {}

    private static final String NAME = "point-in-time recovery";
    private static final int SERIAL_BITS = 127;
    private static final int PEM_LINE = 64;
    /** Two digits of the year, as X.509 wants it until 2049. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private static final int INTEGER = 0x02;
    private static final int OCTETS = 0x04;
    private static final int UTF8 = 0x0c;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int UTC_TIME = 0x17;
    private static final int BITS = 0x03;
    private static final int VERSION_FIELD = 0xa0;
    private static final int EXTENSIONS_FIELD = 0xa3;
    private static final int DNS_NAME = 0x82;
    private static final int LONG_LENGTH = 0x80;

    private static final byte[] ECDSA_WITH_SHA256 = {
        0x30, 0x0a, 0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x04, 0x03, 0x02
    };
    private static final byte[] COMMON_NAME = {0x06, 0x03, 0x55, 0x04, 0x03};
    private static final byte[] BASIC_CONSTRAINTS = {0x06, 0x03, 0x55, 0x1d, 0x13};
    private static final byte[] ALTERNATIVE_NAME = {0x06, 0x03, 0x55, 0x1d, 0x11};
    private static final byte[] TRUE = {0x01, 0x01, (byte) 0xff};

    private final SecureRandom random = new SecureRandom();
    private final KeyPair keys;
    private final Instant from;
    private final Instant until;
    private final String certificate;

    Authority(Instant from, Instant until) {
        this.from = from;
        this.until = until;
        this.keys = pair();
        this.certificate = issue(NAME, keys, extension(BASIC_CONSTRAINTS, true, field(SEQUENCE, TRUE)));
    }

    /** Its own certificate, in PEM form. */
    String certificate() {
        return certificate;
    }

    /** Issues a certificate. @param hosts the names by which a server is called; the first is also who a client is */
    Issued issue(List<String> hosts) {
        KeyPair pair = pair();
        byte[] names = new byte[0];
        for (String host : hosts) {
            names = joined(names, field(DNS_NAME, host.getBytes(StandardCharsets.US_ASCII)));
        }
        return new Issued(
                issue(hosts.get(0), pair, extension(ALTERNATIVE_NAME, false, field(SEQUENCE, names))),
                pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    }

    /** Until when a certificate in PEM form is valid. */
    static Instant until(String certificate) throws GeneralSecurityException {
        return ((X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(certificate.getBytes(StandardCharsets.US_ASCII))))
                .getNotAfter()
                .toInstant();
    }

    private String issue(String subject, KeyPair pair, byte[] extension) {
        byte[] content = field(
                SEQUENCE,
                field(VERSION_FIELD, field(INTEGER, new byte[] {2})),
                field(
                        INTEGER,
                        new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE).toByteArray()),
                ECDSA_WITH_SHA256,
                name(NAME),
                field(SEQUENCE, time(from), time(until)),
                name(subject),
                pair.getPublic().getEncoded(),
                field(EXTENSIONS_FIELD, field(SEQUENCE, extension)));
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.getPrivate());
            signature.update(content);
            return pem(
                    "CERTIFICATE",
                    field(SEQUENCE, content, ECDSA_WITH_SHA256, field(BITS, joined(new byte[] {0}, signature.sign()))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair pair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] name(String commonName) {
        return field(
                SEQUENCE,
                field(SET, field(SEQUENCE, COMMON_NAME, field(UTF8, commonName.getBytes(StandardCharsets.UTF_8)))));
    }

    private static byte[] time(Instant instant) {
        return field(UTC_TIME, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] extension(byte[] what, boolean critical, byte[] value) {
        return field(SEQUENCE, what, critical ? TRUE : new byte[0], field(OCTETS, value));
    }

    private static byte[] field(int tag, byte[]... contents) {
        byte[] content = joined(contents);
        byte[] head;
        if (content.length < LONG_LENGTH) {
            head = new byte[] {(byte) tag, (byte) content.length};
        } else {
            // As many bytes as the length needs, without a sign.
            byte[] length = BigInteger.valueOf(content.length).toByteArray();
            byte[] bare = length[0] == 0 ? Arrays.copyOfRange(length, 1, length.length) : length;
            head = joined(new byte[] {(byte) tag, (byte) (LONG_LENGTH + bare.length)}, bare);
        }
        return joined(head, content);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(PEM_LINE, new byte[] {'\n'}).encodeToString(encoded) + "\n-----END " + what
                + "-----\n";
    }
}
