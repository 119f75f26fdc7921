package dev.sidecar.prometheus;

import dev.sidecar.prometheus.RemoteWrite.Samples;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The machine, the programs and the users of a small team as Prometheus sees them every 15 seconds. Events change what an
 * ordinary moment looks like for as long as they last.
 *
 * <p>A series that does not change is written every two minutes only, or, where a rule counts samples to see how often it is scraped, every
 * half minute: no rule can tell that from every 15 seconds.
 */
final class SmallTeam {

    static final int TICK = 15;
    static final double GB = 1e9;

    private static final int SLOW = 60;
    private static final int STILL_MOVING = 60;
    private static final int SIGN_OF_LIFE = 120;
    private static final int COUNTED = 30;
    private static final double[] LIMITS = {0.1, 0.25, 0.5, 1, 2.5, 5, Double.POSITIVE_INFINITY};

    private static final Map<String, Double> SIZES =
            Map.of("/", 100 * GB, "/backup", 300 * GB, "/archive", 4000 * GB, "/boot", GB / 2);

    final Random random;
    final Map<String, Target> targets = new LinkedHashMap<>();
    private final Map<String, Signal> signals = new LinkedHashMap<>();
    /** Prometheus scrapes and evaluates; while it does not, nothing is seen. */
    boolean watching = true;

    long now;
    /** Requests of users a second, and what becomes of them. */
    double users;

    double failing;
    double refused401;
    double refused403;
    double limited429;
    double slow;
    boolean answering;
    boolean probesFailing;
    boolean edgeFails;
    double edgeSlow;
    double edgeRefused;
    boolean linesArrive;
    /** The share of the edge's lines that are lost while others arrive. */
    double linesLost;

    double load;

    SmallTeam(long seed) {
        random = new Random(seed);
        programs();
    }

    /** One program that is scraped. */
    final class Target {
        final String job;
        final Signal up;
        final List<Signal> exported = new ArrayList<>();
        boolean reachable = true;

        private Target(String job, String service, String role) {
            this.job = job;
            Map<String, String> labels =
                    new TreeMap<>(Map.of("job", job, "service", service, "role", role, "instance", job + ":1"));
            this.up = new Signal(null, "up", labels, 1, false);
            this.up.signOfLife = COUNTED;
        }

        /** Its counters begin anew and its start time is now. */
        void restarted() {
            exported.forEach(each -> each.total = 0);
            Signal start = signals.get("process_start_time_seconds " + job);
            if (start != null) {
                start.base = now;
            }
        }
    }

    /** One series: a gauge, or a counter whose value a second is its base. */
    final class Signal {
        final boolean counter;
        /** Of the gauge, or of the counter a second, in an ordinary moment. */
        double base;
        /** At this moment. */
        double value;
        /** Of the counter so far. */
        double total;

        boolean bornAtFirst;
        boolean absent;
        /** In an ordinary moment there is none. */
        boolean leftOut;

        boolean slow;
        private int signOfLife = SIGN_OF_LIFE;
        private final Target target;
        private final Samples samples;
        private boolean shown;
        private double last;
        private long lastAt;
        private long changedAt;

        private Signal(Target target, String name, Map<String, String> labels, double base, boolean counter) {
            this.target = target;
            this.base = base;
            this.value = base;
            this.counter = counter;
            Map<String, String> all = new TreeMap<>(labels);
            all.put("stack", "staging");
            all.put("host", "h1");
            this.samples = new Samples(name, all);
        }

        Signal slow() {
            slow = true;
            return this;
        }

        Signal bornAtFirst() {
            bornAtFirst = true;
            return this;
        }

        private void ordinary() {
            value = base;
            absent = leftOut;
        }

        void more(double by) {
            total += by;
        }

        private void observe() {
            if (counter) {
                total += value * TICK;
            }
            boolean there = (target == null || target.reachable) && !absent && !(bornAtFirst && total == 0);
            if (!there) {
                if (shown) {
                    samples.add(now, RemoteWrite.STALE);
                    shown = false;
                }
                return;
            }
            if (shown && slow && now % SLOW != 0) {
                return;
            }
            double seen = counter ? total : value;
            if (!shown) {
                changedAt = now;
            } else if (seen != last) {
                if (!slow && lastAt < now - TICK) {
                    samples.add(now - TICK, last);
                }
                changedAt = now;
            } else if (now - changedAt > STILL_MOVING && now - lastAt < signOfLife) {
                return;
            }
            samples.add(now, seen);
            shown = true;
            last = seen;
            lastAt = now;
        }
    }

