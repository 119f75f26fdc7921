package dev.sidecar.gateway;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Knows the proxies that are believed when they say where a request came from: networks, and hosts by name. A container that comes back has
 * another address under its name, so names are looked up again and again, on a thread of their own.
 */
final class TrustedProxies implements AutoCloseable {

    private static final long LOOKUP_SECONDS = 2;
    private static final String NAME = "[A-Za-z0-9]([A-Za-z0-9_-]{0,62})(\\.[A-Za-z0-9_-]{1,63})*\\.?";

    private final List<IpSubnetFilterRule> networks;
    private final List<String> names;
    private volatile Set<InetAddress> named = Set.of();
    private @Nullable ScheduledExecutorService lookups;

    TrustedProxies(List<String> proxies) {
        List<String> given = proxies.stream()
                .map(String::strip)
                .filter(Predicate.not(String::isEmpty))
                .toList();
        this.networks = given.stream()
                .filter(proxy -> !isName(proxy))
                .map(TrustedProxies::network)
                .toList();
        this.names = given.stream().filter(TrustedProxies::isName).toList();
    }

    static boolean isProxy(String proxy) {
        try {
            return proxy.isBlank() || isName(proxy.strip()) || network(proxy.strip()) != null;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** A name ends in a letter's part; what ends in a number is meant to be an address. */
    private static boolean isName(String proxy) {
        return proxy.matches(NAME) && !proxy.matches("(.*\\.)?\\d+\\.?");
    }

    /** Looks the names up now and from now on. */
    synchronized void start() {
        if (names.isEmpty() || lookups != null) {
            return;
        }
        lookUp();
        lookups = Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("gateway-proxies", true));
        lookups.scheduleWithFixedDelay(this::lookUp, LOOKUP_SECONDS, LOOKUP_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public synchronized void close() {
        if (lookups != null) {
            lookups.shutdownNow();
            lookups = null;
        }
    }

    private void lookUp() {
        Set<InetAddress> found = new HashSet<>();
        for (String name : names) {
            try {
                found.addAll(List.of(InetAddress.getAllByName(name)));
            } catch (UnknownHostException e) {
                // It is not there now, so nobody speaks in its name.
            }
        }
        named = Set.copyOf(found);
    }

    boolean include(@Nullable InetSocketAddress address) {
        if (address == null || address.getAddress() == null) {
            return false;
        }
        for (IpSubnetFilterRule network : networks) {
            if (network.matches(address)) {
                return true;
            }
        }
        return named.contains(address.getAddress());
    }

    /** Finds the client in X-Forwarded-For: the last address that is not itself a trusted proxy. */
    String client(String forwardedFor, String peer) {
        String client = peer;
        String[] hops = forwardedFor.split(",");
        for (int i = hops.length - 1; i >= 0; i--) {
            InetAddress hop = NetUtil.createInetAddressFromIpAddressString(hops[i].strip());
            if (hop == null) {
                return client;
            }
            client = NetUtil.toAddressString(hop);
            if (!include(new InetSocketAddress(hop, 0))) {
                return client;
            }
        }
        return client;
    }

    private static IpSubnetFilterRule network(String cidr) {
        int slash = cidr.indexOf('/');
        String address = cidr.substring(0, slash).strip();
        if (!NetUtil.isValidIpV4Address(address) && !NetUtil.isValidIpV6Address(address)) {
            throw new IllegalArgumentException("no address");
        }
        int prefix = Integer.parseInt(cidr.substring(slash + 1).strip());
        return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT);
    }
}
