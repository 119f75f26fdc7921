package dev.sidecar.prometheus;

import dev.sidecar.prometheus.RulesInTime.Episode;
import dev.sidecar.prometheus.TeamLife.Event;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;

/** For each alert the fault that it is there for, planted at random times into the life of a small team. */
final class PlantedFaults {

    private static final long MINUTE = 60;
    private static final long HOUR = 3600;
    private static final long DAY = 86_400;
    /** From a sample to the notice: a scrape, an evaluation and the wait of the slowest route. */
    static final long WAY = 15 + 15 + 45;

    /** They look at the same series. */
    private static final List<Set<String>> ONE_SERIES = List.of(
            Set.of("BackupLate", "BackupNeverTaken", "BackupMetricsAbsent"),
            Set.of("DumpTooOld", "DumpSizeAnomaly"),
            Set.of("DumpNotRestorable", "DumpUnproven"),
            Set.of("PitrArchiveOld", "PitrChainBroken"),
            Set.of("RedisRefusesWrites", "RedisNotSaved"));

    private static final String[] OUTAGE = {
        "ServiceDown",
        "UpstreamUnreachable",
        "EndpointProbeFailed",
        "ApiErrorRateHigh",
        "ApiSloFastBurn",
        "ApiSloSlowBurn",
        "ServiceRestarting"
    };

    /**
     * @param alert that tells of it
     * @param severity of that alert
     * @param within the time that the rule may take: what it looks back at and its wait
     * @param lasts for how long it is there
     * @param also other alerts that it is a good reason for
     * @param of labels of the alert, where there is more than one that could tell
     * @param when a time of day that it needs
     * @param change what it does to the team's stack
     */
    record Fault(
            String alert,
            String severity,
            long within,
            long lasts,
            Set<String> also,
            Map<String, String> of,
            When when,
            BiConsumer<SmallTeam, Long> change) {

        @Override
        public String toString() {
            return alert + " (" + severity + ")";
        }

        private Fault only(When other) {
            return new Fault(alert, severity, within, lasts, also, of, other, change);
        }

        private Fault because(String... others) {
            return new Fault(alert, severity, within, lasts, Set.of(others), of, when, change);
        }

        private Fault of(String label, String value) {
            return new Fault(alert, severity, within, lasts, also, Map.of(label, value), when, change);
        }

        /** @return whether what fired is the alert that is there for this */
        boolean isOf(Episode episode) {
            return episode.alert().equals(alert)
                    && of.entrySet().stream()
                            .allMatch(label ->
                                    label.getValue().equals(episode.labels().get(label.getKey())));
        }
    }

    /**
     * A fault needs users; or it lasts for so long that others happen beside it, or looks at what no other touches; or it is over once
     * images are cleared away on a Sunday.
     */
    enum When {
        EVER(false),
        BUSY(false),
        LONG(true),
        BESIDE(true),
        FILLING(false);

        private final boolean besideOthers;

        When(boolean besideOthers) {
            this.besideOthers = besideOthers;
        }
    }

    /** A fault at its time. */
    record Planted(Fault fault, long from) {
        Event event() {
            return new Event(fault.toString(), from, from + fault.lasts(), fault.change());
        }

        boolean explains(Episode episode) {
            return episode.from() >= from
                    && episode.from() <= from + fault.lasts() + looksBack(episode.alert())
                    && (fault.isOf(episode) || fault.also().contains(episode.alert()));
        }
    }

    private PlantedFaults() {}

    /** For how long an alert may still begin after what it tells of: its longest window of what is now, and its wait. */
    private static long looksBack(String alert) {
        return alert.equals("ApiSloSlowBurn") ? 6 * HOUR + 15 * MINUTE : 75 * MINUTE;
    }

    /**
     * Plants each of the faults, in an order and at times of its own, none beside another that could hide it.
     *
     * @param faults as many as have room
     */
    static List<Planted> plant(List<Fault> faults, Random random, Instant begin, int days, List<Event> away) {
        List<Planted> planted = new ArrayList<>();
        long first = begin.getEpochSecond() + 6 * HOUR;
        long last = begin.getEpochSecond() + days * DAY;
        for (Fault fault : faults) {
            for (int tries = 0; tries < 3000; tries++) {
                long from = first + (long) (random.nextDouble() * (last - first)) / MINUTE * MINUTE;
                Planted one = new Planted(fault, from);
                if (from + fault.lasts() + HOUR < last
                        && fits(one)
                        && away.stream().noneMatch(event -> meets(one, event.from(), event.until()))
                        && planted.stream().noneMatch(other -> hides(one, other))) {
                    planted.add(one);
                    break;
                }
            }
        }
        return planted;
    }

