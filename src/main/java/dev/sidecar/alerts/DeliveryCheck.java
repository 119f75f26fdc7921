package dev.sidecar.alerts;

import dev.sidecar.alerts.Alertmanager.AlertGroup;
import dev.sidecar.alerts.AlertmanagerConfig.Timing;
import dev.sidecar.alerts.Deliveries.Cause;
import dev.sidecar.alerts.Deliveries.Missing;
import dev.sidecar.alerts.Deliveries.Undelivered;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.text.Durations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares what fires with the receipts: each alert that has fired for longer than its route waits must have been taken, since it began, by
 * every channel of its receivers. Alertmanager cannot show that itself: its notification log may say that people know, when they do not.
 */
public final class DeliveryCheck {

    /** Prometheus hands every alert over once a minute; Alertmanager forgets them when it stops. */
    private static final Duration HANDED_OVER_WITHIN = Duration.ofMinutes(2);

    private final Alertmanager alertmanager;
    private final Supplier<List<FiringAlert>> source;
    private final Incidents incidents;
    private final Clock clock;
    private final String host;
    private final Duration margin;
    private @Nullable Attempts last;
    private volatile @Nullable Deliveries found;

    /**
     * @param source what Prometheus has had fire for two minutes, so that Alertmanager must know of it; empty if it cannot be asked
     * @param host this one, as alerts name it
     * @param margin how long a channel may take beyond the route's wait
     */
    DeliveryCheck(
            Alertmanager alertmanager,
            Supplier<List<FiringAlert>> source,
            Incidents incidents,
            Clock clock,
            String host,
            Duration margin) {
        this.alertmanager = alertmanager;
        this.source = source;
        this.incidents = incidents;
        this.clock = clock;
        this.host = host;
        this.margin = margin;
    }

    /**
     * Looks at what fires now.
     *
     * @throws NotConfigured if Alertmanager's address is not set
     * @throws PeerUnavailable if it gives no answer
     */
    public synchronized Deliveries look() {
        AlertmanagerConfig config = alertmanager.config();
        // The counts first: what they do not hold yet can at most make an alert look as if it still waits.
        Attempts attempts = alertmanager.attempts();
        List<AlertGroup> groups = alertmanager.groups();
        Map<Map<String, String>, FiringAlert> firing = new LinkedHashMap<>();
        groups.forEach(group -> group.alerts().forEach(alert -> firing.putIfAbsent(alert.labels(), alert)));
        List<FiringAlert> unknown = unknown(firing.values(), attempts.since());
        incidents.see(firing.values(), config, last);
        incidents.see(unknown, config, last);
        last = attempts;
        List<Silence> silences = alertmanager.silences();
        List<Silence> ofEverything = silences.stream()
                .filter(silence -> silence.isOfEverything(host))
                .toList();
        found = new Look(
                        config,
                        attempts,
                        groups,
                        ofEverything,
                        Silence.MutedTogether.of(silences, host),
                        clock.instant())
                .at(firing.values(), unknown);
        return found;
    }

    /** Alerts that fire in Prometheus and are missing here. They are compared by name only: labels may be changed on the way. */
    private List<FiringAlert> unknown(Collection<FiringAlert> known, Instant started) {
        if (clock.instant().isBefore(started.plus(HANDED_OVER_WITHIN))) {
            return List.of();
        }
        Set<String> names = known.stream().map(DeliveryCheck::name).collect(Collectors.toSet());
        return source.get().stream()
                .filter(alert -> !names.contains(name(alert)) && !name(alert).equals("Watchdog"))
                .toList();
    }

    private static String name(FiringAlert alert) {
        return alert.labels().getOrDefault("alertname", "");
    }

    /** The result of the last check; empty before the first. */
    public Optional<Deliveries> found() {
        return Optional.ofNullable(found);
    }

    /** One look, with all that was read for it. */
    private final class Look {

        private final AlertmanagerConfig config;
        private final Attempts attempts;
        private final List<AlertGroup> groups;
        private final List<Silence> ofEverything;
        private final List<Silence> ofMostTogether;
        private final Instant now;
        private int delivered;
        private int waiting;
        private int muted;
        private final List<Undelivered> undelivered = new ArrayList<>();
        private final List<Undelivered> unconfirmed = new ArrayList<>();

