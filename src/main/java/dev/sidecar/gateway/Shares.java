package dev.sidecar.gateway;

import io.netty.util.NetUtil;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what each client's address holds at this moment. All event loops share it; an address that holds nothing is forgotten, so that it
 * never knows more addresses than there are connections and requests.
 */
final class Shares {

    private static final int NETWORK_BYTES = 8;

    private final ConcurrentHashMap<String, AtomicInteger> held = new ConcurrentHashMap<>();

    /** Names who shares one share: an IPv4 address, or the 64 bits of an IPv6 address that name a network, as a client picks the others. */
    static String of(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        return bytes == null || bytes.length <= NETWORK_BYTES
                ? address
                : HexFormat.of().formatHex(Arrays.copyOf(bytes, NETWORK_BYTES));
    }

    /** Takes one more. @return how many the address holds now; each needs one {@link #give} */
    int take(String address) {
        return held.compute(address, (key, count) -> {
                    AtomicInteger counted = count == null ? new AtomicInteger() : count;
                    counted.incrementAndGet();
                    return counted;
                })
                .get();
    }

    void give(String address) {
        held.computeIfPresent(address, (key, count) -> count.decrementAndGet() == 0 ? null : count);
    }

    /** How many addresses hold something. */
    int addresses() {
        return held.size();
    }
}