    private static boolean hides(Planted one, Planted other) {
        long from = other.from() - 2 * HOUR;
        long until = other.from() + other.fault().lasts() + 2 * HOUR;
        if (one.fault().alert().equals(other.fault().alert())) {
            return overlaps(one, from, until);
        }
        if (ONE_SERIES.stream()
                .anyMatch(alerts -> alerts.contains(one.fault().alert())
                        && alerts.contains(other.fault().alert()))) {
            return meets(one, from, until);
        }
        // An alert that already fires for another reason could not tell.
        if (one.fault().also().contains(other.fault().alert())
                || other.fault().also().contains(one.fault().alert())) {
            long apart = Math.max(
                    looksBack(one.fault().alert()), looksBack(other.fault().alert()));
            return meets(one, other.from() - apart, other.from() + other.fault().lasts() + apart);
        }
        return !one.fault().when().besideOthers
                && !other.fault().when().besideOthers
                && meets(
                        one,
                        other.from() - 20 * MINUTE,
                        other.from() + other.fault().lasts() + 40 * MINUTE);
    }

    private static boolean meets(Planted one, long from, long until) {
        return one.fault().when() != When.LONG && overlaps(one, from, until);
    }

    private static boolean overlaps(Planted one, long from, long until) {
        return one.from() < until && one.from() + one.fault().lasts() > from;
    }

    private static boolean fits(Planted one) {
        ZonedDateTime from = Instant.ofEpochSecond(one.from()).atZone(ZoneOffset.UTC);
        ZonedDateTime until = from.plus(Duration.ofSeconds(one.fault().lasts()));
        if (one.fault().when() == When.FILLING) {
            return from.getDayOfWeek() != DayOfWeek.SUNDAY && until.getDayOfWeek() != DayOfWeek.SUNDAY;
        }
        return one.fault().when() != When.BUSY
                || from.getDayOfWeek().getValue() <= DayOfWeek.FRIDAY.getValue()
                        && from.getHour() >= 8
                        && until.getHour() < 17
                        && until.getDayOfMonth() == from.getDayOfMonth();
    }

    private static Fault critical(String alert, long within, long lasts, BiConsumer<SmallTeam, Long> change) {
        return new Fault(alert, "critical", within + WAY, lasts, Set.of(), Map.of(), When.EVER, change);
    }

    private static Fault warning(String alert, long within, long lasts, BiConsumer<SmallTeam, Long> change) {
        return new Fault(alert, "warning", within + WAY, lasts, Set.of(), Map.of(), When.EVER, change);
    }

    static List<Fault> all() {
        List<Fault> faults = new ArrayList<>();
        services(faults);
        api(faults);
        watching(faults);
        backups(faults);
        host(faults);
        stores(faults);
        security(faults);
        optional(faults);
        return faults;
    }

