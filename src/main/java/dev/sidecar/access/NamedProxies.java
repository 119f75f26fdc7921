package dev.sidecar.access;

import dev.sidecar.settings.InvalidSetting;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.catalina.util.NetMaskSet;
import org.apache.catalina.valves.RemoteIpValve;

/**
 * Believes the proxies in front of the control plane that the settings name, and no other, when they say who asks and over which scheme.
 */
final class NamedProxies {

    private NamedProxies() {}

    /** Checks the setting and joins it as Tomcat takes it. */
    static String list(List<String> trusted) {
        for (String network : trusted) {
            InvalidSetting.unless(
                    network.isBlank()
                            || (network.matches("\\s*(\\d+(\\.\\d+){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/\\d{1,3})?\\s*")
                                    && isRead(network)),
                    "sidecar.access.trusted-proxies",
                    network,
                    "be a list of addresses or networks such as 10.1.2.3,fd00::/64");
        }
        return trusted.stream()
                .map(String::strip)
                .filter(network -> !network.isEmpty())
                .collect(Collectors.joining(","));
    }

    private static boolean isRead(String network) {
        try {
            return new NetMaskSet().addAll(network.strip()).isEmpty();
        } catch (RuntimeException e) {
            return false;
        }
    }

    static RemoteIpValve valve(String networks) {
        RemoteIpValve valve = new RemoteIpValve();
        valve.setInternalProxies(networks);
        valve.setProtocolHeader("X-Forwarded-Proto");
        valve.setHostHeader("X-Forwarded-Host");
        return valve;
    }
}
