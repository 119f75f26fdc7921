package dev.sidecar.preflight;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads from a service's entry in the compose file what the service may do.
 *
 * @param user the user it runs as, as {@code uid:gid}; {@code image} where the image decides
 * @param root it runs as user 0
 * @param capabilities capabilities that it keeps; {@code defaults} if it does not drop all first
 * @param limited memory, processor time and the number of processes have limits
 * @param pinned its image has a tag that stands for one version, or is built from this clone
 * @param closed it keeps out of the host: not privileged, no namespace or device of the host, no engine's socket
 * @param distance what its networks and ports put within whose reach
 */
record ServiceIsolation(
        String service,
        String image,
        String user,
        boolean root,
        List<String> capabilities,
        boolean readOnly,
        boolean noNewPrivileges,
        boolean limited,
        boolean pinned,
        boolean closed,
        Distance distance) {

    /** How near a service is to those that could be compromised. */
    enum Distance {
        APART(""),
        DATA_NEAR_EDGE("data within reach of the edge"),
        EXPORTER_NEAR_API("an exporter beside the API or the edge"),
        LOGS_NEAR_OTHERS("logs within reach of others than those who write or ask"),
        TRACES_NEAR_OTHERS("traces within reach of others than those who write or ask");

        private final String weakness;

        Distance(String weakness) {
            this.weakness = weakness;
        }
    }

    private static final Set<String> WITH_DATA = Set.of("postgres", "redis", "pitr-archive", "pitr-source");

    /** Networks on which a service meets the edge, or the API. */
    private static final Set<String> EDGE = Set.of("edge", "edge-stats");

    private static final Set<String> API = Set.of("edge", "app");
    /** Services without a login, each on a network of its own. */
    private static final Map<String, String> ON_ITS_OWN = Map.of("loki", "logs", "tempo", "traces");

    private static final List<String> LIMITS = List.of("mem_limit", "cpus", "pids_limit");

    static ServiceIsolation of(String service, Map<?, ?> entry) {
        boolean built =
                entry.containsKey("build") || String.valueOf(entry.get("image")).startsWith("observability-sidecar:");
        String image = String.valueOf(entry.get("image"));
        String user = entry.containsKey("user") ? String.valueOf(entry.get("user")) : "image";
        List<String> capabilities = new ArrayList<>();
        if (!strings(entry.get("cap_drop")).contains("ALL")) {
            capabilities.add("defaults");
        }
        capabilities.addAll(strings(entry.get("cap_add")));
        return new ServiceIsolation(
                service,
                image,
                user,
                user.matches("(0|root)(:.*)?") || user.equals("image") && !built,
                capabilities,
                Boolean.TRUE.equals(entry.get("read_only")),
                strings(entry.get("security_opt")).contains("no-new-privileges:true"),
                LIMITS.stream().allMatch(entry::containsKey),
                built || image.matches(".+:(?!latest$)[^:/]+"),
                isClosed(entry),
                distance(service, entry));
    }

    private static boolean isClosed(Map<?, ?> entry) {
        return !Boolean.TRUE.equals(entry.get("privileged"))
                && Stream.of("network_mode", "pid", "ipc", "userns_mode")
                        .noneMatch(space -> "host".equals(entry.get(space)))
                && !entry.containsKey("devices")
                && !String.valueOf(entry.get("security_opt")).contains("unconfined")
                && !String.valueOf(entry.get("volumes")).contains("docker.sock");
    }

    private static Distance distance(String service, Map<?, ?> entry) {
        Set<String> networks = networks(entry);
        boolean published = entry.containsKey("ports");
        if (WITH_DATA.contains(service) && (published || !Collections.disjoint(networks, EDGE))) {
            return Distance.DATA_NEAR_EDGE;
        }
        if (service.endsWith("-exporter") && (published || !Collections.disjoint(networks, API))) {
            return Distance.EXPORTER_NEAR_API;
        }
        String own = ON_ITS_OWN.get(service);
        if (own != null && (published || !networks.equals(Set.of(own)))) {
            return own.equals("logs") ? Distance.LOGS_NEAR_OTHERS : Distance.TRACES_NEAR_OTHERS;
        }
        return Distance.APART;
    }

    /** A service that names no network is on the default one, where it meets nobody. */
    private static Set<String> networks(Map<?, ?> entry) {
        Object networks = entry.get("networks");
        return networks instanceof Map<?, ?> map
                ? map.keySet().stream().map(String::valueOf).collect(Collectors.toSet())
                : Set.copyOf(strings(networks));
    }

    /** Lists in words the restrictions that are missing; empty for a service that has them all. */
    @JsonProperty
    List<String> weaknesses() {
        List<String> weaknesses = new ArrayList<>();
        addUnless(!root || capabilities.isEmpty(), "root with capabilities", weaknesses);
        addUnless(capabilities.isEmpty(), "capabilities " + String.join(", ", capabilities), weaknesses);
        addUnless(readOnly, "writable root", weaknesses);
        addUnless(noNewPrivileges, "may gain privileges", weaknesses);
        addUnless(limited, "no limit on memory, CPU or processes", weaknesses);
        addUnless(pinned, "image without a fixed tag", weaknesses);
        addUnless(closed, "privileged, in a namespace of the host, or with docker.sock", weaknesses);
        addUnless(distance == Distance.APART, distance.weakness, weaknesses);
        return weaknesses;
    }

    private static void addUnless(boolean holds, String weakness, List<String> weaknesses) {
        if (!holds) {
            weaknesses.add(weakness);
        }
    }

    private static List<String> strings(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
