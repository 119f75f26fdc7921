package dev.sidecar.growth;

import java.util.LinkedHashMap;
import java.util.Map;

/** The arithmetic of docs/scaling.md: what a team of some size costs, by what one host, one database and one request cost. */
final class Growth {

    static final double SCRAPE_SECONDS = 15;
    static final double DAY = 86_400;
    static final double MIB = 1024 * 1024;
    static final double MB = 1e6;
    static final double GB = 1e9;

    /** Prometheus collects garbage when half as much as is alive has come on top (GOGC=50 in the compose file). */
    static final double GARBAGE = 1.5;

    private final Figures figures;

    /**
     * How large a team is.
     *
     * @param hosts other hosts, that push
     * @param servers of those, how many have a PostgreSQL with ten databases, and a Redis
     * @param requests a second, at the edge
     */
    record Team(int hosts, int servers, int requests) {

        static final Team FIRST = new Team(10, 2, 1_000);
        static final Team SECOND = new Team(100, 20, 20_000);
    }

    Growth(Figures figures) {
        this.figures = figures;
    }

    /** The team's costs, by the name of the figure. */
    Map<String, Double> predict(Team team) {
        Map<String, Double> predicted = new LinkedHashMap<>();
        double pushed = team.hosts() * (unit("node_series") + unit("collector_series"))
                + team.servers() * (unit("postgres_series") + 10 * unit("database_series") + unit("redis_series"));
        double series = pushed + team.hosts() * unit("relay_series");
        predicted.put("series", unit("centre_series") + series);
        predicted.put("samples_s", pushed / SCRAPE_SECONDS);
        predicted.put("push_kb_s", pushed / SCRAPE_SECONDS * unit("push_sample") / 1000);
        predicted.put("prometheus_live_mib", unit("prometheus_live") + series * unit("prometheus_series") / MIB);
        predicted.put(
                "prometheus_cpu", unit("prometheus_cpu") + pushed / SCRAPE_SECONDS * unit("prometheus_sample") / 1e6);
        predicted.put(
                "prometheus_gb_month", predicted.get("series") / SCRAPE_SECONDS * 30 * DAY * unit("disk_sample") / GB);
        predicted.put("rules_s", unit("rules") + team.hosts() * unit("rules_host"));
        predicted.put("relay_cpu", unit("relay_cpu") + pushed / SCRAPE_SECONDS * unit("relay_sample") / 1e6);
        predicted.put("edge_cpu", team.requests() * unit("edge_request") / 1e6);
        predicted.put("gateway_cpu", team.requests() * unit("gateway_request") / 1e6);
        predicted.put("log_lines_s", 3.0 * team.requests());
        predicted.put("log_mb_s", team.requests() * lineBytes() / MB);
        predicted.put("log_gb_day", team.requests() * lineBytes() * DAY / GB);
        return predicted;
    }

    /** Of the edge, the gateway, and an API that writes a line as long as the gateway's. */
    private double lineBytes() {
        return unit("edge_line") + 2 * unit("gateway_line");
    }

    private double unit(String name) {
        return figures.get("unit", name);
    }
}