        Look(
                AlertmanagerConfig config,
                Attempts attempts,
                List<AlertGroup> groups,
                List<Silence> ofEverything,
                List<Silence> ofMostTogether,
                Instant now) {
            this.config = config;
            this.attempts = attempts;
            this.groups = groups;
            this.ofEverything = ofEverything;
            this.ofMostTogether = ofMostTogether;
            this.now = now;
        }

        Deliveries at(Iterable<FiringAlert> firing, List<FiringAlert> unknown) {
            unknown.forEach(alert -> undelivered.add(new Undelivered(
                    alert,
                    alert.since(),
                    List.of(new Missing(
                            "Alertmanager",
                            Cause.NOT_KNOWN,
                            "Prometheus has it fire, and Alertmanager does not know of it")),
                    repeatInterval(alert))));
            for (FiringAlert alert : firing) {
                if (!isDrill(alert.labels())) {
                    incidents
                            .of(alert)
                            .ifPresentOrElse(
                                    incident -> judge(alert, incident), () -> unconfirmed.add(notRemembered(alert)));
                }
            }
            boolean reachesPeople = config.channels().stream()
                    .anyMatch(channel -> !config.toTheSidecar().contains(channel));
            return new Deliveries(
                    now, reachesPeople, delivered, waiting, muted, List.copyOf(undelivered), List.copyOf(unconfirmed));
        }

        private void judge(FiringAlert alert, Incident incident) {
            if (alert.muted()) {
                silenced(alert, ofEverything, "with a silence that names no alert and no service: end it")
                        .or(
                                () -> silenced(
                                        alert,
                                        ofMostTogether,
                                        "with a silence that mutes, alone or with others, half or more of the critical alerts: end it"))
                        .ifPresentOrElse(
                                missing -> undelivered.add(new Undelivered(
                                        alert, incident.began, List.of(missing), repeatInterval(alert))),
                                () -> muted++);
                return;
            }
            List<Missing> missing = new ArrayList<>();
            boolean waits = false;
            List<Channel> channels = channels(alert);
            if (channels.isEmpty()) {
                missing.add(new Missing(
                        String.join(", ", alert.receivers()),
                        Cause.NO_CHANNEL,
                        "this receiver has no channel that reaches people"));
            }
            for (Channel channel : channels) {
                if (incident.isToldBy(channel)) {
                    continue;
                }
                Instant from = from(incident);
                if (now.isBefore(from.plus(wait(alert, incident, channel.receiver(), from))
                        .plus(margin))) {
                    waits = true;
                } else {
                    missing.add(missing(incident, channel, from));
                }
            }
            if (missing.isEmpty()) {
                waiting += waits ? 1 : 0;
                delivered += waits ? 0 : 1;
            } else if (missing.stream().allMatch(one -> one.cause() == Cause.UNKNOWN)) {
                unconfirmed.add(new Undelivered(alert, incident.began, missing, repeatInterval(alert)));
            } else {
                undelivered.add(new Undelivered(alert, incident.began, missing, repeatInterval(alert)));
            }
        }

        private static Optional<Missing> silenced(FiringAlert alert, List<Silence> silences, String why) {
            return silences.stream()
                    .filter(silence -> alert.silences().contains(silence.id()))
                    .findFirst()
                    .map(silence -> new Missing(
                            "Alertmanager",
                            Cause.SILENCED,
                            "silenced until %s by '%s', %s"
                                    .formatted(silence.until().truncatedTo(ChronoUnit.SECONDS), silence.by(), why)));
        }

        private Undelivered notRemembered(FiringAlert alert) {
            return new Undelivered(
                    alert,
                    alert.since(),
                    List.of(new Missing(
                            String.join(", ", alert.receivers()),
                            Cause.UNKNOWN,
                            "more alerts fire than receipts are kept of")),
                    repeatInterval(alert));
        }

        private Duration repeatInterval(FiringAlert alert) {
            return alert.receivers().stream()
                    .map(receiver -> config.timing(receiver).repeatInterval())
                    .max(Duration::compareTo)
                    .orElse(Timing.STANDARD.repeatInterval());
        }

        /** The Watchdog is for the sidecar; every other alert is for people. */
        private List<Channel> channels(FiringAlert alert) {
            boolean toPeople = !name(alert).equals("Watchdog");
            return alert.receivers().stream()
                    .flatMap(receiver ->
                            (toPeople ? config.channelsToPeople(receiver) : config.channels(receiver)).stream())
                    .toList();
        }

