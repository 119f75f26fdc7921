package dev.sidecar.farend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.net.URI;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FarEndPropertiesTest {

    private static final URI ADDRESS = URI.create("https://metrics.our-team.net/prometheus");
    private static final Secret SECRET = Secret.of("secret-of-ours");

    @Test
    void blankIsNotSet() {
        FarEndProperties none =
                new FarEndProperties(URI.create(""), URI.create(""), " ", null, null, "", "X-Scope-OrgID");

        assertThat(none.url()).isNull();
        assertThat(none.writeUrl()).isNull();
        assertThat(none.username()).isNull();
        assertThat(none.tenant()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "metrics:8428",
                "ftp://metrics.our-team.net",
                "https://me:secret-of-ours@metrics.our-team.net",
                "https://metrics.our-team.net/?token=secret-of-ours"
            })
    void anAddressIsOneOfTheWebAndHoldsNoLogin(String address) {
        assertThatThrownBy(() -> new FarEndProperties(URI.create(address), null, null, null, null, null, "X-A"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.far-end.url")
                .hasMessageNotContaining("secret-of-ours");
    }

    @Test
    void aLoginIsATokenOrAUserWithAPassword() {
        new FarEndProperties(ADDRESS, null, "me", SECRET, null, null, "X-A");
        new FarEndProperties(ADDRESS, null, null, null, SECRET, null, "X-A");
        assertThatThrownBy(() -> new FarEndProperties(ADDRESS, null, "me", null, null, null, "X-A"))
                .hasMessageContaining("together with sidecar.far-end.password");
        assertThatThrownBy(() -> new FarEndProperties(ADDRESS, null, "me", SECRET, SECRET, null, "X-A"))
                .hasMessageContaining("sidecar.far-end.token");
    }

    /** A client would name the value in its error. */
    @Test
    void aTokenThatNoHeaderHoldsIsRefusedAndNotRepeated() {
        Secret broken = Secret.of("secret-of\nours");
        assertThatThrownBy(() -> new FarEndProperties(ADDRESS, null, null, null, broken, null, "X-A"))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining("sidecar.far-end.token")
                .hasMessageNotContaining("secret-of");
    }

    @Test
    void nothingSlipsIntoAnotherHeader() {
        assertThatThrownBy(() -> new FarEndProperties(ADDRESS, null, null, null, null, "a\r\nX-B: c", "X-A"))
                .hasMessageContaining("sidecar.far-end.tenant");
        assertThatThrownBy(() -> new FarEndProperties(ADDRESS, null, null, null, null, "a", "X-A: b\r\nX"))
                .hasMessageContaining("sidecar.far-end.tenant-header");
    }

    @Test
    void aValueTellsWhenItWasWritten() {
        FarEnd farEnd = FarEndFixture.at(null, null, null, "h1", java.time.Duration.ofSeconds(1));
        Instant now = Instant.parse("2026-11-28T12:00:00Z");
        double first = farEnd.write(now);

        assertThat(FarEnd.timeOf(first)).contains(now);
        assertThat(FarEnd.timeOf(0)).isEmpty();
        assertThat(FarEnd.timeOf(Double.NaN)).isEmpty();
        assertThat(FarEnd.timeOf(Double.POSITIVE_INFINITY)).isEmpty();
        assertThat(FarEnd.timeOf(first + 0.5)).isEmpty();
        assertThat(farEnd.written()).isEqualTo(first).isNotEqualTo(farEnd.write(now));
    }
}
