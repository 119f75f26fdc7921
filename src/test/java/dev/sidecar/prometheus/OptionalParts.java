package dev.sidecar.prometheus;

import dev.sidecar.prometheus.SmallTeam.Signal;
import dev.sidecar.prometheus.SmallTeam.Target;
import dev.sidecar.prometheus.TeamLife.Event;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/**
 * The parts that a team can switch on: point-in-time recovery, another host that pushes, a store elsewhere, dumps of others, traces, and replicas
 * of its stores. Nobody else looks at these series, so what happens to them has a chance of its own.
 */
final class OptionalParts {

    static final String SENT = "prometheus_remote_storage_queue_highest_sent_timestamp_seconds far-end";
    static final String REFUSED = "prometheus_remote_storage_samples_failed_total far-end";
    static final String PUSHED = "sidecar_relay_last_push_timestamp_seconds metrics web-1";
    static final String LINES = "sidecar_relay_last_push_timestamp_seconds logs web-1";
    static final String TROUBLES = "sidecar_relay_troubles_total clock_behind web-1";
    static final String DUMPED = "sidecar_dump_timestamp_seconds billing";
    static final String DUMP_SIZE = "sidecar_dump_size_bytes billing";
    static final String DUMP_READABLE = "sidecar_dump_readable billing";
    static final String DUMP_RESTORED = "sidecar_dump_restored billing";
    static final String DUMP_UNPROVEN = "sidecar_dump_unproven billing";
    static final String SPANS_DROPPED = "sidecar_gateway_spans_dropped_total receiver_gone api";
    static final String ARCHIVED = "sidecar_pitr_archived_timestamp_seconds";
    static final String WINDOW_END = "sidecar_pitr_window_end_timestamp_seconds";
    static final String DRILLED = "sidecar_pitr_drill_success_timestamp_seconds";
    static final String FULL_SET = "sidecar_pitr_set_timestamp_seconds full";
    static final String INCREMENTAL_SET = "sidecar_pitr_set_timestamp_seconds incr";
    static final String ROOM = "sidecar_pitr_repository_free_bytes";
    static final String WAL = "sidecar_pitr_wal_bytes";
    static final String CHANGES = "redis_rdb_changes_since_last_save";

    private static final long MINUTE = 60;
    private static final long HOUR = 3600;
    private static final long DAY = 86_400;

    private final TeamLife life;
    private final Random random;

    OptionalParts(TeamLife life, long seed) {
        this.life = life;
        this.random = new Random(seed * 17 + 3);
    }

    static void export(SmallTeam team) {
        Target prometheus = team.target("prometheus");
        team.gauge(prometheus, "prometheus", 0, words(SENT)[0], "remote_name", "far-end")
                .slow();
        team.counter(prometheus, "prometheus", 0, words(REFUSED)[0], "remote_name", "far-end");
        team.counter(
                        prometheus,
                        "prometheus",
                        0,
                        "prometheus_remote_storage_samples_dropped_total",
                        "remote_name",
                        "far-end")
                .bornAtFirst();

        Target relay = team.program("relay", "relay", "infra");
        team.gauge(relay, "relay", 0, words(PUSHED)[0], "kind", "metrics", "satellite", "web-1");
        team.gauge(relay, "relay", 0, words(LINES)[0], "kind", "logs", "satellite", "web-1");
        team.counter(relay, "relay", 0, words(TROUBLES)[0], "reason", "clock_behind", "satellite", "web-1");

        Target sidecar = team.target("sidecar");
        for (Object[] each : new Object[][] {
            {DUMPED, 0.0},
            {"sidecar_dump_greatest_age_seconds billing", 26.0 * HOUR},
            {DUMP_SIZE, 8 * SmallTeam.GB},
            {"sidecar_dump_least_size_bytes billing", 4 * SmallTeam.GB},
            {DUMP_READABLE, 1.0},
            {DUMP_RESTORED, 1.0},
            {DUMP_UNPROVEN, 0.0}
        }) {
            team.gauge(sidecar, "sidecar", (double) each[1], words((String) each[0])[0], "source", "billing")
                    .slow();
        }
        team.counter(sidecar, "api", 0.2, "sidecar_gateway_spans_sent_total", "upstream", "api")
                .slow();
        team.counter(sidecar, "api", 0, words(SPANS_DROPPED)[0], "reason", "receiver_gone", "upstream", "api");
        for (Object[] each : new Object[][] {
            {ARCHIVED, 0.0},
            {WINDOW_END, 0.0},
            {DRILLED, 0.0},
            {"sidecar_pitr_archive_failures", 0.0},
            {"sidecar_pitr_gaps", 0.0},
            {"sidecar_pitr_repository_bytes", 100 * SmallTeam.GB},
            {ROOM, 300 * SmallTeam.GB},
            {WAL, 0.6 * SmallTeam.GB}
        }) {
            team.gauge(sidecar, "sidecar", (double) each[1], (String) each[0]).slow();
        }
        for (String type : List.of("full", "incr")) {
            team.gauge(sidecar, "sidecar", 0, "sidecar_pitr_set_timestamp_seconds", "type", type)
                    .slow();
        }
        team.gauge(sidecar, "sidecar", 15 * MINUTE, "sidecar_pitr_limit_seconds", "of", "rpo")
                .slow();
        team.gauge(sidecar, "sidecar", 26 * HOUR, "sidecar_pitr_limit_seconds", "of", "set")
                .slow();
        team.gauge(sidecar, "sidecar", 8 * DAY, "sidecar_pitr_limit_seconds", "of", "full")
                .slow();

        Target redis = team.target("redis");
        team.gauge(redis, "redis", 1, "redis_rdb_last_bgsave_status");
        team.gauge(redis, "redis", 0, CHANGES).slow();
        team.gauge(redis, "redis", 1, "redis_aof_last_write_status").slow();
        team.gauge(redis, "redis", 1, "redis_aof_last_bgrewrite_status").slow();
        team.gauge(redis, "redis", 1, "redis_connected_slaves");
        team.gauge(team.target("postgres"), "postgres", 0, "pg_replication_is_replica");
    }

