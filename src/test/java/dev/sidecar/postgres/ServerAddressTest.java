package dev.sidecar.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerAddressTest {

    /** The stack's settings have brackets around an address of IPv6, and so has a URL; libpq takes it without. */
    @ParameterizedTest
    @CsvSource({"[fd00::5], fd00::5", "fd00::5, fd00::5", "db.our-team.net, db.our-team.net"})
    void anAddressOfIpv6MayHaveItsBrackets(String given, String asked) {
        assertThat(at(given).hearing("shop", "test")).contains("host='" + asked + "' ");
    }

    @Test
    void aSocketIsAFolder() {
        assertThat(at("/run/postgresql").isSocket()).isTrue();
        assertThat(at("[::1]").isSocket()).isFalse();
    }

    private static ServerAddress at(String host) {
        return new ServerAddress(host, 5432, "backup", null, "disable", "postgres");
    }
}