    private static void services(List<Fault> faults) {
        faults.add(critical("ServiceDown", 3 * MINUTE, 20 * MINUTE, (team, since) -> team.down("api"))
                .of("service", "api")
                .because(OUTAGE));
        faults.add(critical("ServiceDown", 3 * MINUTE, 20 * MINUTE, (team, since) -> {
                    team.at("redis_up").value = 0;
                })
                .of("service", "redis"));
        faults.add(critical("ServiceDown", 3 * MINUTE, 20 * MINUTE, (team, since) -> {
                    team.at("nginx_up").value = 0;
                })
                .of("service", "nginx")
                .because("EndpointProbeFailed", "LogsNotArriving"));
        faults.add(critical("UpstreamUnreachable", 3 * MINUTE, 20 * MINUTE, (team, since) -> {
                    team.answering = false;
                })
                .of("service", "api")
                .because(OUTAGE));
        faults.add(critical("EndpointProbeFailed", 3 * MINUTE, 20 * MINUTE, (team, since) -> team.edgeFails = true)
                .because("EdgeErrorRateHigh"));
        faults.add(warning("ExporterDown", 4 * MINUTE, 20 * MINUTE, (team, since) -> team.down("redis"))
                .of("service", "redis"));
        faults.add(critical("ObserverDown", 6 * MINUTE, 20 * MINUTE, (team, since) -> team.down("loki"))
                .of("service", "loki")
                .because("LogsNotArriving"));
        faults.add(critical("TargetsMissing", 11 * MINUTE, HOUR, (team, since) -> {
                    team.target("grafana").up.absent = true;
                })
                .of("target_job", "grafana"));
        // Away for 45 s, every three minutes.
        faults.add(critical("ServiceRestarting", 12 * MINUTE, 40 * MINUTE, (team, since) -> {
                    if (since % 180 < 45) {
                        team.at("pg_up").value = 0;
                        team.failing = 0.7;
                        team.at("pg_postmaster_start_time_seconds").base = team.now;
                    }
                })
                .of("service", "postgres")
                .because("DatabaseConnectionFailed", "ApiErrorRateHigh", "ApiSloFastBurn", "ApiSloSlowBurn"));
        faults.add(warning("ServiceRestarting", 40 * MINUTE, 70 * MINUTE, (team, since) -> {
                    if (since % 360 < 20) {
                        team.down("api");
                        team.target("api").restarted();
                    }
                })
                .of("service", "api")
                .because(OUTAGE));
        faults.add(warning("JobFailing", 40 * MINUTE, 90 * MINUTE, (team, since) -> {
                    if (since % 600 == 0) {
                        team.at("sidecar_job_runs_total report failure").more(1);
                    }
                })
                .of("job_name", "report"));
        faults.add(warning(
                        "JobOverdue",
                        80 * MINUTE,
                        3 * HOUR,
                        (team, since) -> team.at("sidecar_job_next_run_timestamp_seconds report").value =
                                team.now - since - (team.now - since) % 3600 + 3600)
                .of("job_name", "report"));
    }

    private static void api(List<Fault> faults) {
        faults.add(warning("ApiLatencyP95High", 16 * MINUTE, 30 * MINUTE, (team, since) -> team.slow = 0.4)
                .only(When.BUSY)
                .because("EdgeLatencyP95High"));
        faults.add(warning("ApiErrorRateHigh", 13 * MINUTE, 30 * MINUTE, (team, since) -> team.failing = 0.15)
                .only(When.BUSY)
                .because("ApiSloFastBurn", "ApiSloSlowBurn"));
        faults.add(critical("ApiErrorRateHigh", 11 * MINUTE, 30 * MINUTE, (team, since) -> team.failing = 0.5)
                .only(When.BUSY)
                .because("ApiSloFastBurn", "ApiSloSlowBurn"));
        faults.add(critical("ApiSloFastBurn", HOUR, 2 * HOUR, (team, since) -> team.failing = 0.35)
                .only(When.BUSY)
                .because("ApiErrorRateHigh", "ApiSloSlowBurn"));
        // Of few users it takes both half hours, and the wait.
        faults.add(critical("ApiSloFastBurn", HOUR + 8 * MINUTE, 3 * HOUR, (team, since) -> {
                    team.failing = 1;
                    team.users = Math.max(team.users, 12.0 / 3600);
                })
                .because("ApiErrorRateHigh", "ApiSloSlowBurn"));
        faults.add(warning("ApiSloSlowBurn", 4 * HOUR, 6 * HOUR, (team, since) -> team.failing = 0.09)
                .only(When.BUSY)
                .because("ApiErrorRateHigh", "ApiSloFastBurn"));
        // Of a weekend's few users it takes the next working day.
        faults.add(warning("ApiSloSlowBurn", 30 * HOUR, 36 * HOUR, (team, since) -> team.failing = 0.04)
                .only(When.LONG)
                .because("ApiErrorRateHigh", "ApiSloFastBurn"));
        faults.add(warning("ApiSloSlowBurn", 66 * HOUR, 72 * HOUR, (team, since) -> team.failing = 0.02)
                .only(When.LONG)
                .because("ApiErrorRateHigh", "ApiSloFastBurn"));
        faults.add(warning("EdgeErrorRateHigh", 13 * MINUTE, 30 * MINUTE, (team, since) -> team.edgeFails = true)
                .only(When.BUSY)
                .because("EndpointProbeFailed"));
        faults.add(warning("EdgeLatencyP95High", 16 * MINUTE, 30 * MINUTE, (team, since) -> team.edgeSlow = 0.4)
                .only(When.BUSY));
        faults.add(critical("AppDbPoolExhausted", 6 * MINUTE, 15 * MINUTE, (team, since) -> {
            team.at("hikaricp_connections_active main").value = 10;
            team.at("hikaricp_connections_pending main").value = 4;
        }));
        faults.add(warning(
                "JvmHeapHigh",
                11 * MINUTE,
                25 * MINUTE,
                (team, since) -> team.at("jvm_memory_used_bytes heap G1 Old Gen").value = 0.95 * SmallTeam.GB));
        faults.add(warning(
                "JvmGcPressure",
                16 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("jvm_gc_pause_seconds_sum G1 Evacuation Pause").value = 0.2));
        // What must be refused as an attack is at the door of the API.
        faults.add(warning("AuthFailuresHigh", 11 * MINUTE, 25 * MINUTE, (team, since) -> {
                    team.users += 2;
                    team.refused401 = 0.8;
                })
                .because("EdgeAuthProbing"));
        faults.add(warning("UnauthorizedAccessAttempts", 11 * MINUTE, 25 * MINUTE, (team, since) -> {
            team.users += 1;
            team.refused403 = 0.9;
        }));
        faults.add(warning("RateLimitExceeded", 11 * MINUTE, 25 * MINUTE, (team, since) -> {
            team.users += 3;
            team.limited429 = 0.9;
        }));
        faults.add(warning("EdgeAuthProbing", 11 * MINUTE, 25 * MINUTE, (team, since) -> team.edgeRefused = 3));
    }