    /** @param name of the metric, and after a space what tells it from others of the name */
    Signal at(String name) {
        Signal signal = signals.get(name);
        if (signal == null) {
            throw new IllegalArgumentException(name + " is none of " + signals.keySet());
        }
        return signal;
    }

    /** The names of all that is exported. */
    Set<String> metrics() {
        Set<String> metrics = new TreeSet<>(Set.of("up"));
        signals.keySet().forEach(name -> metrics.add(name.split(" ")[0]));
        return metrics;
    }

    Target target(String job) {
        return targets.get(job);
    }

    void down(String... jobs) {
        for (String job : jobs) {
            targets.get(job).reachable = false;
        }
    }

    ZonedDateTime time() {
        return Instant.ofEpochSecond(now).atZone(ZoneOffset.UTC);
    }

    /** Lives until then. @param events change the moment before it is seen */
    void live(long until, Consumer<SmallTeam> events) {
        for (; now < until; now += TICK) {
            ordinary();
            events.accept(this);
            requests();
            if (!watching) {
                continue;
            }
            targets.values().forEach(target -> {
                target.up.value = target.reachable ? 1 : 0;
                target.up.observe();
            });
            signals.values().forEach(Signal::observe);
        }
    }

    /** Hands over what was seen since the last time. */
    void writeTo(RemoteWrite write) {
        targets.values().forEach(target -> write.add(target.up.samples));
        signals.values().forEach(signal -> write.add(signal.samples));
    }

    Target program(String job, String service, String role) {
        Target target = new Target(job, service, role);
        targets.put(job, target);
        series(target, "process_start_time_seconds", job, service, 1_700_000_000, false, Map.of("role", role));
        return target;
    }

    private Signal series(
            Target target,
            String name,
            String which,
            String service,
            double base,
            boolean counter,
            Map<String, String> labels) {
        Map<String, String> all = new TreeMap<>(labels);
        all.put("job", target.job);
        all.putIfAbsent("instance", target.job + ":1");
        all.put("service", service);
        Signal signal = new Signal(target, name, all, base, counter);
        if (signals.put(which.isEmpty() ? name : name + " " + which, signal) != null) {
            throw new IllegalArgumentException(name + " " + which + " is there twice");
        }
        target.exported.add(signal);
        return signal;
    }

    Signal gauge(Target target, String service, double base, String name, String... labels) {
        return series(target, name, which(labels), service, base, false, pairs(labels));
    }

    Signal counter(Target target, String service, double rate, String name, String... labels) {
        return series(target, name, which(labels), service, rate, true, pairs(labels));
    }