    /** These move on by themselves. */
    static void ordinary(SmallTeam team) {
        team.at(SENT).value = team.now - 5;
        team.at(PUSHED).value = team.now - 7;
        team.at(LINES).value = team.now - 40;
        team.at(ARCHIVED).value = team.now - team.now % (4 * MINUTE);
        team.at(WINDOW_END).value = team.at(ARCHIVED).value;
        team.at(CHANGES).value = team.now % HOUR / SmallTeam.TICK;
    }

    static void begin(SmallTeam team, long begin) {
        team.at(DUMPED).base = begin - 20 * HOUR;
        team.at(DRILLED).base = begin - 20 * HOUR;
        team.at(FULL_SET).base = begin - DAY;
        team.at(INCREMENTAL_SET).base = begin - 22 * HOUR;
    }

    void ordinaryDay(long midnight, boolean sunday) {
        at("set", midnight + HOUR, SmallTeam.TICK, (team, since) -> {
            team.at(sunday ? FULL_SET : INCREMENTAL_SET).base = team.now;
            Signal room = team.at(ROOM);
            room.base = sunday ? 300 * SmallTeam.GB : room.base - SmallTeam.GB;
        });
        at("recovery drill", midnight + 4 * HOUR, SmallTeam.TICK, (team, since) -> team.at(DRILLED).base = team.now);
        at("dump of others", midnight + 3 * HOUR + random.nextInt(40) * MINUTE, SmallTeam.TICK, (team, since) -> {
            team.at(DUMPED).base = team.now;
            team.at(DUMP_SIZE).base *= 1 + team.random.nextGaussian() / 100;
        });
        at("bulk load", midnight + 23 * HOUR, 30 * MINUTE, (team, since) -> team.at(WAL).value = 1.4 * SmallTeam.GB);
        weekly("store elsewhere away", midnight, 2, 9, (team, since) -> team.at(SENT).value = team.now - since - 5);
        weekly("other host reboots", midnight, 1, 4, (team, since) -> {
            team.at(PUSHED).value = team.now - since - 7;
            team.at(LINES).value = team.now - since - 40;
        });
        weekly("other host catches up", midnight, 1, 4, (team, since) -> {
            if (since % MINUTE == 0) {
                team.at(TROUBLES).more(1);
            }
        });
        weekly("share mounted anew", midnight, 2, 12, (team, since) -> team.at(DUMP_READABLE).value = 0);
        weekly("prover away", midnight, 20, 50, (team, since) -> team.at(DUMP_UNPROVEN).value = 1);
        weekly("receiver of spans replaced", midnight, 1, 5, (team, since) -> team.at(SPANS_DROPPED).value = 0.2);
        weekly("archive replaced", midnight, 1, 4, (team, since) -> {
            team.at("sidecar_pitr_archive_failures").value = 2;
            team.at(ARCHIVED).value -= since;
            team.at(WINDOW_END).value -= since;
        });
        weekly(
                "one snapshot fails",
                midnight,
                1,
                1,
                (team, since) -> team.at("redis_rdb_last_bgsave_status").value = 0);
        weekly("replica replaced", midnight, 2, 8, (team, since) -> team.at("redis_connected_slaves").value = 0);
        weekly("log replayed", midnight, 1, 1, (team, since) -> team.at("pg_replication_is_replica").value = 1);
    }

    private void weekly(String name, long midnight, int atLeast, int atMost, BiConsumer<SmallTeam, Long> change) {
        long from = midnight + random.nextInt(23 * 60) * MINUTE;
        long lasts = (atLeast + random.nextInt(atMost - atLeast + 1)) * MINUTE;
        if (random.nextInt(7) == 0) {
            at(name, from, lasts, change);
        }
    }

    private void at(String name, long from, long lasts, BiConsumer<SmallTeam, Long> change) {
        life.events.add(new Event(name, from, from + lasts, change));
    }

    private static String[] words(String name) {
        return name.split(" ");
    }
}
