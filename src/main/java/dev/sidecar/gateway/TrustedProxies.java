package dev.sidecar.gateway;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** Knows the proxies that are believed when they say where a request came from. */
final class TrustedProxies {

    private final List<IpSubnetFilterRule> networks;

    TrustedProxies(List<String> networks) {
        this.networks = networks.stream().map(TrustedProxies::network).toList();
    }

    static boolean isNetwork(String cidr) {
        try {
            network(cidr);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    boolean include(InetSocketAddress address) {
        for (IpSubnetFilterRule network : networks) {
            if (network.matches(address)) {
                return true;
            }
        }
        return false;
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
