package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes other limits by client address for nginx than its configuration has, if they are set; 0 switches one off. What stands in a server
 * block replaces what stands around it. A setting names the proxies in front of nginx, by whose word a client's address is known.
 */
final class EdgeLimits implements Step {

    private static final int MOST = 100_000;
    private static final String NETWORK = "[0-9A-Fa-f.:]{2,45}(/\\d{1,3})?";

    private final Settings settings;
    private final Path nginx;

    EdgeLimits(Settings settings, Path nginx) {
        this.settings = settings;
        this.nginx = nginx;
    }

    @Override
    public void prepare(Plan plan) {
        Optional<Integer> rate = number("EDGE_REQUESTS_PER_SECOND", plan);
        Optional<Integer> burst = number("EDGE_REQUESTS_BURST", plan);
        Optional<Integer> connections = number("EDGE_CONNECTIONS_PER_CLIENT", plan);
        StringBuilder zones = new StringBuilder();
        StringBuilder limits = new StringBuilder();
        connections.ifPresent(most -> limits.append(
                most == 0 ? "limit_conn nobodys_connections 1;\n" : "limit_conn client_connections " + most + ";\n"));
        if (rate.isPresent() && rate.get() == 0) {
            limits.append("limit_req zone=nobodys_requests;\n");
        } else if (rate.isPresent() || burst.isPresent()) {
            String zone = "client_requests";
            if (rate.isPresent()) {
                zone = "set_requests";
                zones.append("limit_req_zone $client zone=set_requests:4m rate=" + rate.get() + "r/s;\n");
            }
            int most = burst.orElse(rate.map(each -> 2 * each).orElse(0));
            limits.append("limit_req zone=" + zone + " burst=" + most + " nodelay;\n");
        }
        zones.append(proxies(plan));
        write(plan, "limits.zones", zones.toString());
        write(plan, "limits.conf", limits.toString());
        plan.found(ReportLine.on(
                "limits at the edge",
                "for each address %s requests a second and %s at once"
                        .formatted(words(rate, 300, "any number of"), words(connections, 200, "any number"))));
    }

    private static String words(Optional<Integer> set, int otherwise, String unlimited) {
        int value = set.orElse(otherwise);
        return value == 0 ? unlimited : Integer.toString(value);
    }

    private String proxies(Plan plan) {
        List<String> networks = Stream.of(
                        settings.get("EDGE_TRUSTED_PROXIES", "").split(","))
                .map(String::strip)
                .filter(network -> !network.isEmpty())
                .toList();
        for (String network : networks) {
            if (!network.matches(NETWORK)) {
                plan.found(
                        ReportLine.wrong(
                                "EDGE_TRUSTED_PROXIES",
                                "has '" + network + "'",
                                "write the addresses or networks of your load balancer, such as 10.1.2.0/24, separated by commas"));
            }
        }
        return networks.isEmpty()
                ? ""
                : networks.stream()
                        .map(network -> "set_real_ip_from " + network + ";\n")
                        .collect(
                                Collectors.joining("", "", "real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n"));
    }

    private Optional<Integer> number(String name, Plan plan) {
        Optional<String> given = settings.get(name);
        if (given.isPresent() && !given.get().matches("\\d{1,6}")
                || given.map(Integer::parseInt).orElse(0) > MOST) {
            plan.found(ReportLine.wrong(
                    name, "is '" + given.get() + "'", "write a number between 0 (no limit) and " + MOST));
            return Optional.empty();
        }
        return given.map(Integer::parseInt);
    }

    private void write(Plan plan, String name, String content) {
        Path file = nginx.resolve(name);
        if (content.isEmpty()) {
            plan.remove(file);
        } else {
            plan.write(file, "# Written by preflight, as set in .env.\n" + content);
        }
    }
}
