package dev.sidecar.prometheus;

import static java.time.temporal.ChronoUnit.DAYS;

import dev.sidecar.prometheus.SmallTeam.Target;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/** A small team's stack lives like this without anything being wrong: nobody should be woken by it. */
final class TeamLife {

    private static final long DAY = 86_400;
    private static final long HOUR = 3600;
    private static final long MINUTE = 60;

    /** Makes a moment another than an ordinary one. @param change is told the seconds since it began */
    record Event(String name, long from, long until, BiConsumer<SmallTeam, Long> change) {
        void apply(SmallTeam team) {
            if (team.now >= from && team.now < until) {
                change.accept(team, team.now - from);
            }
        }
    }

    /** A deploy that was announced: its alerts are silenced. */
    record Maintenance(long from, long until) {}

    final List<Event> events = new ArrayList<>();
    final List<Maintenance> maintenances = new ArrayList<>();
    /** Times in which Prometheus is off. */
    final List<Event> off = new ArrayList<>();
    /** Times around those in which the machine is off; a fault would not be seen. */
    final List<Event> away = new ArrayList<>();

    private final Random random;
    private final long begin;

    TeamLife(long seed, Instant begin, int days) {
        random = new Random(seed * 31 + 7);
        this.begin = begin.getEpochSecond();
        OptionalParts parts = new OptionalParts(this, seed);
        for (int day = 0; day < days; day++) {
            ZonedDateTime date = begin.plus(day, DAYS).atZone(ZoneOffset.UTC);
            ordinaryDay(date.toEpochSecond(), date.getDayOfWeek());
            parts.ordinaryDay(date.toEpochSecond(), date.getDayOfWeek() == DayOfWeek.SUNDAY);
        }
    }

    /** The state at the beginning: backups were taken and verified, a certificate is there. */
    void begin(SmallTeam team) {
        team.now = begin;
        for (Target target : team.targets.values()) {
            team.at("process_start_time_seconds " + target.job).base = begin - 5 * DAY;
        }
        team.at("pg_postmaster_start_time_seconds").base = begin - 5 * DAY;
        team.at("redis_start_time_seconds").base = begin - 5 * DAY;
        for (String generation : List.of("daily", "weekly")) {
            long taken = begin - 21 * HOUR - (generation.equals("weekly") ? DAY : 0);
            team.at("sidecar_backup_last_success_timestamp_seconds " + generation + " app").base = taken;
            team.at("sidecar_backup_last_verified_timestamp_seconds " + generation + " L4 app").base = taken;
            team.at("sidecar_backup_next_slot_timestamp_seconds " + generation).base = taken + DAY;
        }
        team.at("sidecar_backup_next_slot_timestamp_seconds weekly").base = begin + 6 * DAY + 3 * HOUR;
        team.at("sidecar_job_next_run_timestamp_seconds backup-daily").base = begin + 2 * HOUR;
        team.at("sidecar_proof_last_held_timestamp_seconds BKP-5 backups").base = begin - DAY;
        team.at("probe_ssl_earliest_cert_expiry https://api.example.org/health").base =
                begin + (20 + random.nextInt(60)) * DAY;
        OptionalParts.begin(team, begin);
    }

