package dev.sidecar.alerts;

import dev.sidecar.alerts.Alertmanager.PostedAlert;
import dev.sidecar.alerts.AlertmanagerConfig.Inhibition;
import dev.sidecar.alerts.AlertmanagerConfig.Route;
import dev.sidecar.alerts.DrillResult.ChannelResult;
import dev.sidecar.peers.NotConfigured;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.settings.Identity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends alerts marked as drills through the real Alertmanager and reports their delivery. Each drill has its own service and therefore
 * its own group: Alertmanager notifies after the route's group wait, and the drill mutes no real alert. The methods wait for the result;
 * they can be interrupted.
 */
public final class Drills {

    /** How long Alertmanager may take beyond the group wait. */
    private static final Duration MARGIN = Duration.ofSeconds(45);

    private static final Duration INHIBITION_LIMIT = Duration.ofSeconds(30);
    /** The alert ends after this by itself, even if this process has ended. */
    private static final Duration LASTS = Duration.ofMinutes(5);

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Alertmanager alertmanager;
    private final Receipts receipts;
    private final Identity identity;
    private final Clock clock;
    private final Supplier<Optional<String>> mailTrouble;
    private final DrillsFile file;
    private final Map<String, DrillResult> delivered = new TreeMap<>();
    private final AtomicLong number = new AtomicLong();

    /** @param mailTrouble asks the mail server why it takes no mail; empty if it would, or if the sidecar knows of none */
    Drills(
            Alertmanager alertmanager,
            Receipts receipts,
            Identity identity,
            Clock clock,
            Supplier<Optional<String>> mailTrouble,
            DrillsFile file) {
        this.alertmanager = alertmanager;
        this.receipts = receipts;
        this.identity = identity;
        this.clock = clock;
        this.mailTrouble = mailTrouble;
        this.file = file;
        readFile();
    }

    /** Another sidecar may have sent drills since. */
    private void readFile() {
        file.readNew().ifPresent(results -> {
            Set<String> known = delivered.values().stream().map(DrillResult::id).collect(Collectors.toSet());
            delivered.clear();
            for (DrillResult result : results) {
                delivered.put(result.route(), result);
                if (!known.contains(result.id())) {
                    receipts(result).forEach(receipts::add);
                }
            }
        });
    }

    /** The receipts of a drill that was delivered before this process began. */
    private static List<Delivered> receipts(DrillResult result) {
        Map<String, String> labels = Map.of("alertname", "Drill", "drill", "true", "drill_id", result.id());
        return result.channels().stream()
                .map(channel -> new Delivered(
                        result.started().plus(Objects.requireNonNull(channel.took())),
                        channel.channel(),
                        List.of(labels),
                        false,
                        channel.took()))
                .toList();
    }

    /**
     * Finds the last drill of a route if every channel delivered it, whoever asked for it and in whichever process; empty if a channel did
     * not, or if the route has other channels now.
     *
     * @throws NotConfigured if Alertmanager's address is not set
     * @throws PeerUnavailable if it gives no answer
     */
    public Optional<DrillResult> lastDelivered(String route) {
        Set<Channel> channels = Set.copyOf(alertmanager.config().channels(route));
        synchronized (delivered) {
            readFile();
            return Optional.ofNullable(delivered.get(route))
                    .filter(result -> result.channels().stream()
                            .map(ChannelResult::channel)
                            .collect(Collectors.toSet())
                            .equals(channels));
        }
    }

    /** A drill that failed says more of the route than an earlier one that was delivered. */
    private void keep(DrillResult result) {
        synchronized (delivered) {
            readFile();
            if (result.allDelivered()) {
                delivered.put(result.route(), result);
            } else {
                delivered.remove(result.route());
            }
            file.write(List.copyOf(delivered.values()));
        }
    }

    /**
     * Lists the routes that a drill can take, each named by its receiver.
     *
     * @throws NotConfigured if Alertmanager's address is not set
     * @throws PeerUnavailable if it gives no answer
     */
    public List<String> routes() {
        return alertmanager.config().routes().stream()
                .map(Route::receiver)
                .distinct()
                .toList();
    }

    /** Sends one alert by the route and waits until every channel of its receiver has delivered or the time limit has passed. */
    public DrillResult deliver(String route) throws InterruptedException {
        Instant started = clock.instant();
        String id = newId();
        try {
            AlertmanagerConfig config = alertmanager.config();
            Route way = config.route(route).orElse(null);
            if (way == null) {
                return failed(id, route, started, "No route '%s'; the routes are %s.".formatted(route, routes()));
            }
            Attempts before = alertmanager.attempts();
            Map<String, String> labels = labels(id, way);
            fire(labels, annotations(route), started);
            List<Channel> channels = config.channels(route);
            waitFor(
                    way.groupWait().plus(MARGIN),
                    () -> deliveredBy(channels, id).size() == channels.size());
            DrillResult result = result(id, route, started, channels, before);
            resolve(labels, annotations(route), started);
            keep(result);
            return result;
        } catch (NotConfigured | PeerUnavailable e) {
            return failed(id, route, started, String.valueOf(e.getMessage()));
        }
    }

    private DrillResult failed(String id, String route, Instant started, String problem) {
        return new DrillResult(id, route, started, clock.instant(), List.of(), problem);
    }

    private Map<String, String> labels(String id, Route way) {
        Map<String, String> labels = new TreeMap<>(Map.of(
                "alertname",
                "Drill",
                "drill",
                "true",
                "drill_id",
                id,
                "severity",
                "warning",
                "stack",
                identity.stack(),
                "host",
                identity.host(),
                "service",
                "drill-" + id));
        labels.putAll(way.labels());
        return labels;
    }