    private static String which(String... labels) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i < labels.length; i += 2) {
            values.add(labels[i]);
        }
        return String.join(" ", values);
    }

    private static Map<String, String> pairs(String... labels) {
        Map<String, String> pairs = new TreeMap<>();
        for (int i = 0; i < labels.length; i += 2) {
            pairs.put(labels[i], labels[i + 1]);
        }
        return pairs;
    }

    private void programs() {
        Target sidecar = program("sidecar", "sidecar", "app");
        for (String status : List.of("2xx", "4xx", "401", "403", "429", "5xx", "502")) {
            for (String route : List.of("/orders", "/items/{id}")) {
                counter(
                                sidecar,
                                "api",
                                0,
                                "sidecar_gateway_requests_seconds_count",
                                "client",
                                "user",
                                "route",
                                route,
                                "status",
                                status,
                                "upstream",
                                "api",
                                "method",
                                "GET")
                        .bornAtFirst();
            }
        }
        for (String status : List.of("2xx", "5xx", "502")) {
            counter(
                            sidecar,
                            "api",
                            0,
                            "sidecar_gateway_requests_seconds_count",
                            "client",
                            "probe",
                            "route",
                            "/health",
                            "status",
                            status,
                            "upstream",
                            "api",
                            "method",
                            "GET")
                    .bornAtFirst();
        }
        for (double limit : LIMITS) {
            counter(
                            sidecar,
                            "api",
                            0,
                            "sidecar_gateway_requests_seconds_bucket",
                            "client",
                            "user",
                            "route",
                            "/orders",
                            "status",
                            "2xx",
                            "upstream",
                            "api",
                            "method",
                            "GET",
                            "le",
                            le(limit))
                    .bornAtFirst();
        }
        for (String reason : List.of("refused", "response_timeout", "client_gone", "bad_request")) {
            counter(sidecar, "api", 0, "sidecar_gateway_failures_total", "reason", reason, "upstream", "api");
        }
        counter(
                sidecar,
                "api",
                0,
                "sidecar_gateway_connections_closed_total",
                "reason",
                "client_limit",
                "upstream",
                "api");
        for (String job : List.of(
                "sidecar",
                "api",
                "postgres",
                "redis",
                "nginx",
                "node",
                "blackbox",
                "prometheus",
                "alertmanager",
                "loki",
                "alloy",
                "grafana")) {
            gauge(sidecar, "sidecar", 1, "sidecar_expected_target", "target_job", job)
                    .slow();
        }
        for (String job : List.of("backup-daily", "report", "proof-ALR-1")) {
            counter(sidecar, "sidecar", 1.0 / 86_400, "sidecar_job_runs_total", "job_name", job, "outcome", "success")
                    .slow();
            counter(sidecar, "sidecar", 0, "sidecar_job_runs_total", "job_name", job, "outcome", "failure")
                    .slow();
            gauge(sidecar, "sidecar", 0, "sidecar_job_next_run_timestamp_seconds", "job_name", job)
                    .slow();
            gauge(sidecar, "sidecar", 0, "sidecar_job_running", "job_name", job).slow();
        }
        counter(sidecar, "sidecar", 0, "sidecar_notifications_failed_total", "receiver", "mail", "reason", "refused")
                .slow();
        counter(sidecar, "sidecar", 0, "sidecar_access_refused_total", "reason", "password");
        counter(sidecar, "sidecar", 0, "sidecar_log_lines_total", "output", "loki", "outcome", "failed");
        counter(sidecar, "sidecar", 0.2, "sidecar_log_lines_total", "output", "loki", "outcome", "delivered")
                .slow();
        gauge(sidecar, "sidecar", 0, "sidecar_dead_mans_switch_open");
        for (String[] proof : new String[][] {{"ALR-1", "alerting"}, {"BKP-5", "backups"}}) {
            gauge(sidecar, "sidecar", 1, "sidecar_proof_held", "proof", proof[0], "area", proof[1])
                    .slow();
            gauge(sidecar, "sidecar", 1, "sidecar_proof_applicable", "proof", proof[0], "area", proof[1])
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            proof[0].equals("ALR-1") ? 300 : 604_800,
                            "sidecar_proof_interval_seconds",
                            "proof",
                            proof[0],
                            "area",
                            proof[1])
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            0,
                            "sidecar_proof_last_held_timestamp_seconds",
                            "proof",
                            proof[0],
                            "area",
                            proof[1])
                    .slow();
        }
        for (String generation : List.of("daily", "weekly")) {
            gauge(sidecar, "sidecar", 0, "sidecar_backup_next_slot_timestamp_seconds", "generation", generation)
                    .slow();
            gauge(sidecar, "sidecar", 1, "sidecar_backup_last_run_success", "generation", generation, "database", "app")
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            0,
                            "sidecar_backup_last_success_timestamp_seconds",
                            "generation",
                            generation,
                            "database",
                            "app")
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            0,
                            "sidecar_backup_last_failure_timestamp_seconds",
                            "generation",
                            generation,
                            "database",
                            "app")
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            1,
                            "sidecar_backup_last_verification_success",
                            "generation",
                            generation,
                            "database",
                            "app")
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            0,
                            "sidecar_backup_last_verified_timestamp_seconds",
                            "generation",
                            generation,
                            "level",
                            "L4",
                            "database",
                            "app")
                    .slow();
            gauge(sidecar, "sidecar", 6 * GB, "sidecar_backup_size_bytes", "generation", generation, "database", "app")
                    .slow();
            gauge(
                            sidecar,
                            "sidecar",
                            1500,
                            "sidecar_backup_restore_seconds",
                            "generation",
                            generation,
                            "database",
                            "app")
                    .slow();
            gauge(sidecar, "sidecar", 0, "sidecar_backup_suspect", "generation", generation, "database", "app")
                    .slow();
        }
        gauge(sidecar, "sidecar", 26 * 3600, "sidecar_backup_rpo_seconds").slow();
        gauge(sidecar, "sidecar", 3600, "sidecar_backup_rto_seconds").slow();
        gauge(sidecar, "sidecar", 1, "sidecar_backup_key_ok").slow();
        gauge(sidecar, "sidecar", 0, "sidecar_backup_refused", "store", "local").slow();
        gauge(sidecar, "sidecar", 120 * GB, "sidecar_backup_free_bytes", "store", "local")
                .slow();

        Target api = program("api", "api", "app");
        for (String status : List.of("200", "500")) {
            counter(
                            api,
                            "api",
                            0,
                            "http_server_requests_seconds_count",
                            "uri",
                            "/orders",
                            "method",
                            "GET",
                            "status",
                            status)
                    .bornAtFirst();
        }
        gauge(api, "api", 0, "hikaricp_connections_pending", "pool", "main");
        gauge(api, "api", 3, "hikaricp_connections_active", "pool", "main");
        gauge(api, "api", 10, "hikaricp_connections_max", "pool", "main").slow();
        gauge(api, "api", 0.4 * GB, "jvm_memory_used_bytes", "area", "heap", "id", "G1 Old Gen")
                .slow();
        gauge(api, "api", GB, "jvm_memory_max_bytes", "area", "heap", "id", "G1 Old Gen")
                .slow();
        counter(api, "api", 0.004, "jvm_gc_pause_seconds_sum", "cause", "G1 Evacuation Pause")
                .slow();
        counter(api, "api", 0, "loki4j_drop_events_total", "appender", "loki");

        Target postgres = program("postgres", "postgres", "exporter");
        gauge(postgres, "postgres", 1, "pg_up").signOfLife = COUNTED;
        gauge(postgres, "postgres", 1_700_000_000, "pg_postmaster_start_time_seconds")
                .slow();
        for (String[] session : new String[][] {
            {"api", "client backend"},
            {"sidecar backup dump", "client backend"},
            {"sidecar restore", "client backend"},
            {"autovacuum", "autovacuum worker"},
            {"psql", "client backend"}
        }) {
            Signal open = gauge(
                    postgres,
                    "postgres",
                    0,
                    "pg_stat_activity_max_tx_duration",
                    "client",
                    session[0],
                    "backend_type",
                    session[1],
                    "datname",
                    "app",
                    "state",
                    "active");
            open.slow().leftOut = true;
        }
        counter(postgres, "postgres", 400, "pg_stat_database_blks_hit", "datname", "app", "datid", "5")
                .slow();
        counter(postgres, "postgres", 2, "pg_stat_database_blks_read", "datname", "app", "datid", "5")
                .slow();
        counter(postgres, "postgres", 0, "pg_stat_database_deadlocks", "datname", "app", "datid", "5");
        gauge(postgres, "postgres", 20, "pg_stat_database_numbackends", "datname", "app", "datid", "5")
                .slow();
        gauge(postgres, "postgres", 100, "pg_settings_max_connections").slow();
        gauge(postgres, "postgres", 1e8, "pg_database_wraparound_age_datfrozenxid_seconds", "datname", "app")
                .slow();
        for (String user : List.of("app", "monitor", "backup")) {
            counter(
                            postgres,
                            "postgres",
                            0,
                            "pg_stat_statements_seconds_total",
                            "user",
                            user,
                            "datname",
                            "app",
                            "queryid",
                            "1")
                    .slow();
            counter(
                            postgres,
                            "postgres",
                            0,
                            "pg_stat_statements_calls_total",
                            "user",
                            user,
                            "datname",
                            "app",
                            "queryid",
                            "1")
                    .slow();
        }

        Target redis = program("redis", "redis", "exporter");
        gauge(redis, "redis", 1, "redis_up");
        gauge(redis, "redis", 1_700_000_000, "redis_start_time_seconds").slow();
        gauge(redis, "redis", 0.99 * GB, "redis_memory_used_bytes").slow();
        gauge(redis, "redis", GB, "redis_memory_max_bytes").slow();
        gauge(redis, "redis", 1, "redis_instance_info", "maxmemory_policy", "allkeys-lru")
                .slow();
        gauge(redis, "redis", 1, "redis_instance_info", "maxmemory_policy", "noeviction")
                .slow()
                .leftOut = true;
        counter(redis, "redis", 0, "redis_evicted_keys_total").slow();
        counter(redis, "redis", 0, "redis_keyspace_hits_total").slow();
        counter(redis, "redis", 0, "redis_keyspace_misses_total").slow();
        counter(redis, "redis", 0, "redis_rejected_connections_total");
        counter(redis, "redis", 0, "redis_acl_access_denied_auth_total");

        Target nginx = program("nginx", "nginx", "exporter");
        gauge(nginx, "nginx", 1, "nginx_up");
        counter(nginx, "nginx", 0, "nginx_http_requests_total").slow();

        Target node = program("node", "node", "exporter");
        for (String mount : List.of("/", "/backup", "/archive", "/boot")) {
            double size = SIZES.get(mount);
            String[] labels = {"mountpoint", mount, "fstype", "ext4", "device", "/dev/vda" + mount.length()};
            gauge(node, "node", size, "node_filesystem_size_bytes", labels).slow();
            // The archive is kept full, and old kernels fill /boot.
            gauge(
                            node,
                            "node",
                            (mount.equals("/archive") ? 0.04 : mount.equals("/boot") ? 0.11 : 0.5) * size,
                            "node_filesystem_avail_bytes",
                            labels)
                    .slow();
            gauge(node, "node", mount.equals("/archive") ? 1 : 0, "node_filesystem_readonly", labels)
                    .slow();
            gauge(node, "node", 6e6, "node_filesystem_files", labels).slow();
            gauge(node, "node", 5e6, "node_filesystem_files_free", labels).slow();
        }
        for (String cpu : List.of("0", "1")) {
            counter(node, "node", 0.9, "node_cpu_seconds_total", "cpu", cpu, "mode", "idle")
                    .slow();
        }
        gauge(node, "node", 3 * GB, "node_memory_MemAvailable_bytes").slow();
        gauge(node, "node", 8 * GB, "node_memory_MemTotal_bytes").slow();
        counter(node, "node", 0, "node_vmstat_pswpin").slow();
        counter(node, "node", 0, "node_vmstat_pswpout").slow();
        counter(node, "node", 0, "node_vmstat_oom_kill");
        gauge(node, "node", 0.001, "node_timex_offset_seconds").slow();
        gauge(node, "node", 0.05, "node_timex_maxerror_seconds").slow();
        gauge(node, "node", 1, "node_timex_sync_status").slow();
        gauge(node, "node", 0, "node_time_seconds").slow();

        Target blackbox = program("blackbox", "api", "exporter");
        gauge(blackbox, "api", 1, "probe_success", "instance", "https://api.example.org/health");
        gauge(blackbox, "api", 0, "probe_ssl_earliest_cert_expiry", "instance", "https://api.example.org/health")
                .slow();

        Target prometheus = program("prometheus", "prometheus", "infra");
        gauge(prometheus, "prometheus", 1, "prometheus_notifications_alertmanagers_discovered")
                .slow();
        counter(
                prometheus,
                "prometheus",
                0,
                "prometheus_notifications_errors_total",
                "alertmanager",
                "http://alertmanager:9093/api/v2/alerts");
        counter(prometheus, "prometheus", 0, "prometheus_notifications_dropped_total");
        counter(prometheus, "prometheus", 0, "prometheus_rule_evaluation_failures_total", "rule_group", "x");
        gauge(prometheus, "prometheus", 1, "prometheus_config_last_reload_successful")
                .slow();

        Target alertmanager = program("alertmanager", "alertmanager", "infra");
        gauge(alertmanager, "alertmanager", 1, "alertmanager_config_last_reload_successful")
                .slow();
        counter(
                alertmanager,
                "alertmanager",
                0,
                "alertmanager_notifications_failed_total",
                "integration",
                "email",
                "reason",
                "other");
        counter(
                alertmanager,
                "alertmanager",
                0,
                "alertmanager_notification_requests_failed_total",
                "integration",
                "email");
        counter(alertmanager, "alertmanager", 0, "alertmanager_notification_requests_total", "integration", "email");

        Target loki = program("loki", "loki", "infra");
        counter(loki, "loki", 0, "loki_distributor_lines_received_total", "tenant", "fake")
                .slow()
                .bornAtFirst();
        counter(loki, "loki", 0, "loki_discarded_samples_total", "reason", "rate_limited")
                .bornAtFirst();

        Target alloy = program("alloy", "alloy", "infra");
        counter(alloy, "alloy", 0, "otelcol_exporter_sent_log_records_total", "exporter", "loki")
                .slow()
                .bornAtFirst();
        counter(alloy, "alloy", 0, "otelcol_exporter_send_failed_log_records_total", "exporter", "loki")
                .bornAtFirst();
        gauge(alloy, "alloy", 20, "alloy_component_controller_running_components", "health_type", "healthy")
                .slow();
        gauge(alloy, "alloy", 0, "alloy_component_controller_running_components", "health_type", "unhealthy")
                .slow();
        for (String status : List.of("200", "404", "401", "502")) {
            counter(alloy, "api", 0, "loki_process_custom_nginx_http_requests_total", "status", status)
                    .bornAtFirst();
        }
        for (double limit : LIMITS) {
            counter(alloy, "api", 0, "loki_process_custom_nginx_request_duration_seconds_bucket", "le", le(limit))
                    .bornAtFirst();
        }
        counter(alloy, "postgres", 0, "loki_process_custom_pg_auth_failures_total")
                .bornAtFirst();
        program("grafana", "grafana", "infra");
        OptionalParts.export(this);
    }

    private static String le(double limit) {
        return Double.isInfinite(limit) ? "+Inf" : String.valueOf(limit).replaceFirst("\\.0$", "");
    }

    private void ordinary() {
        watching = true;
        targets.values().forEach(target -> {
            target.reachable = true;
            target.up.ordinary();
        });
        signals.values().forEach(Signal::ordinary);
        ZonedDateTime time = time();
        double hour = time.getHour() + time.getMinute() / 60.0;
        boolean weekend = time.getDayOfWeek() == DayOfWeek.SATURDAY || time.getDayOfWeek() == DayOfWeek.SUNDAY;
        double day = hour >= 8 && hour < 18
                ? 0.5 + 0.4 * Math.sin((hour - 8) / 10 * Math.PI)
                : hour >= 18 && hour < 23 ? 0.1 : 0.004;
        users = weekend ? day / 10 : day;
        failing = 0.002;
        refused401 = 0.005;
        refused403 = 0.001;
        limited429 = 0;
        slow = 0.005;
        answering = true;
        probesFailing = false;
        edgeFails = false;
        edgeSlow = 0;
        edgeRefused = 0;
        linesArrive = true;
        linesLost = 0;
        load = 0.05;
        at("node_time_seconds").value = now;
        at("sidecar_proof_last_held_timestamp_seconds ALR-1 alerting").value = now - now % 300;
        at("sidecar_job_next_run_timestamp_seconds report").value = now - now % 3600 + 3600;
        at("sidecar_job_next_run_timestamp_seconds proof-ALR-1").value = now - now % 300 + 300;
        at("jvm_memory_used_bytes heap G1 Old Gen").value = (0.3 + 0.55 * (now % 2400) / 2400) * GB;
        at("node_memory_MemAvailable_bytes").value = (2.2 + 0.6 * Math.sin(now / 5000.0)) * GB;
        at("redis_keyspace_hits_total").value = 2 + users * 20;
        at("redis_keyspace_misses_total").value = 0.4 + users * 4;
        at("redis_evicted_keys_total").value = users * 3;
        at("pg_stat_statements_seconds_total monitor app 1").value = 0.01;
        at("pg_stat_statements_calls_total monitor app 1").value = 1;
        OptionalParts.ordinary(this);
    }

    private void requests() {
        boolean api = target("api").reachable && answering;
        boolean gateway = target("sidecar").reachable;
        boolean edge = at("nginx_up").value == 1;
        boolean lines = linesArrive && target("alloy").reachable && edge;
        int count = poisson(users * TICK);
        for (int i = 0; i < count && edge; i++) {
            String route = random.nextInt(3) == 0 ? "/items/{id}" : "/orders";
            if (lines) {
                edgeLine(gateway && api && !edgeFails);
            }
            if (!gateway || edgeFails) {
                continue;
            }
            String status = api ? status() : "502";
            at("sidecar_gateway_requests_seconds_count user " + route + " " + status + " api GET")
                    .more(1);
            if (!api) {
                at("sidecar_gateway_failures_total refused api").more(1);
            } else if (status.equals("2xx")) {
                double took = random.nextDouble() < slow
                        ? 1.2 + random.nextDouble() * 2
                        : 0.02 * Math.exp(random.nextGaussian());
                for (double limit : LIMITS) {
                    if (took <= limit) {
                        at("sidecar_gateway_requests_seconds_bucket user /orders 2xx api GET " + le(limit))
                                .more(1);
                    }
                }
            }
            if (api) {
                at("http_server_requests_seconds_count /orders GET " + (status.equals("5xx") ? "500" : "200"))
                        .more(1);
            }
        }
        boolean probed = edge && gateway && api && !probesFailing && !edgeFails;
        if (gateway && edge && !edgeFails) {
            at("sidecar_gateway_requests_seconds_count probe /health " + (api ? probesFailing ? "5xx" : "2xx" : "502")
                            + " api GET")
                    .more(1);
            if (!api) {
                at("sidecar_gateway_failures_total refused api").more(1);
            }
        }
        if (!probed) {
            at("probe_success https://api.example.org/health").value = 0;
        }
        if (lines) {
            edgeLine(probed);
            at("loki_process_custom_nginx_http_requests_total 401").more(poisson(edgeRefused * TICK));
        }
        double passed = target("alloy").reachable && target("loki").reachable && linesArrive ? 0.3 + users * 3 : 0;
        at("otelcol_exporter_sent_log_records_total loki").value = passed;
        at("loki_distributor_lines_received_total fake").value = passed + (target("loki").reachable ? 0.2 : 0);
        at("nginx_http_requests_total").value = edge ? users + 1.0 / TICK + edgeRefused : 0;
        at("pg_stat_statements_seconds_total app app 1").value += users * 0.02;
        at("pg_stat_statements_calls_total app app 1").value += users * 4;
        for (String cpu : List.of("0", "1")) {
            at("node_cpu_seconds_total " + cpu + " idle").value = Math.max(0, 1 - load - users * 0.1);
        }
    }

    private void edgeLine(boolean well) {
        if (linesLost > 0 && random.nextDouble() < linesLost) {
            return;
        }
        at("loki_process_custom_nginx_http_requests_total " + (well ? "200" : "502"))
                .more(1);
        double took = random.nextDouble() < edgeSlow ? 4 : 0.03;
        for (double limit : LIMITS) {
            if (took <= limit) {
                at("loki_process_custom_nginx_request_duration_seconds_bucket " + le(limit))
                        .more(1);
            }
        }
    }

    private String status() {
        double drawn = random.nextDouble();
        for (Map.Entry<String, Double> each : List.of(
                Map.entry("5xx", failing),
                Map.entry("401", refused401),
                Map.entry("403", refused403),
                Map.entry("429", limited429),
                Map.entry("4xx", 0.03))) {
            if (drawn < each.getValue()) {
                return each.getKey();
            }
            drawn -= each.getValue();
        }
        return "2xx";
    }

    int poisson(double mean) {
        if (mean > 100) {
            return (int) Math.max(0, Math.round(mean + Math.sqrt(mean) * random.nextGaussian()));
        }
        double limit = Math.exp(-mean);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }
}