    private static void watching(List<Fault> faults) {
        faults.add(critical("NotificationsFailing", 3 * MINUTE, 20 * MINUTE, (team, since) -> {
            team.at("alertmanager_notification_requests_total email").value = 0.2;
            team.at("alertmanager_notification_requests_failed_total email").value = 0.2;
        }));
        faults.add(critical("DirectNotificationsFailing", 2 * MINUTE, 20 * MINUTE, (team, since) -> {
            if (since % 600 == 0) {
                team.at("sidecar_notifications_failed_total mail refused").more(1);
            }
        }));
        faults.add(critical(
                "AlertmanagerUnreachable",
                7 * MINUTE,
                25 * MINUTE,
                (team, since) -> team.at("prometheus_notifications_errors_total http://alertmanager:9093/api/v2/alerts")
                        .value = 0.05));
        faults.add(critical(
                "RuleEvaluationFailing",
                12 * MINUTE,
                25 * MINUTE,
                (team, since) -> team.at("prometheus_rule_evaluation_failures_total x").value = 0.06));
        faults.add(critical(
                "ConfigReloadFailed",
                12 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("alertmanager_config_last_reload_successful").value = 0));
        faults.add(critical(
                "DeadMansSwitchOpen",
                3 * MINUTE,
                15 * MINUTE,
                (team, since) -> team.at("sidecar_dead_mans_switch_open").value = 1));
        faults.add(warning(
                        "ProofBroken",
                        17 * MINUTE,
                        40 * MINUTE,
                        (team, since) -> team.at("sidecar_proof_held ALR-1 alerting").value = 0)
                .of("proof", "ALR-1"));
        faults.add(new Fault(
                        "ProofStale",
                        "warning",
                        2 * DAY + 2 * HOUR,
                        3 * DAY,
                        Set.of(),
                        Map.of(),
                        When.LONG,
                        (team, since) -> team.at("sidecar_proof_last_held_timestamp_seconds ALR-1 alerting").value =
                                team.now - since)
                .of("proof", "ALR-1"));
        faults.add(warning(
                "LogsDropped",
                11 * MINUTE,
                25 * MINUTE,
                (team, since) -> team.at("otelcol_exporter_send_failed_log_records_total loki").value = 0.5));
        faults.add(critical("LogsNotArriving", 16 * MINUTE, 40 * MINUTE, (team, since) -> team.linesArrive = false)
                .because("LogSourceSilent"));
        faults.add(warning("LogSourceSilent", 21 * MINUTE, 45 * MINUTE, (team, since) -> team.linesArrive = false)
                .only(When.BUSY)
                .because("LogsNotArriving"));
        faults.add(warning("LogLinesLost", 32 * MINUTE, 50 * MINUTE, (team, since) -> {
                    team.users *= 4;
                    team.linesLost = 0.5;
                })
                .only(When.BUSY));
        faults.add(warning(
                "CollectorUnhealthy",
                7 * MINUTE,
                20 * MINUTE,
                (team, since) -> team.at("alloy_component_controller_running_components unhealthy").value = 2));
    }

