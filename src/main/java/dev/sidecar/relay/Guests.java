package dev.sidecar.relay;

import dev.sidecar.hosts.Hosts;
import dev.sidecar.hosts.HostsUnreadable;
import dev.sidecar.hosts.Satellite;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the list of hosts: those that are trusted now, each with what is known of it. */
final class Guests {

    private static final Logger LOG = LoggerFactory.getLogger(Guests.class);

    /** Pushes that are read or wait at once: what fits into the memory of the relay. */
    static final int PLACES = 24;

    private final Semaphore places = new Semaphore(PLACES);
    private final Hosts hosts;
    private final RelayProperties properties;
    private final RelayMetrics metrics;
    private final double began;
    private final Map<String, Guest> guests = new LinkedHashMap<>();
    private List<Satellite> followed = List.of();

    /**
     * Who presents a token.
     *
     * @param name the host's name; empty if it is nobody's token
     * @param guest null if nobody is let in by it
     * @param trouble why not
     */
    record Known(String name, @Nullable Guest guest, Trouble trouble) {}

    Guests(Hosts hosts, RelayProperties properties, RelayMetrics metrics, Clock clock) {
        this.hosts = hosts;
        this.properties = properties;
        this.metrics = metrics;
        this.began = clock.millis() / 1000.0;
    }

    /** Looks at the list. A damaged one changes nothing of what is measured, and lets nobody in. */
    synchronized void follow() {
        List<Satellite> all;
        try {
            all = hosts.all();
        } catch (HostsUnreadable e) {
            LOG.atError()
                    .addKeyValue("reason", e.getMessage())
                    .log("cannot use the list of hosts: all pushes are refused");
            return;
        }
        if (all.equals(followed)) {
            return;
        }
        followed = all;
        for (Guest guest : new ArrayList<>(guests.values())) {
            if (all.stream().noneMatch(satellite -> satellite.isTrusted() && guest.is(satellite))) {
                guests.remove(guest.name());
                metrics.ended(guest);
            }
        }
        all.stream()
                .filter(Satellite::isTrusted)
                .filter(satellite -> !guests.containsKey(satellite.name()))
                .forEach(satellite -> {
                    Guest guest = new Guest(satellite, properties, places, began);
                    guests.put(guest.name(), guest);
                    metrics.began(guest);
                });
    }

    /** @throws HostsUnreadable if nobody can be let in now */
    synchronized Known byToken(String token) {
        Optional<Satellite> found = hosts.withToken(token);
        follow();
        if (found.isEmpty()) {
            return new Known(RelayMetrics.NOBODY, null, Trouble.UNKNOWN_TOKEN);
        }
        String name = found.get().name();
        return new Known(name, found.get().isTrusted() ? guests.get(name) : null, Trouble.REVOKED_TOKEN);
    }
}
