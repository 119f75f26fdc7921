package dev.sidecar.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.hosts.Satellite;
import java.net.URI;
import java.time.Instant;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

/** The places that hosts share while their pushes arrive. */
class GuestTest {

    static final RelayProperties PROPERTIES = new RelayProperties(
            "127.0.0.1",
            0,
            "127.0.0.1",
            0,
            null,
            URI.create("http://127.0.0.1:9"),
            null,
            null,
            null,
            10,
            10,
            DataSize.ofKilobytes(1));

    private final Semaphore places = new Semaphore(Guests.PLACES);

    private Guest guest(String name) {
        return new Guest(new Satellite(name, "0".repeat(64), Instant.EPOCH, null), PROPERTIES, places, 0);
    }

    private static int entered(Guest guest) {
        return (int) Stream.generate(guest::enter).limit(100).filter(in -> in).count();
    }

    @Test
    void hostsThatSendSlowlyKeepNobodyElseOut() {
        assertThat(entered(guest("slow-1"))).isEqualTo(8);
        assertThat(entered(guest("slow-2"))).isBetween(1, 8);
        assertThat(entered(guest("slow-3"))).isBetween(1, 8);

        for (int i = 0; i < 8; i++) {
            assertThat(entered(guest("late-" + i))).isEqualTo(1);
        }
    }

    @Test
    void whoLeavesMakesRoom() {
        Guest guest = guest("busy");
        int all = entered(guest);

        guest.leave();

        assertThat(guest.enter()).isTrue();
        assertThat(guest.enter()).isFalse();
        for (int i = 0; i < all; i++) {
            guest.leave();
        }
        assertThat(places.availablePermits()).isEqualTo(Guests.PLACES);
    }
}