    private static void backups(List<Fault> faults) {
        faults.add(critical("BackupFailed", 7 * MINUTE, 3 * HOUR, (team, since) -> {
                    team.at("sidecar_backup_last_run_success daily app").value = 0;
                    team.at("sidecar_backup_last_failure_timestamp_seconds daily app").value = team.now - since;
                })
                .only(When.BUSY));
        // Each attempt lasts and fails, and the next begins two minutes later.
        faults.add(critical("BackupFailed", 67 * MINUTE, 4 * HOUR, (team, since) -> {
                    team.at("sidecar_backup_last_run_success daily app").value = 0;
                    team.at("sidecar_backup_last_failure_timestamp_seconds daily app").value =
                            team.now - since % (27 * MINUTE);
                    team.at("sidecar_job_running backup-daily").value = since % (27 * MINUTE) < 2 * MINUTE ? 0 : 1;
                })
                .only(When.BUSY));
        faults.add(new Fault(
                "BackupLate",
                "critical",
                26 * HOUR + 15 * MINUTE,
                40 * HOUR,
                Set.of(),
                Map.of(),
                When.LONG,
                (team, since) -> {
                    for (String generation : List.of("daily", "weekly")) {
                        team.at("sidecar_backup_last_success_timestamp_seconds " + generation + " app").value =
                                team.now - since;
                    }
                }));
        faults.add(critical("BackupNeverTaken", 17 * MINUTE, 50 * MINUTE, (team, since) -> {
            for (String generation : List.of("daily", "weekly")) {
                team.at("sidecar_backup_last_success_timestamp_seconds " + generation + " app").value = 0;
            }
        }));
        faults.add(warning(
                "BackupSlotMissed",
                2 * HOUR + 7 * MINUTE,
                4 * HOUR,
                (team, since) -> team.at("sidecar_backup_next_slot_timestamp_seconds daily").value = team.now - since));
        faults.add(critical(
                "BackupVerificationFailed",
                2 * MINUTE,
                HOUR,
                (team, since) -> team.at("sidecar_backup_last_verification_success daily app").value = 0));
        faults.add(new Fault(
                "BackupRestoreUnproven",
                "critical",
                8 * DAY + 65 * MINUTE,
                9 * DAY,
                Set.of(),
                Map.of(),
                When.LONG,
                (team, since) -> {
                    for (String generation : List.of("daily", "weekly")) {
                        team.at("sidecar_backup_last_verified_timestamp_seconds " + generation + " L4 app").value =
                                team.now - since;
                    }
                }));
        faults.add(critical("BackupMetricsAbsent", 17 * MINUTE, 50 * MINUTE, (team, since) -> {
            for (String generation : List.of("daily", "weekly")) {
                team.at("sidecar_backup_last_success_timestamp_seconds " + generation + " app").absent = true;
            }
        }));
        faults.add(warning(
                "BackupSizeAnomaly",
                2 * MINUTE,
                3 * HOUR,
                (team, since) -> team.at("sidecar_backup_size_bytes daily app").value = 2 * SmallTeam.GB));
        faults.add(warning(
                "BackupRestoreSlow",
                2 * MINUTE,
                HOUR,
                (team, since) -> team.at("sidecar_backup_restore_seconds daily app").value = 4000));
        faults.add(critical(
                "BackupKeyUnusable", 2 * MINUTE, HOUR, (team, since) -> team.at("sidecar_backup_key_ok").value = 0));
        faults.add(critical(
                "BackupSetRefused",
                7 * MINUTE,
                HOUR,
                (team, since) -> team.at("sidecar_backup_refused local").value = 1));
        faults.add(critical(
                "BackupSuspect",
                2 * MINUTE,
                HOUR,
                (team, since) -> team.at("sidecar_backup_suspect daily app").value = 1));
        // Somebody stores other things there.
        faults.add(new Fault(
                "BackupRoomShort",
                "warning",
                30 * HOUR,
                40 * HOUR,
                Set.of(),
                Map.of(),
                When.LONG,
                (team, since) -> team.at("sidecar_backup_free_bytes local").value =
                        Math.max(0, 80 - 1.2 * since / HOUR) * SmallTeam.GB));
    }