        /** From when on Alertmanager could notify: it forgets its alerts when it stops, and does not notify of a muted one. */
        private Instant from(Incident incident) {
            return Stream.of(incident.since, incident.lastMuted, attempts.since())
                    .max(Instant::compareTo)
                    .orElseThrow();
        }

        private Duration wait(FiringAlert alert, Incident incident, String receiver, Instant from) {
            Timing timing = config.timing(receiver);
            boolean joins = !incident.lastMuted.isBefore(incident.since)
                    || groups.stream()
                            .filter(group -> group.receiver().equals(receiver))
                            .filter(group -> group.alerts().stream()
                                    .anyMatch(one -> one.labels().equals(alert.labels())))
                            .anyMatch(group -> isOlder(group, alert, timing, from));
            return joins && timing.groupInterval().compareTo(timing.groupWait()) > 0
                    ? timing.groupInterval()
                    : timing.groupWait();
        }

        private boolean isOlder(AlertGroup group, FiringAlert alert, Timing timing, Instant from) {
            return group.alerts().stream().anyMatch(other -> other.since().isBefore(alert.since()))
                    || incidents
                            .lastOf(group.receiver(), group.labels())
                            .filter(at -> at.isBefore(from)
                                    && at.isAfter(
                                            from.minus(timing.groupInterval()).minus(margin)))
                            .isPresent();
        }

        private Missing missing(Incident incident, Channel channel, Instant from) {
            Optional<Attempts> before = before(incident);
            boolean certain = before.isPresent()
                    && attempts.delivered(channel) <= before.get().delivered(channel);
            Optional<String> doubt = certain ? Optional.empty() : doubt(incident, channel, from);
            if (doubt.isPresent()) {
                return new Missing(channel.toString(), Cause.UNKNOWN, doubt.get());
            }
            Attempts counted = before.orElseGet(attempts::atTheStart);
            double failed = attempts.failed(channel) - counted.failed(channel);
            if (failed > 0) {
                List<String> reasons = attempts.reasonsSince(counted, channel);
                return new Missing(
                        channel.toString(),
                        Cause.FAILED,
                        "%.0f %s failed%s"
                                .formatted(
                                        failed,
                                        failed == 1 ? "attempt" : "attempts",
                                        reasons.isEmpty() ? "" : " (" + String.join(", ", reasons) + ")"));
            }
            return new Missing(
                    channel.toString(),
                    Cause.NOT_SENT,
                    "Alertmanager has not tried since %s; according to its notification log it may have notified people already"
                            .formatted(incident.since.truncatedTo(ChronoUnit.SECONDS)));
        }

        /** The counts before the alert began; empty if the counts do not go back so far. */
        private Optional<Attempts> before(Incident incident) {
            return incident.before()
                    .filter(counts -> counts.since().equals(attempts.since()))
                    .or(() -> attempts.since().isAfter(incident.began)
                            ? Optional.empty()
                            : Optional.of(attempts.atTheStart()));
        }

        /** Why a receipt could have been lost; empty if it could not. */
        private Optional<String> doubt(Incident incident, Channel channel, Instant from) {
            Instant listening = incidents.listeningSince();
            Timing timing = config.timing(channel.receiver());
            Instant repeated = listening
                    .plus(timing.repeatInterval())
                    .plus(timing.groupInterval())
                    .plus(margin);
            if (incident.since.isBefore(listening) && now.isBefore(repeated)) {
                return Optional.of("it began %s before this sidecar started, which has no receipt; it is repeated by %s"
                        .formatted(
                                Durations.of(Duration.between(incident.since, listening)),
                                repeated.truncatedTo(ChronoUnit.SECONDS)));
            }
            return incidents.lastEvent().filter(at -> !at.isBefore(from)).isPresent()
                    ? Optional.empty()
                    : Optional.of("no event of Alertmanager's event recorder has arrived since; is it on?");
        }
    }

    private static boolean isDrill(Map<String, String> labels) {
        String drill = labels.getOrDefault("drill", "");
        return drill.equals("inhibition") || (drill.equals("true") && "Drill".equals(labels.get("alertname")));
    }
}
