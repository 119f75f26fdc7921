package dev.sidecar.maintenance;

import dev.sidecar.alerts.Alertmanager;
import dev.sidecar.alerts.Silence;
import dev.sidecar.alerts.Silence.Matcher;
import dev.sidecar.jobs.Job;
import dev.sidecar.jobs.Outcome;
import dev.sidecar.jobs.Schedule;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.Identity;
import dev.sidecar.text.Durations;
import dev.sidecar.text.HostileText;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins and ends maintenance. Alertmanager keeps it, as a silence, and ends it by itself; this room keeps nothing but what it read last.
 * Each begin and end is a line of the audit.
 */
public final class Maintenances {

    static final Duration SHORTEST = Duration.ofMinutes(1);

    private static final Logger audit = LoggerFactory.getLogger("audit");
    /** Begins the comment of our silences; those that people made in Alertmanager are theirs. */
    private static final String MARK = "Maintenance: ";

    private static final Duration EVERY = Duration.ofSeconds(15);
    private static final int MOST = 10;
    private static final int LONGEST_REASON = 200;
    private static final int LONGEST_NAME = 400;

    private final Alertmanager alertmanager;
    private final MaintenanceProperties settings;
    private final Identity identity;
    private final Clock clock;
    private volatile List<Maintenance> known = List.of();

    Maintenances(Alertmanager alertmanager, MaintenanceProperties settings, Identity identity, Clock clock) {
        this.alertmanager = alertmanager;
        this.settings = settings;
        this.identity = identity;
        this.clock = clock;
    }

    /** The maintenance that holds now, as read a few seconds ago at most; that which ends first comes first. */
    public List<Maintenance> current() {
        Instant now = clock.instant();
        return known.stream().filter(one -> one.until().isAfter(now)).toList();
    }

    /** The longest time that may be asked for. */
    public Duration longest() {
        return settings.longest();
    }

    /** The names of the alerts that are silenced meanwhile. */
    public List<String> alerts() {
        return settings.alerts();
    }

    /** The services whose alerts are silenced meanwhile. */
    public List<String> services() {
        return settings.services();
    }

    /**
     * Begins maintenance.
     *
     * @param time until it ends by itself
     * @param reason why, as the first page shows it
     * @param by who asks
     * @throws MaintenanceRefused if that is outside the limits
     * @throws NotConfigured if there is no Alertmanager
     * @throws PeerUnavailable if Alertmanager gives no answer
     */
    public synchronized Maintenance begin(Duration time, String reason, String by) {
        String why = HostileText.line(reason.strip());
        String who = HostileText.line(by.strip());
        require(
                time.compareTo(SHORTEST) >= 0 && time.compareTo(settings.longest()) <= 0,
                "The time must be between 1 min and %s (sidecar.maintenance.longest)."
                        .formatted(Durations.rounded(settings.longest())));
        require(
                !why.isEmpty() && why.length() <= LONGEST_REASON,
                "A reason is needed, of %d characters at most.".formatted(LONGEST_REASON));
        require(
                !who.isEmpty() && who.length() <= LONGEST_NAME,
                "Say who you are, in at most %d characters.".formatted(LONGEST_NAME));
        require(
                read().size() < MOST,
                "%d are active already, which is the limit: end one of them first.".formatted(MOST));
        Instant from = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Silence silence = new Silence(
                "",
                List.of(
                        new Matcher("stack", identity.stack(), false),
                        new Matcher("alertname", anyOf(settings.alerts()), true),
                        new Matcher("service", anyOf(settings.services()), true)),
                from,
                from.plus(time),
                who,
                MARK + why);
        String id = alertmanager.silence(silence);
        Maintenance begun = new Maintenance(id, who, why, from, from.plus(time));
        audit("begin maintenance", begun, who);
        known = Stream.concat(known.stream(), Stream.of(begun))
                .sorted(Comparator.comparing(Maintenance::until))
                .toList();
        return begun;
    }

    /**
     * Ends maintenance before its time.
     *
     * @return what was ended; empty if nothing with this ID is on
     * @throws NotConfigured if there is no Alertmanager
     * @throws PeerUnavailable if Alertmanager gives no answer
     */
    public synchronized Optional<Maintenance> end(String id, String by) {
        Optional<Maintenance> ended =
                read().stream().filter(one -> one.id().equals(id)).findFirst();
        ended.ifPresent(one -> {
            alertmanager.endSilence(id);
            audit("end maintenance", one, HostileText.line(by));
            known = known.stream().filter(each -> !each.id().equals(id)).toList();
        });
        return ended;
    }

    Job job() {
        return new Job("maintenance", Schedule.every(EVERY), Duration.ofMinutes(1), run -> look());
    }

    private Outcome look() {
        try {
            return Outcome.success(read().size() + " are on");
        } catch (NotConfigured | PeerUnavailable e) {
            return Outcome.skipped(String.valueOf(e.getMessage()));
        }
    }

    /** Reads what is on, and notes in the audit what has ended by itself or in Alertmanager. */
    synchronized List<Maintenance> read() {
        List<Maintenance> now = alertmanager.silences().stream()
                .filter(silence -> silence.comment().startsWith(MARK))
                .map(silence -> new Maintenance(
                        silence.id(),
                        HostileText.line(silence.by()),
                        HostileText.line(silence.comment().substring(MARK.length())),
                        silence.from(),
                        silence.until()))
                .sorted(Comparator.comparing(Maintenance::until))
                .toList();
        known.stream()
                .filter(before -> !before.until().isAfter(clock.instant())
                        && now.stream().noneMatch(one -> one.id().equals(before.id())))
                .forEach(over -> audit("end maintenance", over, "its time was over"));
        known = now;
        return now;
    }

    private static void audit(String action, Maintenance what, String who) {
        audit.atInfo()
                .addKeyValue("who", who)
                .addKeyValue("action", action)
                .addKeyValue("what", what.reason())
                .addKeyValue("maintenance", what.id())
                .addKeyValue("until", what.until())
                .addKeyValue("result", "done")
                .log("action taken");
    }

    private static String anyOf(List<String> names) {
        return names.stream().map(Maintenances::literal).collect(Collectors.joining("|"));
    }

    /** Names have letters, digits and a few signs, of which one means something in an expression. */
    private static String literal(String name) {
        return name.replace(".", "\\.");
    }

    private static void require(boolean right, String otherwise) {
        if (!right) {
            throw new MaintenanceRefused(otherwise);
        }
    }
}