    private static void host(List<Fault> faults) {
        String root = "/ ext4 /dev/vda1";
        faults.add(critical("HostDown", 3 * MINUTE, 15 * MINUTE, (team, since) -> team.down("node"))
                .of("service", "node"));
        faults.add(warning(
                        "DiskSpaceLow",
                        12 * MINUTE,
                        30 * MINUTE,
                        (team, since) -> team.at("node_filesystem_avail_bytes " + root).value = 8 * SmallTeam.GB)
                .of("mountpoint", "/"));
        faults.add(critical(
                        "DiskSpaceLow",
                        7 * MINUTE,
                        30 * MINUTE,
                        (team, since) -> team.at("node_filesystem_avail_bytes " + root).value = 3 * SmallTeam.GB)
                .of("mountpoint", "/"));
        faults.add(warning("DiskWillFillIn24h", 6 * HOUR, 9 * HOUR, (team, since) -> {
                    SmallTeam.Signal free = team.at("node_filesystem_avail_bytes " + root);
                    // What fills does not become emptier first.
                    free.value = Math.max(
                            SmallTeam.GB / 2,
                            Math.min(free.base, 38 * SmallTeam.GB) - 2.2 * SmallTeam.GB * since / HOUR);
                })
                .of("mountpoint", "/")
                .because("DiskSpaceLow")
                .only(When.FILLING));
        faults.add(warning(
                        "InodesLow",
                        12 * MINUTE,
                        30 * MINUTE,
                        (team, since) -> team.at("node_filesystem_files_free " + root).value = 1e5)
                .of("mountpoint", "/"));
        faults.add(critical(
                        "FilesystemReadOnly",
                        4 * MINUTE,
                        30 * MINUTE,
                        (team, since) -> team.at("node_filesystem_readonly " + root).value = 1)
                .of("mountpoint", "/"));
        faults.add(warning("HostSwapping", 17 * MINUTE, 40 * MINUTE, (team, since) -> {
            team.at("node_vmstat_pswpin").value = 800;
            team.at("node_vmstat_pswpout").value = 800;
        }));
        faults.add(warning(
                "ClockSkewed",
                12 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("node_timex_offset_seconds").value = -3));
        faults.add(warning("ClockSkewed", 12 * MINUTE, 30 * MINUTE, (team, since) -> {
            team.at("node_timex_sync_status").value = 0;
            team.at("node_timex_maxerror_seconds").value = 16;
        }));
        faults.add(warning("CpuHigh", 36 * MINUTE, 60 * MINUTE, (team, since) -> team.load = 2));
        faults.add(warning(
                "HostMemoryHigh",
                12 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("node_memory_MemAvailable_bytes").value = 0.3 * SmallTeam.GB));
        faults.add(warning("OomKill", 2 * MINUTE, 5 * MINUTE, (team, since) -> {
            if (since == 0) {
                team.at("node_vmstat_oom_kill").more(1);
            }
        }));
    }

