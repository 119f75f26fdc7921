package dev.sidecar.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a service may do, as its entry in the compose file says it.
 *
 * @param user the user it runs as, as {@code uid:gid}; {@code image} where the image decides
 * @param root whether it runs as user 0
 * @param capabilities those it keeps; {@code defaults} if it does not drop all first
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
        boolean closed) {

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
                entry.containsKey("mem_limit") && entry.containsKey("cpus"),
                built || image.matches(".+:(?!latest$)[^:]+"),
                !Boolean.TRUE.equals(entry.get("privileged"))
                        && !String.valueOf(entry.get("network_mode")).equals("host")
                        && !String.valueOf(entry.get("volumes")).contains("docker.sock"));
    }

    /** What is missing, in words; empty for a service that is held as tightly as all of them are meant to be. */
    List<String> weaknesses() {
        List<String> weaknesses = new ArrayList<>();
        addUnless(!root || capabilities.isEmpty(), "root with capabilities", weaknesses);
        addUnless(capabilities.isEmpty(), "capabilities " + String.join(", ", capabilities), weaknesses);
        addUnless(readOnly, "writable root", weaknesses);
        addUnless(noNewPrivileges, "may gain privileges", weaknesses);
        addUnless(limited, "no limit of memory or CPU", weaknesses);
        addUnless(pinned, "image without a fixed tag", weaknesses);
        addUnless(closed, "privileged, in the host's network, or with docker.sock", weaknesses);
        return weaknesses;
    }

    private static void addUnless(boolean holds, String weakness, List<String> weaknesses) {
        if (!holds) {
            weaknesses.add(weakness);
        }
    }

    private static List<String> strings(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
