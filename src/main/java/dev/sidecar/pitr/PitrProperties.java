package dev.sidecar.pitr;

import dev.sidecar.jobs.Schedule;
import dev.sidecar.settings.InvalidSetting;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of point-in-time recovery. What pgBackRest itself does, such as where its repository is and how long sets are kept, is set in
 * its own file.
 *
 * @param enabled whether sets and WAL are kept by pgBackRest
 * @param stanza name of the database cluster in pgBackRest's configuration
 * @param config path of that configuration
 * @param program pgBackRest, by name or path
 * @param repository folder of the repository, whose free space is watched; blank for a bucket
 * @param full when full sets are taken: six fields; {@code -} for never
 * @param differential when differential sets are taken
 * @param incremental when incremental sets are taken
 * @param drill when a recovery is proven
 * @param zone time zone of those schedules
 * @param limit how long a set, a drill or a restore may take
 * @param rpo how old the newest archived WAL may be
 * @param rto how long the recovery of a drill may take
 * @param fullAge how old the newest full set may be
 * @param setAge how old the newest set of any type may be
 * @param look how often the repository is looked at
 * @param awaitTables how long after the start the first drill waits for the application to make the tables that your checks ask for
 * @param resultsFile file in which the results of drills are kept over a restart
 * @param instance the instance beside
 */
@ConfigurationProperties("sidecar.pitr")
record PitrProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("main") String stanza,
        @DefaultValue("/etc/pgbackrest.conf") String config,
        @DefaultValue("pgbackrest") String program,
        @DefaultValue("") String repository,
        @DefaultValue("0 0 1 * * SUN") String full,
        @DefaultValue("0 0 1 * * MON-SAT") String differential,
        @DefaultValue("0 30 * * * *") String incremental,
        @DefaultValue("0 0 5 * * *") String drill,
        @DefaultValue("UTC") String zone,
        @DefaultValue("12h") Duration limit,
        @DefaultValue("5m") Duration rpo,
        @DefaultValue("1h") Duration rto,
        @DefaultValue("8d") Duration fullAge,
        @DefaultValue("26h") Duration setAge,
        @DefaultValue("1m") Duration look,
        @DefaultValue("10m") Duration awaitTables,
        String resultsFile,
        @DefaultValue Instance instance) {

    PitrProperties {
        InvalidSetting.unless(
                stanza.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,62}"),
                "sidecar.pitr.stanza",
                stanza,
                "be the name of a stanza, such as main");
        InvalidSetting.unless(config.startsWith("/"), "sidecar.pitr.config", config, "be a path that begins with /");
        try {
            ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new InvalidSetting("sidecar.pitr.zone", zone, "be a time zone such as UTC or Europe/Berlin");
        }
        schedule("full", full, zone);
        schedule("differential", differential, zone);
        schedule("incremental", incremental, zone);
        schedule("drill", drill, zone);
        positive("limit", limit);
        positive("rpo", rpo);
        positive("rto", rto);
        positive("full-age", fullAge);
        positive("set-age", setAge);
        InvalidSetting.unless(
                !awaitTables.isNegative(), "sidecar.pitr.await-tables", awaitTables, "be 0s or more, such as 10m");
        InvalidSetting.unless(
                look.compareTo(Duration.ofSeconds(10)) >= 0, "sidecar.pitr.look", look, "be 10s or more, such as 1m");
    }

    Optional<Schedule> schedule(String name, String cron) {
        return schedule(name, cron, zone);
    }

    private static Optional<Schedule> schedule(String name, String cron, String zone) {
        return cron.isBlank() || cron.strip().equals("-")
                ? Optional.empty()
                : Optional.of(Schedule.cron("sidecar.pitr." + name, cron.strip(), ZoneId.of(zone)));
    }

    private static void positive(String name, Duration duration) {
        InvalidSetting.unless(
                !duration.isNegative() && !duration.isZero(),
                "sidecar.pitr." + name,
                duration,
                "be more than zero, such as 1h");
    }

    /**
     * Where the instance beside lives.
     *
     * @param directory for its files; blank for none
     * @param port that it listens on
     * @param listen the addresses that it listens on, as PostgreSQL's listen_addresses
     * @param superuser name of the superuser in the recovered cluster; blank for the one that the live server tells, or {@code postgres}
     * @param requests folder by which a container that has the instance is asked; blank if this process makes it
     */
    record Instance(
            @DefaultValue("") String directory,
            @DefaultValue("5433") int port,
            @DefaultValue("127.0.0.1") String listen,
            @DefaultValue("") String superuser,
            @DefaultValue("") String requests) {

        Instance {
            InvalidSetting.unless(
                    port > 0 && port < 65_536, "sidecar.pitr.instance.port", port, "be between 1 and 65535");
            InvalidSetting.unless(
                    listen.matches("[A-Za-z0-9.:*, -]*"),
                    "sidecar.pitr.instance.listen",
                    listen,
                    "be addresses such as 127.0.0.1");
        }
    }
}