    private static void stores(List<Fault> faults) {
        faults.add(critical("DatabaseConnectionFailed", 2 * MINUTE, 15 * MINUTE, (team, since) -> {
                    team.at("pg_up").value = 0;
                    team.failing = 0.9;
                    team.probesFailing = true;
                })
                .because("EndpointProbeFailed", "ApiErrorRateHigh", "ApiSloFastBurn", "ApiSloSlowBurn"));
        faults.add(warning(
                        "SlowQueries",
                        21 * MINUTE,
                        40 * MINUTE,
                        (team, since) -> team.at("pg_stat_statements_seconds_total app app 1").value = 6)
                .only(When.BUSY));
        faults.add(warning("LongTransaction", 7 * MINUTE, 25 * MINUTE, (team, since) -> {
            SmallTeam.Signal open = team.at("pg_stat_activity_max_tx_duration api client backend app active");
            open.absent = false;
            open.value = since;
        }));
        faults.add(warning(
                        "DbCacheHitRatioLow",
                        46 * MINUTE,
                        80 * MINUTE,
                        (team, since) -> team.at("pg_stat_database_blks_read app 5").value = 900)
                .only(When.BUSY));
        faults.add(warning(
                "DbConnectionsSaturated",
                7 * MINUTE,
                20 * MINUTE,
                (team, since) -> team.at("pg_stat_database_numbackends app 5").value = 88));
        faults.add(critical(
                "DbConnectionsSaturated",
                7 * MINUTE,
                20 * MINUTE,
                (team, since) -> team.at("pg_stat_database_numbackends app 5").value = 98));
        faults.add(warning("DbDeadlocks", 2 * MINUTE, 5 * MINUTE, (team, since) -> {
            if (since == 0) {
                team.at("pg_stat_database_deadlocks app 5").more(2);
            }
        }));
        faults.add(warning(
                "DbWraparoundNear",
                62 * MINUTE,
                3 * HOUR,
                (team, since) -> team.at("pg_database_wraparound_age_datfrozenxid_seconds app").value = 7e8));
        faults.add(critical(
                "DbWraparoundNear",
                12 * MINUTE,
                HOUR,
                (team, since) -> team.at("pg_database_wraparound_age_datfrozenxid_seconds app").value = 1.6e9));
        faults.add(warning("RedisMemoryHigh", 7 * MINUTE, 20 * MINUTE, (team, since) -> {
            team.at("redis_instance_info allkeys-lru").absent = true;
            team.at("redis_instance_info noeviction").absent = false;
        }));
        faults.add(warning("RedisEvicting", 41 * MINUTE, 70 * MINUTE, (team, since) -> {
            team.at("redis_evicted_keys_total").value = 30;
            team.at("redis_keyspace_hits_total").value = 3;
            team.at("redis_keyspace_misses_total").value = 30;
        }));
        faults.add(warning(
                "RedisRejectedConnections",
                2 * MINUTE,
                5 * MINUTE,
                (team, since) -> team.at("redis_rejected_connections_total").value = 0.2));
    }

    private static void security(List<Fault> faults) {
        faults.add(warning(
                "ControlPlaneAuthFailures",
                3 * MINUTE,
                10 * MINUTE,
                (team, since) -> team.at("sidecar_access_refused_total password").value = 0.2));
        faults.add(warning(
                "TlsCertificateExpiring",
                62 * MINUTE,
                4 * HOUR,
                (team, since) -> team.at("probe_ssl_earliest_cert_expiry https://api.example.org/health").value =
                        team.now + 12 * DAY));
        faults.add(critical(
                "TlsCertificateExpiring",
                12 * MINUTE,
                2 * HOUR,
                (team, since) -> team.at("probe_ssl_earliest_cert_expiry https://api.example.org/health").value =
                        team.now + 5 * DAY));
        faults.add(warning(
                "DatabaseAuthFailures",
                3 * MINUTE,
                10 * MINUTE,
                (team, since) -> team.at("loki_process_custom_pg_auth_failures_total").value = 0.2));
        faults.add(warning(
                "RedisAuthFailures",
                3 * MINUTE,
                10 * MINUTE,
                (team, since) -> team.at("redis_acl_access_denied_auth_total").value = 0.2));
    }

