package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrustedProxiesTest {

    private final TrustedProxies trusted = new TrustedProxies(List.of("10.0.0.0/8", "fc00::/7"));

    @Test
    void onlyTheNamedNetworksAreTrusted() {
        assertThat(trusted.include(new InetSocketAddress("10.9.8.7", 1))).isTrue();
        assertThat(trusted.include(new InetSocketAddress("fd00::1", 1))).isTrue();
        assertThat(trusted.include(new InetSocketAddress("11.0.0.1", 1))).isFalse();
        assertThat(trusted.include(new InetSocketAddress("2001:db8::1", 1))).isFalse();
    }

    /** Only the addresses that trusted proxies added are believed: a client may have written the beginning of the list itself. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.1 | 192.0.2.1",
                "192.0.2.1, 10.0.0.2 | 192.0.2.1",
                "6.6.6.6, 192.0.2.1, 10.0.0.3, 10.0.0.2 | 192.0.2.1",
                "10.0.0.3, 10.0.0.2 | 10.0.0.3",
                "<script>, 10.0.0.2 | 10.0.0.2",
                "unknown | 10.0.0.1",
                "2001:DB8::1 | 2001:db8::1"
            })
    void theClientIsTheLastAddressThatIsNoProxy(String forwardedFor, String client) {
        assertThat(trusted.client(forwardedFor, "10.0.0.1")).isEqualTo(client);
    }
}
