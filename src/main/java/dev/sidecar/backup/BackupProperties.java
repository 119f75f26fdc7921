package dev.sidecar.backup;

import dev.sidecar.jobs.Schedule;
import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Everything that can be set about backups. Without {@code sidecar.backup.server.host} there are none.
 *
 * @param server what to back up
 * @param directory the local store; empty for none
 * @param s3 the bucket; used if it has a name
 * @param compression how files are compressed
 * @param encryption to whom files are encrypted; nothing given means not at all
 * @param dump how much is read at once
 * @param verify how far every backup is proven
 * @param scratch where restores are proven
 * @param slots when backups are taken, and how many are kept
 * @param anomaly when a backup is suspect
 * @param rpo greatest allowed age of the newest verified backup
 * @param rto greatest allowed time of a restore
 */
@ConfigurationProperties("sidecar.backup")
public record BackupProperties(
        @DefaultValue Server server,
        @DefaultValue("backups") String directory,
        @DefaultValue S3 s3,
        @DefaultValue Compression compression,
        @DefaultValue Encryption encryption,
        @DefaultValue Dump dump,
        @DefaultValue Verify verify,
        @DefaultValue Scratch scratch,
        @DefaultValue Slots slots,
        @DefaultValue Anomaly anomaly,
        @DefaultValue("26h") Duration rpo,
        @DefaultValue("1h") Duration rto) {

    public BackupProperties {
        positive("sidecar.backup.rpo", rpo);
        positive("sidecar.backup.rto", rto);
    }

    /** Whether there is a server to back up. */
    public boolean isConfigured() {
        return !server.host.isBlank();
    }

    /**
     * What a backup has to be verified to before it counts as good: the level of the settings, less for a database that is too large
     * to be restored each time, and no more than reading it again where this host cannot decrypt.
     */
    VerificationLevel levelFor(Manifest manifest) {
        VerificationLevel level = verify.level();
        if (level.atLeast(VerificationLevel.L3)
                && manifest.dumpBytes() > verify.restoreUpTo().toBytes()) {
            level = VerificationLevel.L2;
        }
        boolean readable =
                manifest.encryption() == null || encryption.identity() != null || encryption.passphrase() != null;
        return readable || VerificationLevel.L1.atLeast(level) ? level : VerificationLevel.L1;
    }

    private static void positive(String setting, Duration value) {
        InvalidSetting.unless(
                !value.isNegative() && !value.isZero(), setting, value, "be longer than nothing, such as 26h");
    }

    private static void atLeastOne(String setting, int keep) {
        InvalidSetting.unless(keep >= 1, setting, keep, "be at least 1: the newest backup stays");
    }

    private static void share(String setting, double value) {
        InvalidSetting.unless(value > 0 && value <= 1, setting, value, "be more than 0 and at most 1");
    }

    /**
     * The database server, reached directly and not through a pooler: the snapshot belongs to a session.
     *
     * @param host name, address, or the directory of the server's socket
     * @param port usually 5432
     * @param user a role that may read everything, and the password hashes of roles: a superuser
     * @param password goes into a file that only the client program can read
     * @param sslMode as libpq's sslmode: disable, prefer, require, verify-ca, verify-full
     * @param maintenanceDatabase where the list of databases is read and the lock is held
     * @param databases exact names, or patterns with {@code *} and {@code ?}
     * @param exclude the same, to leave out
     * @param programs directories in which versions of the client programs are looked for, besides the PATH
     */
    public record Server(
            @DefaultValue("") String host,
            @DefaultValue("5432") int port,
            @DefaultValue("postgres") String user,
            @Nullable Secret password,
            @DefaultValue("prefer") String sslMode,
            @DefaultValue("postgres") String maintenanceDatabase,
            @DefaultValue("*") List<String> databases,
            @DefaultValue({}) List<String> exclude,
            @DefaultValue("/usr/lib/postgresql") List<Path> programs) {

        public Server {
            InvalidSetting.unless(
                    port > 0 && port < 65_536, "sidecar.backup.server.port", port, "be between 1 and 65535");
            InvalidSetting.unless(
                    List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
                            .contains(sslMode),
                    "sidecar.backup.server.ssl-mode",
                    sslMode,
                    "be one of disable, allow, prefer, require, verify-ca, verify-full");
        }
    }

    /**
     * A bucket of S3 or of a server that speaks its protocol.
     *
     * @param bucket its name; blank for none
     * @param endpoint address of the server; blank for Amazon's own
     * @param region such as eu-central-1
     * @param accessKey blank for what the environment of the process offers
     * @param secretKey belongs to the access key
     * @param prefix before every key, such as {@code backups/}
     */
    public record S3(
            @DefaultValue("") String bucket,
            @DefaultValue("") String endpoint,
            @DefaultValue("us-east-1") String region,
            @DefaultValue("") String accessKey,
            @Nullable Secret secretKey,
            @DefaultValue("") String prefix) {}

    /**
     * @param method {@code zstd}, or {@code gzip} where zstd is not at hand for a restore with bare hands
     * @param level 0 for the method's default: zstd 1 with a memory for rows, gzip 9
     */
    public record Compression(
            @DefaultValue("zstd") String method,
            @DefaultValue("0") int level) {

        public Compression {
            boolean zstd = method.equals("zstd");
            InvalidSetting.unless(
                    zstd || method.equals("gzip"), "sidecar.backup.compression.method", method, "be zstd or gzip");
            InvalidSetting.unless(
                    level >= 0 && level <= (zstd ? 19 : 9),
                    "sidecar.backup.compression.level",
                    level,
                    zstd ? "be 1 to 19, or 0 for the default" : "be 1 to 9, or 0 for the default");
            level = level != 0 ? level : zstd ? 1 : 9;
        }

        /** As in the manifest, such as {@code zstd-1}. */
        String label() {
            return method + "-" + level;
        }
    }

    /**
     * @param recipients age public keys ({@code age1…}): whoever holds one of their secret keys can restore
     * @param identity the secret key ({@code AGE-SECRET-KEY-1…}), only where this host is to verify and restore
     * @param passphrase instead of recipients
     */
    public record Encryption(
            @DefaultValue({}) List<String> recipients,
            @Nullable Secret identity,
            @Nullable Secret passphrase) {

        public Encryption {
            recipients = recipients.stream()
                    .map(String::strip)
                    .filter(r -> !r.isEmpty())
                    .toList();
            InvalidSetting.unless(
                    passphrase == null || recipients.isEmpty(),
                    "sidecar.backup.encryption.passphrase",
                    "***",
                    "be left out when recipients are given: only one of the two can hold");
        }

        boolean isOn() {
            return !recipients.isEmpty() || passphrase != null;
        }
    }

    /**
     * @param jobs how many tables are dumped or restored at the same time
     * @param ownArchiveAbove tables larger than this get archives of their own, so that they can be restored side by side
     * @param countRowsUpTo tables larger than this are not counted, and the manifest says so
     * @param digests whether the contents of every counted table are digested too; costs a second read
     * @param lockWait how long to wait for a lock on a table
     * @param limit how long all of it may take
     */
    public record Dump(
            @DefaultValue("2") int jobs,
            @DefaultValue("32MB") DataSize ownArchiveAbove,
            @DefaultValue("100GB") DataSize countRowsUpTo,
            @DefaultValue("false") boolean digests,
            @DefaultValue("30s") Duration lockWait,
            @DefaultValue("12h") Duration limit) {

        public Dump {
            InvalidSetting.unless(jobs >= 1 && jobs <= 32, "sidecar.backup.dump.jobs", jobs, "be 1 to 32");
            positive("sidecar.backup.dump.lock-wait", lockWait);
            positive("sidecar.backup.dump.limit", limit);
        }
    }

    /**
     * @param level what every backup is verified to after it was taken
     * @param restoreUpTo larger databases are verified to L2 only
     * @param indexes whether L4 has amcheck look at every table and B-tree of what was restored
     * @param heapAllIndexed whether amcheck also looks for every row in every B-tree, which takes three times as long
     */
    public record Verify(
            @DefaultValue("L4") VerificationLevel level,
            @DefaultValue("50GB") DataSize restoreUpTo,
            @DefaultValue("true") boolean indexes,
            @DefaultValue("false") boolean heapAllIndexed) {}

    /**
     * The throwaway server.
     *
     * @param directory where it and decoded files lie for the time of a restore; the system's temporary directory if blank
     * @param user which user it runs as when the sidecar runs as root; PostgreSQL refuses root
     */
    public record Scratch(
            @DefaultValue("") String directory,
            @DefaultValue("postgres") String user) {}

    /**
     * @param zone whose wall clock the slots mean
     * @param daily the daily backup
     * @param weekly the weekly backup
     * @param monthly the monthly backup, off unless given
     * @param drill when the newest backups are verified again from storage
     * @param maxExpired more than so many at once are refused: a clock that jumped must not empty the store
     */
    public record Slots(
            @DefaultValue("UTC") String zone,
            @DefaultValue Daily daily,
            @DefaultValue Weekly weekly,
            @DefaultValue Monthly monthly,
            @DefaultValue("0 0 4 * * *") String drill,
            @DefaultValue("3") int maxExpired) {

        public Slots {
            InvalidSetting.unless(maxExpired >= 1, "sidecar.backup.slots.max-expired", maxExpired, "be at least 1");
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

        /** The generations that are taken by themselves; one whose cron is {@code -} is not among them. */
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

    /** @param cron six fields, {@code -} for never @param keep how many */
    public record Daily(
            @DefaultValue("0 0 2 * * *") String cron,
            @DefaultValue("7") int keep) {

        public Daily {
            atLeastOne("sidecar.backup.slots.daily.keep", keep);
        }
    }

    /** @param cron six fields, {@code -} for never @param keep how many */
    public record Weekly(
            @DefaultValue("0 0 3 * * SUN") String cron,
            @DefaultValue("12") int keep) {

        public Weekly {
            atLeastOne("sidecar.backup.slots.weekly.keep", keep);
        }
    }

    /** @param cron six fields, {@code -} for never @param keep how many */
    public record Monthly(
            @DefaultValue("-") String cron,
            @DefaultValue("12") int keep) {

        public Monthly {
            atLeastOne("sidecar.backup.slots.monthly.keep", keep);
        }
    }

    /**
     * @param rows a table that lost this share of its rows makes a backup suspect
     * @param size the same for the bytes dumped
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