    /** The parts that a team can switch on; each fault is of series that no other touches. */
    private static void optional(List<Fault> faults) {
        List<Fault> own = new ArrayList<>();
        own.add(critical(
                "HostSilent",
                8 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at(OptionalParts.PUSHED).value = team.now - since - 7));
        own.add(warning(
                "HostSilent",
                10 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at(OptionalParts.LINES).value = team.now - since - 40));
        own.add(warning("HostPushesWrong", 14 * MINUTE, 30 * MINUTE, (team, since) -> {
            if (since % MINUTE == 0) {
                team.at(OptionalParts.TROUBLES).more(1);
            }
        }));
        own.add(warning(
                "RemoteWriteBehind",
                17 * MINUTE,
                40 * MINUTE,
                (team, since) -> team.at(OptionalParts.SENT).value = team.now - since - 5));
        own.add(warning(
                "RemoteWriteLosing",
                3 * MINUTE,
                10 * MINUTE,
                (team, since) -> team.at(OptionalParts.REFUSED).value = 5));
        own.add(warning(
                "SpansDropped",
                20 * MINUTE,
                40 * MINUTE,
                (team, since) -> team.at(OptionalParts.SPANS_DROPPED).value = 1));
        own.add(critical("DumpTooOld", 27 * MINUTE, HOUR, (team, since) -> team.at(OptionalParts.DUMPED).value = 0));
        own.add(critical("DumpNotRestorable", 2 * MINUTE, HOUR, (team, since) -> {
            team.at(OptionalParts.DUMP_RESTORED).value = 0;
            // Whoever has a result did prove it.
            team.at(OptionalParts.DUMP_UNPROVEN).value = 0;
        }));
        own.add(warning(
                "DumpSizeAnomaly",
                27 * MINUTE,
                HOUR,
                (team, since) -> team.at(OptionalParts.DUMP_SIZE).value = SmallTeam.GB));
        own.add(warning(
                "DumpUnproven", 2 * MINUTE, HOUR, (team, since) -> team.at(OptionalParts.DUMP_UNPROVEN).value = 3));
        own.add(warning(
                "DumpSourceUnreadable",
                37 * MINUTE,
                70 * MINUTE,
                (team, since) -> team.at(OptionalParts.DUMP_READABLE).value = 0));
        own.add(critical(
                "PitrArchiveOld",
                22 * MINUTE,
                HOUR,
                (team, since) -> team.at(OptionalParts.ARCHIVED).value = team.now - since));
        own.add(warning(
                "PitrArchiveFailing",
                7 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("sidecar_pitr_archive_failures").value = 4));
        own.add(critical("PitrChainBroken", 13 * MINUTE, 40 * MINUTE, (team, since) -> {
            team.at("sidecar_pitr_gaps").value = 1;
            team.at(OptionalParts.WINDOW_END).value = team.now - since;
        }));
        own.add(warning(
                "WalFolderGrows",
                17 * MINUTE,
                40 * MINUTE,
                (team, since) -> team.at(OptionalParts.WAL).value = 3 * SmallTeam.GB));
        own.add(critical("RedisRefusesWrites", 8 * MINUTE, 20 * MINUTE, (team, since) -> {
            team.at("redis_rdb_last_bgsave_status").value = 0;
            team.at(OptionalParts.CHANGES).value = 500;
        }));
        own.add(warning(
                "RedisNotSaved",
                17 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("redis_aof_last_bgrewrite_status").value = 0));
        own.add(warning(
                "RedisReplicaLost",
                12 * MINUTE,
                30 * MINUTE,
                (team, since) -> team.at("redis_connected_slaves").value = 0));
        own.add(critical(
                "DatabaseInRecovery",
                4 * MINUTE,
                15 * MINUTE,
                (team, since) -> team.at("pg_replication_is_replica").value = 1));
        own.forEach(fault -> faults.add(fault.only(When.BESIDE)));
        faults.add(warning("PitrSetOld", 27 * HOUR + 5 * MINUTE, 30 * HOUR, (team, since) -> {
                    team.at(OptionalParts.FULL_SET).value = team.now - since - HOUR;
                    team.at(OptionalParts.INCREMENTAL_SET).value = team.now - since;
                })
                .only(When.LONG));
        faults.add(critical(
                        "PitrDrillFailed",
                        27 * HOUR + 5 * MINUTE,
                        30 * HOUR,
                        (team, since) -> team.at(OptionalParts.DRILLED).value = team.now - since)
                .only(When.LONG));
        faults.add(warning(
                        "PitrRepositoryShort",
                        30 * HOUR,
                        40 * HOUR,
                        (team, since) ->
                                team.at(OptionalParts.ROOM).value = Math.max(0, 80 - 1.2 * since / HOUR) * SmallTeam.GB)
                .only(When.LONG));
        faults.add(warning("TargetFlapping", 14 * MINUTE, 30 * MINUTE, (team, since) -> {
                    if (since % 120 < 60) {
                        team.down("grafana");
                    }
                })
                .of("service", "grafana"));
    }
}