    private static Map<String, String> annotations(String route) {
        return Map.of(
                "summary",
                "[DRILL] This is a test of the route " + route,
                "description",
                "This is a test: the sidecar checks that alerts by this route reach you. You need to do nothing.");
    }

    private DrillResult result(String id, String route, Instant started, List<Channel> channels, Attempts before) {
        Map<Channel, Delivered> delivered = deliveredBy(channels, id);
        List<ChannelResult> results = new ArrayList<>();
        for (Channel channel : channels) {
            Delivered receipt = delivered.get(channel);
            results.add(
                    receipt == null
                            ? new ChannelResult(channel, false, null, whyNot(channel, before))
                            : new ChannelResult(channel, true, Duration.between(started, receipt.at()), null));
        }
        return new DrillResult(id, route, started, clock.instant(), results, null);
    }

    private Map<Channel, Delivered> deliveredBy(List<Channel> channels, String id) {
        Map<Channel, Delivered> delivered = new TreeMap<>();
        for (Delivered one : receipts.deliveries()) {
            if (channels.contains(one.channel()) && !one.resolved() && one.has("drill_id", id)) {
                delivered.put(one.channel(), one);
            }
        }
        return delivered;
    }

    /**
     * Alertmanager does not record failed deliveries; it counts them by integration and reason. It gives up, with a reason, only after
     * minutes if the other side cannot be reached; the attempts are counted at once.
     */
    private String whyNot(Channel channel, Attempts before) {
        Attempts now = alertmanager.attempts();
        List<String> reasons = now.reasonsSince(before, channel);
        double failed = now.failed(channel) - before.failed(channel);
        String asked = channel.integration().equals("email")
                ? mailTrouble
                        .get()
                        .map(why -> " The sidecar cannot send a mail through that server either: " + why)
                        .orElse("")
                : "";
        if (!reasons.isEmpty()) {
            return "Alertmanager counted failures of " + channel.integration() + ": " + String.join(", ", reasons)
                    + (asked.isEmpty() ? "" : "." + asked);
        }
        if (failed == 0 && !asked.isEmpty()) {
            return "Alertmanager has no answer of the other side yet." + asked;
        }
        return failed > 0
                ? "Alertmanager tried %.0f times by %s and failed each time: the other side does not answer, or refuses. Its log has the reason."
                                .formatted(failed, channel.integration())
                        + asked
                : "Alertmanager recorded neither a delivery nor a failure in time. Check that its event recorder is on and reaches the sidecar.";
    }

    /**
     * Fires the source and the target of an inhibition rule and reports whether the target is muted. Only the sidecar is notified of
     * them.
     *
     * @param rule the rule's name in Alertmanager's configuration
     * @param differing a label that both sides must have alike, to be given different values; null to have all alike
     */
    public InhibitionResult inhibit(String rule, @Nullable String differing) throws InterruptedException {
        long began = System.nanoTime();
        String id = newId();
        Instant started = clock.instant();
        try {
            Inhibition inhibition = alertmanager.config().inhibition(rule).orElse(null);
            if (inhibition == null || (differing != null && !inhibition.equal().contains(differing))) {
                return noResult(
                        rule,
                        began,
                        "No inhibition rule '%s'%s."
                                .formatted(rule, differing == null ? "" : " with equal label " + differing));
            }
            InhibitionDrill drill = InhibitionDrill.of(inhibition, differing, id);
            fire(drill.source(), Map.of("summary", "[DRILL] source of " + rule), started);
            fire(drill.target(), Map.of("summary", "[DRILL] target of " + rule), started);
            waitFor(INHIBITION_LIMIT, () -> !mutedBy(drill).isEmpty() || isDelivered(drill));
            InhibitionResult result = new InhibitionResult(
                    rule,
                    !mutedBy(drill).isEmpty(),
                    mutedBy(drill),
                    isDelivered(drill),
                    Duration.ofNanos(System.nanoTime() - began),
                    null);
            // The source last, or the target would fire unmuted for a moment.
            resolve(drill.target(), Map.of(), started);
            resolve(drill.source(), Map.of(), started);
            return result;
        } catch (NotConfigured | PeerUnavailable e) {
            return noResult(rule, began, String.valueOf(e.getMessage()));
        }
    }

    private static InhibitionResult noResult(String rule, long began, String problem) {
        return new InhibitionResult(
                rule, false, List.of(), false, Duration.ofNanos(System.nanoTime() - began), problem);
    }

    private List<String> mutedBy(InhibitionDrill drill) {
        return receipts.mutings().stream()
                .filter(muted -> muted.labels().equals(drill.target()))
                .flatMap(muted -> muted.rules().stream())
                .distinct()
                .toList();
    }

    private boolean isDelivered(InhibitionDrill drill) {
        return receipts.deliveries().stream().anyMatch(one -> one.alerts().contains(drill.target()));
    }

    private void fire(Map<String, String> labels, Map<String, String> annotations, Instant from) {
        alertmanager.post(List.of(new PostedAlert(
                labels, annotations, from.toString(), from.plus(LASTS).toString())));
    }

    private void resolve(Map<String, String> labels, Map<String, String> annotations, Instant from) {
        alertmanager.post(List.of(new PostedAlert(
                labels, annotations, from.toString(), clock.instant().toString())));
    }

    private String newId() {
        return Long.toString(clock.millis(), 36) + "-" + number.incrementAndGet();
    }

    private static void waitFor(Duration limit, java.util.function.BooleanSupplier done) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!done.getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }
}
