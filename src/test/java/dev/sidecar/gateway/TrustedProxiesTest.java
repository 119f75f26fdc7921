package dev.sidecar.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

    private final TrustedProxies trusted = new TrustedProxies(List.of("10.0.0.0/8", "fc00::/7"));

    @Test
    void onlyTheNamedNetworksAreTrusted() {
        assertThat(trusted.include(new InetSocketAddress("10.9.8.7", 1))).isTrue();
        assertThat(trusted.include(new InetSocketAddress("fd00::1", 1))).isTrue();
        assertThat(trusted.include(new InetSocketAddress("11.0.0.1", 1))).isFalse();
        assertThat(trusted.include(new InetSocketAddress("2001:db8::1", 1))).isFalse();
    }

    /** A home network's client is as much a stranger as any: it must not claim to be somebody else. */
    @ParameterizedTest
    @ValueSource(
            strings = {"10.1.2.3", "172.16.0.9", "172.31.255.254", "192.168.1.7", "fd00::7", "169.254.1.1", "100.64.0.1"
            })
    void byDefaultOnlyThisMachineIsTrusted(String address) {
        TrustedProxies standard =
                new TrustedProxies(GatewayServer.properties("http://a").trustedProxies());

        assertThat(standard.include(new InetSocketAddress(address, 1))).isFalse();
        assertThat(standard.include(new InetSocketAddress("127.0.0.1", 1))).isTrue();
        assertThat(standard.include(new InetSocketAddress("::1", 1))).isTrue();
    }

    @Test
    void aProxyIsTrustedByItsNameToo() {
        try (TrustedProxies named = new TrustedProxies(List.of("localhost", "no-such-host.invalid"))) {
            assertThat(named.include(new InetSocketAddress("127.0.0.1", 1))).isFalse();
            named.start();
            assertThat(named.include(new InetSocketAddress("127.0.0.1", 1))).isTrue();
            assertThat(named.include(new InetSocketAddress("10.0.0.1", 1))).isFalse();
        }
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