    private void ordinaryDay(long midnight, DayOfWeek weekday) {
        boolean weekend = weekday.getValue() > DayOfWeek.FRIDAY.getValue();
        backup(midnight + 2 * HOUR, weekday == DayOfWeek.SUNDAY);
        drift(midnight, weekday);
        certificate(midnight + 3 * HOUR + between(0, 3600));
        if (!weekend) {
            for (int deploys = random.nextInt(3); deploys > 0; deploys--) {
                deploy(midnight + between(8 * HOUR, 17 * HOUR), random.nextBoolean());
            }
        }
        if (chance(2, 7)) {
            burst(midnight + between(9 * HOUR, 17 * HOUR));
        }
        if (chance(2, 7)) {
            streamsLeft(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 7)) {
            vacuum(midnight + between(20 * HOUR, 23 * HOUR));
        }
        if (chance(1, 7)) {
            strangers(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 7)) {
            importAtNight(midnight + 4 * HOUR);
        }
        if (chance(1, 7)) {
            build(midnight + between(9 * HOUR, 17 * HOUR));
        }
        if (chance(1, 7)) {
            slowMail(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 7)) {
            clockStep(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 7)) {
            report(midnight + between(9 * HOUR, 22 * HOUR));
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 30 + random.nextInt(45), "grafana");
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 30 + random.nextInt(45), "loki");
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 30 + random.nextInt(30), "alloy");
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 15 + random.nextInt(60), "alertmanager");
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 15 + random.nextInt(20), "node");
        }
        if (chance(1, 15)) {
            restart(
                    midnight + between(0, DAY - HOUR),
                    15 + random.nextInt(60),
                    List.of("postgres", "redis", "nginx", "blackbox").get(random.nextInt(4)));
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 45 + random.nextInt(45), "sidecar");
        }
        if (chance(1, 25)) {
            databaseRestart(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 25)) {
            redisRestart(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 25)) {
            rulesFail(midnight + between(8 * HOUR, 17 * HOUR));
        }
        if (chance(1, 25)) {
            networkAway(midnight + between(0, DAY - HOUR));
        }
        if (chance(1, 25)) {
            allRecreated(midnight + between(8 * HOUR, 17 * HOUR));
        }
        if (chance(1, 20)) {
            restart(midnight + between(0, DAY - HOUR), 100 + random.nextInt(120), "grafana");
        }
        if (chance(1, 30)) {
            reboot(midnight + 5 * HOUR + between(0, HOUR));
        }
    }

    private void add(String name, long from, long lasts, BiConsumer<SmallTeam, Long> change) {
        events.add(new Event(name, from, from + lasts, change));
    }

    private long between(long from, long until) {
        return (from + (long) (random.nextDouble() * (until - from))) / SmallTeam.TICK * SmallTeam.TICK;
    }

    private boolean chance(int times, int ofDays) {
        return random.nextInt(ofDays) < times;
    }

    private void backup(long from, boolean sunday) {
        boolean fails = chance(1, 25);
        long lasts = between(20 * MINUTE, 50 * MINUTE);
        String[] generations = sunday ? new String[] {"daily", "weekly"} : new String[] {"daily"};
        add("backup", from, lasts, (team, since) -> {
            dumping(team, since, "sidecar backup dump");
            team.at("sidecar_job_next_run_timestamp_seconds backup-daily").base = from + DAY;
            // When the first attempt fails, the second begins two minutes later.
            team.at("sidecar_job_running backup-daily").value =
                    fails && since >= 10 * MINUTE && since < 12 * MINUTE ? 0 : 1;
            if (fails && since == 10 * MINUTE) {
                team.at("sidecar_backup_last_run_success daily app").base = 0;
                team.at("sidecar_backup_last_failure_timestamp_seconds daily app").base = team.now;
                team.at("sidecar_job_runs_total backup-daily failure").more(1);
            }
            if (since + SmallTeam.TICK >= lasts) {
                for (String generation : generations) {
                    team.at("sidecar_backup_last_success_timestamp_seconds " + generation + " app").base = team.now;
                    team.at("sidecar_backup_last_run_success " + generation + " app").base = 1;
                    team.at("sidecar_backup_last_verified_timestamp_seconds " + generation + " L4 app").base =
                            team.now + 600;
                    team.at("sidecar_backup_last_verification_success " + generation + " app").base = 1;
                    team.at("sidecar_backup_size_bytes " + generation + " app").base *=
                            1 + team.random.nextGaussian() / 100;
                    team.at("sidecar_backup_next_slot_timestamp_seconds " + generation).base =
                            from + (generation.equals("daily") ? 1 : 7) * DAY;
                }
                team.at("sidecar_proof_last_held_timestamp_seconds BKP-5 backups").base = team.now;
                team.at("sidecar_backup_free_bytes local").base -= 6 * SmallTeam.GB;
                team.at("node_filesystem_avail_bytes /backup ext4 /dev/vda7").base -= 6 * SmallTeam.GB;
            }
        });
        // What is too old goes an hour later, but for the first days there is nothing too old.
        add("expire", from + HOUR, SmallTeam.TICK, (team, since) -> {
            if (team.at("sidecar_backup_free_bytes local").base < 90 * SmallTeam.GB) {
                team.at("sidecar_backup_free_bytes local").base += 6 * SmallTeam.GB;
                team.at("node_filesystem_avail_bytes /backup ext4 /dev/vda7").base += 6 * SmallTeam.GB;
            }
        });
        // An archive is writable for an hour a night only, as it was a day before.
        add(
                "archive",
                from == begin + 2 * HOUR ? from - DAY : from,
                HOUR,
                (team, since) -> team.at("node_filesystem_readonly /archive ext4 /dev/vda8").value = 0);
        if (sunday) {
            add(
                    "trial restore",
                    from + 2 * HOUR,
                    between(20 * MINUTE, HOUR),
                    (team, since) -> dumping(team, since, "sidecar restore"));
        }
    }

    private static void dumping(SmallTeam team, long since, String session) {
        String backend = " client backend app active";
        team.at("pg_stat_activity_max_tx_duration " + session + backend).absent = false;
        team.at("pg_stat_activity_max_tx_duration " + session + backend).value = since;
        team.at("pg_stat_database_blks_read app 5").value += 4000;
        team.at("pg_stat_database_blks_hit app 5").value += 2000;
        team.at("pg_stat_statements_seconds_total backup app 1").value = 0.9;
        team.at("pg_stat_statements_calls_total backup app 1").value = 0.2;
        team.at("node_memory_MemAvailable_bytes").value = (since < 6 * MINUTE ? 0.7 : 1.4) * SmallTeam.GB;
        team.load += 0.6;
        team.slow += 0.01;
    }

    /** Logs grow until they are rotated; images are cleared away on Sundays. */
    private void drift(long midnight, DayOfWeek weekday) {
        double ofADay = 0.3 + random.nextDouble();
        add("drift", midnight, DAY, (team, since) -> {
            SmallTeam.Signal free = team.at("node_filesystem_avail_bytes / ext4 /dev/vda1");
            free.base -= ofADay * SmallTeam.GB * SmallTeam.TICK / DAY;
            if (weekday == DayOfWeek.SUNDAY && since == 5 * HOUR) {
                free.base = 50 * SmallTeam.GB;
            }
        });
    }

    private void certificate(long from) {
        boolean late = random.nextInt(4) == 0;
        add("certificate", from, SmallTeam.TICK, (team, since) -> {
            SmallTeam.Signal expiry = team.at("probe_ssl_earliest_cert_expiry https://api.example.org/health");
            if (expiry.base - team.now < (late ? 16 : 30) * DAY) {
                expiry.base = team.now + 90 * DAY;
            }
        });
    }

    /** An image is pulled, then the API is away for about 90 s; now and then the next follows at once. */
    private void deploy(long from, boolean announced) {
        double size = (1 + 3 * random.nextDouble()) * SmallTeam.GB;
        add(
                "image pull",
                from - 5 * MINUTE,
                3 * MINUTE,
                (team, since) -> team.at("node_filesystem_avail_bytes / ext4 /dev/vda1").base -=
                        size * SmallTeam.TICK / (3 * MINUTE));
        for (int times = random.nextInt(4) == 0 ? 2 : 1, i = 0; i < times; i++) {
            long at = from + i * between(10 * MINUTE, 40 * MINUTE);
            long lasts = 75 + between(0, 30);
            add("deploy", at, lasts, (team, since) -> {
                team.down("api");
                if (since + SmallTeam.TICK >= lasts) {
                    team.target("api").restarted();
                }
            });
            // Caches are cold, classes are loaded.
            add("warm-up", at + lasts, 3 * MINUTE, (team, since) -> {
                team.slow = 0.2;
                team.load += 0.3;
            });
            if (announced) {
                maintenances.add(new Maintenance(at - MINUTE, at + 15 * MINUTE));
            }
        }
    }

    private void burst(long from) {
        double times = 3 + 5 * random.nextDouble();
        add("burst", from, between(10 * MINUTE, 25 * MINUTE), (team, since) -> {
            team.users *= times;
            team.slow = 0.02;
            team.load += 0.2;
            team.at("pg_stat_database_numbackends app 5").value = since < 3 * MINUTE ? 85 : 55;
            team.at("hikaricp_connections_active main").value = 10;
            team.at("hikaricp_connections_pending main").value = since < 3 * MINUTE || since % 120 < 60 ? 2 : 0;
        });
    }

    private void streamsLeft(long from) {
        add(
                "event streams",
                from,
                5 * MINUTE,
                (team, since) -> team.at("sidecar_gateway_failures_total client_gone api")
                        .more(team.poisson(1)));
    }

    private void vacuum(long from) {
        add("autovacuum", from, between(10 * MINUTE, 40 * MINUTE), (team, since) -> {
            SmallTeam.Signal open = team.at("pg_stat_activity_max_tx_duration autovacuum autovacuum worker app active");
            open.absent = false;
            open.value = since;
            team.load += 0.2;
        });
    }

    /** Somebody's scanner passes by. */
    private void strangers(long from) {
        add("strangers", from, between(4 * MINUTE, 12 * MINUTE), (team, since) -> {
            team.users += 0.3;
            team.refused401 = 0.5;
            team.edgeRefused = 0.3;
        });
    }

    /** A job at night tries a few times in vain and gives up. */
    private void importAtNight(long from) {
        int tries = 4 + random.nextInt(5);
        add("import", from, tries * 30L, (team, since) -> {
            if (since % 30 == 0) {
                team.at("sidecar_gateway_requests_seconds_count user /orders 5xx api GET")
                        .more(1);
            }
        });
    }

    private void build(long from) {
        add("build", from, between(8 * MINUTE, 14 * MINUTE), (team, since) -> {
            team.load = 1;
            team.slow += 0.02;
            team.at("node_vmstat_pswpout").value = since < 4 * MINUTE ? 900 : 0;
            team.at("node_vmstat_pswpin").value = since > 5 * MINUTE && since < 8 * MINUTE ? 700 : 0;
            team.at("node_filesystem_avail_bytes / ext4 /dev/vda1").value -= 6 * SmallTeam.GB;
        });
    }

    /** The mail server says "later" a few times. */
    private void slowMail(long from) {
        add("slow mail", from, 3 * MINUTE, (team, since) -> {
            if (since % 45 == 0) {
                team.at("alertmanager_notification_requests_total email").more(1);
                if (since < 2 * MINUTE) {
                    team.at("alertmanager_notification_requests_failed_total email")
                            .more(1);
                }
            }
        });
    }

    private void clockStep(long from) {
        double by = 0.1 + random.nextDouble();
        add(
                "clock step",
                from,
                8 * MINUTE,
                (team, since) -> team.at("node_timex_offset_seconds").value = by * (1 - since / (8.0 * MINUTE)));
    }

    /** An analyst's query. */
    private void report(long from) {
        add("report", from, 4 * MINUTE + 30, (team, since) -> {
            SmallTeam.Signal open = team.at("pg_stat_activity_max_tx_duration psql client backend app active");
            open.absent = false;
            open.value = since;
            team.at("pg_stat_database_blks_read app 5").value += 1500;
            team.at("pg_stat_statements_seconds_total app app 1").value += 0.9;
        });
    }

    private void restart(long from, long lasts, String job) {
        add("restart of " + job, from, lasts, (team, since) -> {
            team.down(job);
            if (since + SmallTeam.TICK >= lasts) {
                team.target(job).restarted();
            }
        });
        if (job.equals("alertmanager")) {
            add(
                    "alerts not taken",
                    from,
                    lasts,
                    (team, since) -> team.at(
                                    "prometheus_notifications_errors_total http://alertmanager:9093/api/v2/alerts")
                            .more(1));
        }
    }

    /** One that lasts for longer is an outage that must be told: within two minutes, so nobody can wait for its end. */
    private void databaseRestart(long from) {
        add("database restart", from, 20 + random.nextInt(26), (team, since) -> {
            team.at("pg_up").value = 0;
            team.failing = 0.7;
            team.at("pg_postmaster_start_time_seconds").base = team.now;
        });
    }

    private void redisRestart(long from) {
        add("Redis restart", from, 30, (team, since) -> {
            team.at("redis_up").value = 0;
            team.at("redis_start_time_seconds").base = team.now;
        });
        add("cold cache", from + 30, 40 * MINUTE, (team, since) -> {
            team.at("redis_memory_used_bytes").value = Math.min(0.99, since / (30.0 * MINUTE)) * SmallTeam.GB;
            team.at("redis_keyspace_hits_total").value *= Math.min(1, since / (30.0 * MINUTE));
            team.at("redis_evicted_keys_total").value = since > 30 * MINUTE ? 5 : 0;
        });
    }

    /** Name resolution or the bridge hangs for a moment: nothing can be scraped. */
    private void networkAway(long from) {
        add(
                "network away",
                from,
                between(30, 80),
                (team, since) -> team.targets.keySet().forEach(job -> {
                    if (!job.equals("prometheus")) {
                        team.down(job);
                    }
                }));
    }

    /** Two of a series for a moment, after a target was renamed. */
    private void rulesFail(long from) {
        add(
                "rules fail",
                from,
                MINUTE,
                (team, since) ->
                        team.at("prometheus_rule_evaluation_failures_total x").more(1));
    }

    /** A new release of the stack: everything is recreated, one after another. */
    private void allRecreated(long from) {
        Event event = new Event("Prometheus recreated", from, from + 45, (team, since) -> {
            team.watching = false;
            team.target("prometheus").restarted();
        });
        events.add(event);
        off.add(event);
        long at = from + 15;
        for (String job : List.of(
                "node",
                "blackbox",
                "redis",
                "postgres",
                "nginx",
                "alertmanager",
                "loki",
                "alloy",
                "grafana",
                "sidecar")) {
            restart(at, 15 + random.nextInt(60), job);
            at += 15;
        }
        maintenances.add(new Maintenance(from - MINUTE, from + 15 * MINUTE));
    }

    private void reboot(long from) {
        long lasts = between(90, 180);
        Event event = new Event("reboot", from, from + lasts, (team, since) -> {
            team.watching = false;
            team.targets.values().forEach(Target::restarted);
            team.at("pg_postmaster_start_time_seconds").base = team.now;
            team.at("redis_start_time_seconds").base = team.now;
        });
        events.add(event);
        off.add(event);
        away.add(new Event("reboot", from - HOUR, from + lasts + HOUR, event.change()));
        add("API starts", from + lasts, 60, (team, since) -> team.down("api", "sidecar"));
        add("database starts", from + lasts, 30, (team, since) -> team.at("pg_up").value = 0);
        add("clock not yet kept", from + lasts, 8 * MINUTE, (team, since) -> {
            team.at("node_timex_sync_status").value = 0;
            team.at("node_timex_maxerror_seconds").value = 16;
        });
    }
}
