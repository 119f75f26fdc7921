package dev.sidecar.backup;

import dev.sidecar.jobs.Schedule;
import dev.sidecar.sets.Generation;
import dev.sidecar.sets.VerificationLevel;
import dev.sidecar.settings.InvalidSetting;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings for taking, verifying and keeping backups. Other packages own the other keys of {@code sidecar.backup}: the server, the
 * stores, and how sets are compressed and encrypted.
 *
 * @param dump how a database is dumped
 * @param verify how thoroughly every backup is verified
 * @param slots when backups are taken, and how many are kept
 * @param anomaly when a backup is suspect
 * @param rpo greatest allowed age of the newest verified backup
 * @param rto greatest allowed time of a restore
 * @param seenFile file in which it is kept over a restart which backups the stores held; blank for none
 */
@ConfigurationProperties("sidecar.backup")
public record BackupProperties(
        @DefaultValue Dump dump,
        @DefaultValue Verify verify,
        @DefaultValue Slots slots,
        @DefaultValue Anomaly anomaly,
        @DefaultValue("26h") Duration rpo,
        @DefaultValue("1h") Duration rto,
        @DefaultValue("") String seenFile) {

    public BackupProperties {
        positive("sidecar.backup.rpo", rpo);
        positive("sidecar.backup.rto", rto);
    }

    private static void positive(String setting, Duration value) {
        InvalidSetting.unless(
                !value.isNegative() && !value.isZero(), setting, value, "be greater than zero, such as 26h");
    }

    private static void atLeastOne(String setting, int keep) {
        InvalidSetting.unless(keep >= 1, setting, keep, "be at least 1: the newest backup is always kept");
    }

    private static void excluded(String setting, List<String> entries) {
        for (String entry : entries) {
            try {
                Excluded.Rule.parse(entry);
            } catch (IllegalArgumentException e) {
                throw new InvalidSetting(
                        setting,
                        entry,
                        "be a table such as shop.audit, app/shop.audit (of one database) or pattern:shop.log_*; quote a name with a dot as SQL does");
            }
        }
    }

    private static void share(String setting, double value) {
        InvalidSetting.unless(value > 0 && value <= 1, setting, value, "be more than 0 and at most 1");
    }

    /**
     * Settings of a dump.
     *
     * @param jobs how many tables are dumped or restored at the same time
     * @param ownArchiveAbove tables larger than this get archives of their own, so that they can be restored in parallel
     * @param countRowsUpTo tables larger than this are not counted, and the manifest says so
     * @param digests whether to compute a digest of every counted table too, for which all its columns are sent here
     * @param excludeTables tables to leave out: {@code [database/]schema.table}, or {@code pattern:} and the same with {@code *} and {@code ?}
     * @param excludeRows tables whose rows to leave out, in the same way
     * @param leaveOutHidden whether a backup may lack what pg_dump leaves out without a word for a role that is no superuser
     * @param lockWait how long to wait for the lock of a table
     * @param limit how long a run may take
     */
    public record Dump(
            @DefaultValue("2") int jobs,
            @DefaultValue("32MB") DataSize ownArchiveAbove,
            @DefaultValue("100GB") DataSize countRowsUpTo,
            @DefaultValue("false") boolean digests,
            @DefaultValue({}) List<String> excludeTables,
            @DefaultValue({}) List<String> excludeRows,
            @DefaultValue("false") boolean leaveOutHidden,
            @DefaultValue("30s") Duration lockWait,
            @DefaultValue("12h") Duration limit) {

        public Dump {
            InvalidSetting.unless(jobs >= 1 && jobs <= 32, "sidecar.backup.dump.jobs", jobs, "be 1 to 32");
            excluded("sidecar.backup.dump.exclude-tables", excludeTables);
            excluded("sidecar.backup.dump.exclude-rows", excludeRows);
            positive("sidecar.backup.dump.lock-wait", lockWait);
            positive("sidecar.backup.dump.limit", limit);
        }
    }

    /**
     * Settings of the verification.
     *
     * @param level the level that every new backup is verified to
     * @param restoreUpTo larger databases are verified to L2 only
     * @param indexes whether L4 checks every restored table and B-tree with amcheck
     * @param heapAllIndexed whether amcheck also looks up every row in every B-tree, which takes three times as long
     */
    public record Verify(
            @DefaultValue("L4") VerificationLevel level,
            @DefaultValue("50GB") DataSize restoreUpTo,
            @DefaultValue("true") boolean indexes,
            @DefaultValue("false") boolean heapAllIndexed) {}

    /**
     * Settings of the schedule and the retention.
     *
     * @param zone the time zone of the slots
     * @param daily the daily backup
     * @param weekly the weekly backup
     * @param monthly the monthly backup, off by default
     * @param drill when the newest backups are verified again from storage
     * @param maxExpired how many backups one run may delete at most: a clock that jumped must not empty the store
     * @param awaitTables how long after the start the first backup of a database waits for the application to make its tables
     * @param forgetAfter how long after a database was found to be gone it is forgotten by itself; 0s for never
     */
    public record Slots(
            @DefaultValue("UTC") String zone,
            @DefaultValue Daily daily,
            @DefaultValue Weekly weekly,
            @DefaultValue Monthly monthly,
            @DefaultValue("0 0 4 * * *") String drill,
            @DefaultValue("3") int maxExpired,
            @DefaultValue("10m") Duration awaitTables,
            @DefaultValue("0s") Duration forgetAfter) {

        public Slots {
            InvalidSetting.unless(maxExpired >= 1, "sidecar.backup.slots.max-expired", maxExpired, "be at least 1");
            InvalidSetting.unless(
                    !awaitTables.isNegative(),
                    "sidecar.backup.slots.await-tables",
                    awaitTables,
                    "be a time such as 10m, or 0s to wait for none");
            InvalidSetting.unless(
                    !forgetAfter.isNegative(),
                    "sidecar.backup.slots.forget-after",
                    forgetAfter,
                    "be a time such as 30d, or 0s for never");
            try {
                ZoneId.of(zone);
            } catch (DateTimeException e) {
                throw new InvalidSetting(
                        "sidecar.backup.slots.zone", zone, "be a time zone such as UTC or Europe/Berlin");
            }
        }

        ZoneId zoneId() {
            return ZoneId.of(zone);
        }

        /** Returns the schedules of the generations; one whose cron is {@code -} has none. */
        Map<Generation, Schedule> schedules() {
            Map<Generation, Schedule> schedules = new EnumMap<>(Generation.class);
            put(schedules, Generation.DAILY, "daily.cron", daily.cron());
            put(schedules, Generation.WEEKLY, "weekly.cron", weekly.cron());
            put(schedules, Generation.MONTHLY, "monthly.cron", monthly.cron());
            return schedules;
        }

        Optional<Schedule> drillSchedule() {
            return schedule("drill", drill);
        }

        private void put(Map<Generation, Schedule> schedules, Generation generation, String setting, String cron) {
            schedule(setting, cron).ifPresent(schedule -> schedules.put(generation, schedule));
        }

        private Optional<Schedule> schedule(String setting, String cron) {
            return cron.isBlank() || cron.strip().equals("-")
                    ? Optional.empty()
                    : Optional.of(Schedule.cron("sidecar.backup.slots." + setting, cron.strip(), zoneId()));
        }
    }

    /** Settings of the daily backup. @param cron six fields, {@code -} for never @param keep how many verified backups to keep */
    public record Daily(
            @DefaultValue("0 0 2 * * *") String cron,
            @DefaultValue("7") int keep) {

        public Daily {
            atLeastOne("sidecar.backup.slots.daily.keep", keep);
        }
    }

    /** Settings of the weekly backup. @param cron six fields, {@code -} for never @param keep how many verified backups to keep */
    public record Weekly(
            @DefaultValue("0 0 3 * * SUN") String cron,
            @DefaultValue("12") int keep) {

        public Weekly {
            atLeastOne("sidecar.backup.slots.weekly.keep", keep);
        }
    }

    /** Settings of the monthly backup. @param cron six fields, {@code -} for never @param keep how many verified backups to keep */
    public record Monthly(
            @DefaultValue("-") String cron,
            @DefaultValue("12") int keep) {

        public Monthly {
            atLeastOne("sidecar.backup.slots.monthly.keep", keep);
        }
    }

    /**
     * Settings that decide when a backup is suspect.
     *
     * @param rows a backup is suspect if a table lost this share of its rows
     * @param size a backup is suspect if the dump lost this share of its bytes
     */
    public record Anomaly(
            @DefaultValue("0.5") double rows,
            @DefaultValue("0.5") double size) {

        public Anomaly {
            share("sidecar.backup.anomaly.rows", rows);
            share("sidecar.backup.anomaly.size", size);
        }
    }
}
