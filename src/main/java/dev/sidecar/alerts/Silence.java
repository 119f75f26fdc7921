package dev.sidecar.alerts;

import dev.sidecar.text.StrangersPattern;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A silence in Alertmanager: it notifies of no alert that all matchers match.
 *
 * @param id its ID; empty for one that does not exist yet
 * @param matchers what an alert must have
 * @param from when it begins
 * @param until when it ends by itself
 * @param by who made it
 * @param comment why
 */
public record Silence(String id, List<Matcher> matchers, Instant from, Instant until, String by, String comment) {

    /** Where something is and how bad: what alerts of everything have in common. */
    private static final List<String> COMMON = List.of("stack", "severity", "category", "job", "role", "environment");

    /**
     * Tells whether it mutes more than anybody can mean: it names no alert, no service and no other host, but says at most what not to mute,
     * or what many have in common. Whoever wants nobody to hear of anything makes one of these.
     *
     * @param host this one, on which everything may run
     */
    boolean isOfEverything(String host) {
        return matchers.stream().noneMatch(matcher -> matcher.names(host));
    }

    /**
     * A matcher of a label.
     *
     * @param name the label
     * @param value its value, or a regular expression that the whole value must match
     * @param regex whether it is an expression
     * @param unequal whether the value must be another, or one that does not match
     */
    public record Matcher(String name, String value, boolean regex, boolean unequal) {

        /** The characters around the words that an expression begins with. */
        private static final Pattern OPENING = Pattern.compile("^[\\^(]*(\\?:)?");

        /** One sign more than what makes the last of them optional can take away. */
        private static final Pattern WORDS = Pattern.compile("[A-Za-z0-9_/ -]{3}.*", Pattern.DOTALL);

        /** One whose label must have the value. */
        public Matcher(String name, String value, boolean regex) {
            this(name, value, regex, false);
        }

        /** Tells whether it means less than everything of the host. The expression is looked at, and not run. */
        boolean names(String host) {
            if (name.equals("severity") && !regex && !unequal && !value.equals("critical")) {
                // A weekend without warnings is a team's own choice: what wakes people still does.
                return true;
            }
            if (unequal || value.isEmpty() || COMMON.contains(name) || (name.equals("host") && value.equals(host))) {
                return false;
            }
            return !regex
                    || Stream.of(OPENING.matcher(value).replaceFirst("").split("\\|", -1))
                            .allMatch(one -> WORDS.matcher(one).matches());
        }
    }

    /**
     * Finds out whether silences together mute most of what wakes people on this host, whatever they are written like: one that lists the
     * names of all alerts, an expression that fits them all, one silence for each service. Each is tried on every critical alert that the
     * product ships, of every service.
     */
    static final class MutedTogether {

        /** The critical alerts that are shipped, by their category. */
        static final Map<String, List<String>> CRITICAL = Map.of(
                "operational",
                names("""
                        AlertmanagerUnreachable BackupDatabaseGone BackupFailed BackupKeyUnusable BackupLate
                        BackupMetricsAbsent BackupNeverTaken BackupRestoreUnproven BackupVerificationFailed
                        ConfigReloadFailed DatabaseConnectionFailed DatabaseInRecovery DbWraparoundNear DeadMansSwitchOpen
                        DirectNotificationsFailing DiskSpaceLow DumpNotRestorable DumpTooOld EndpointProbeFailed
                        FilesystemReadOnly HostDown HostSilent LogsNotArriving NotificationsFailing ObserverDown
                        PitrArchiveOld PitrChainBroken PitrDrillFailed RedisRefusesWrites RuleEvaluationFailing
                        ServiceDown ServiceRestarting TargetsMissing UpstreamUnreachable
                        """),
                "performance",
                names("ApiErrorRateHigh ApiSloFastBurn AppDbPoolExhausted DbConnectionsSaturated PgBouncerClientsWait"),
                "security",
                names("BackupSetRefused BackupSuspect BackupVanished TlsCertificateExpiring"));

        /** The names of the shipped targets; the API may have another name. */
        static final List<String> SERVICES = names(
                "alertmanager alloy api gateway grafana loki nginx node postgres prometheus redis relay sidecar tempo trace-collector");

        /** Each is "category name". */
        private static final List<String> ALERTS = CRITICAL.entrySet().stream()
                .flatMap(one -> one.getValue().stream().map(name -> one.getKey() + " " + name))
                .sorted()
                .toList();

        private final String host;
        private final StrangersPattern.Effort effort = new StrangersPattern.Effort();

        private MutedTogether(String host) {
            this.host = host;
        }

        private static List<String> names(String text) {
            return List.of(text.strip().split("\\s+"));
        }

        /**
         * Lists those of the silences that mute a critical alert of this host, if together they mute half of these or more; nothing otherwise.
         *
         * @param host this one
         */
        static List<Silence> of(List<Silence> silences, String host) {
            MutedTogether tried = new MutedTogether(host);
            BitSet muted = new BitSet();
            List<Silence> muting = silences.stream()
                    .filter(silence -> {
                        BitSet its = tried.mutedBy(silence);
                        muted.or(its);
                        return !its.isEmpty();
                    })
                    .collect(Collectors.toList());
            return 2 * muted.cardinality() >= ALERTS.size() * SERVICES.size() ? muting : List.of();
        }

        /** One bit for each alert of each service. */
        private BitSet mutedBy(Silence silence) {
            BitSet alerts = all(ALERTS.size());
            BitSet services = all(SERVICES.size());
            for (Matcher matcher : silence.matchers()) {
                switch (matcher.name()) {
                    case "alertname" -> keep(alerts, matcher, i -> ALERTS.get(i).split(" ")[1]);
                    case "category" -> keep(alerts, matcher, i -> ALERTS.get(i).split(" ")[0]);
                    case "severity" -> keep(alerts, matcher, i -> "critical");
                    case "host" -> keep(alerts, matcher, i -> host);
                    case "service" -> keep(services, matcher, SERVICES::get);
                    default -> {
                        if (matcher.names(host)) {
                            alerts.clear();
                        }
                    }
                }
            }
            BitSet muted = new BitSet();
            alerts.stream()
                    .forEach(alert ->
                            services.stream().forEach(service -> muted.set(alert * SERVICES.size() + service)));
            return muted;
        }

        private void keep(BitSet kept, Matcher matcher, IntFunction<String> value) {
            for (int i = kept.nextSetBit(0); i >= 0; i = kept.nextSetBit(i + 1)) {
                if (!matches(matcher, value.apply(i))) {
                    kept.clear(i);
                }
            }
        }

        /** If it cannot be decided, it counts as a match. */
        private boolean matches(Matcher matcher, String value) {
            if (!matcher.regex()) {
                return matcher.value().equals(value) != matcher.unequal();
            }
            return StrangersPattern.matches(matcher.value(), value, effort)
                    .map(fits -> fits != matcher.unequal())
                    .orElse(true);
        }

        private static BitSet all(int count) {
            BitSet all = new BitSet();
            all.set(0, count);
            return all;
        }
    }
}
