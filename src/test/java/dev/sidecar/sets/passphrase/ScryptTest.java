package dev.sidecar.sets.passphrase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.exceptionfactory.jagged.RecipientStanza;
import dev.sidecar.secrets.Secret;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.crypto.generators.SCrypt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScryptTest {

    private static final byte[] PASSPHRASE = "pleaseletmein".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SALT = "SodiumChloride".getBytes(StandardCharsets.US_ASCII);

    /** The example of RFC 7914 with these parameters. */
    @Test
    void theKeyIsThatOfTheStandard() {
        assertThat(HexFormat.of().formatHex(Scrypt.key(PASSPHRASE, SALT, 14, 64)))
                .isEqualTo("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                        + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
    }

    /** Below the limit all blocks are kept, above only some. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4, 10, 13, 14})
    void everyFactorGivesTheSameAsWithAllMemory(int work) {
        assertThat(Scrypt.key(PASSPHRASE, SALT, work, 32, 1 << 11))
                .isEqualTo(SCrypt.generate(PASSPHRASE, SALT, 1 << work, 8, 1, 32));
    }

    @Test
    void agesOwnFactorTakesAnEighthOfTheMemory() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Scrypt.key(PASSPHRASE, SALT, 1, 32, 1 << 15);
        long before = threads.getCurrentThreadAllocatedBytes();

        Scrypt.key(PASSPHRASE, SALT, 18, 32, 1 << 15);

        // Also what is thrown away at once, such as 64 bytes for each mixed block where the compiler does not see
        // through it.
        assertThat(peakOfPieces(before, threads.getCurrentThreadAllocatedBytes()))
                .isLessThan(160L << 20);
    }

    private static long peakOfPieces(long before, long after) {
        return after - before;
    }

    /** Whoever can write to a store would otherwise say how long we compute, and in how much memory. */
    @ParameterizedTest
    @CsvSource({"19", "30", "63", "0", "-1", "018", "1e1", "99999999999", "''"})
    void aFileCannotAskForMoreThanThat(String work) {
        RecipientStanza hostile = stanza("AAAAAAAAAAAAAAAAAAAAAA", work);

        assertThatThrownBy(() -> new ScryptStanza(Secret.of("x")).getFileKey(List.of(hostile)))
                .isInstanceOf(java.security.GeneralSecurityException.class)
                .hasMessageContaining("work factor");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "%%%%", "AAAA"})
    void aMalformedSaltIsRefused(String salt) {
        assertThatThrownBy(() -> new ScryptStanza(Secret.of("x")).getFileKey(List.of(stanza(salt, "18"))))
                .isInstanceOf(java.security.GeneralSecurityException.class)
                .hasMessageContaining("salt");
    }

    /** Each would cost a second. */
    @Test
    void aPassphraseStandsAlone() {
        RecipientStanza one = stanza("AAAAAAAAAAAAAAAAAAAAAA", "18");

        assertThatThrownBy(() -> new ScryptStanza(Secret.of("x")).getFileKey(List.of(one, one)))
                .isInstanceOf(java.security.GeneralSecurityException.class);
    }

    private static RecipientStanza stanza(String salt, String work) {
        return new RecipientStanza() {
            @Override
            public String getType() {
                return "scrypt";
            }

            @Override
            public List<String> getArguments() {
                return List.of(salt, work);
            }

            @Override
            public byte[] getBody() {
                return new byte[32];
            }
        };
    }
}
