package dev.sidecar.prometheus;

import dev.sidecar.prometheus.PlantedFaults.Fault;
import dev.sidecar.prometheus.PlantedFaults.Planted;
import dev.sidecar.prometheus.RulesInTime.Episode;
import dev.sidecar.support.FreePort;
import dev.sidecar.support.PrometheusServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;

/**
 * Some time of a small team, made from a seed, with faults planted into it, and what the shipped rules told of it. Neither inhibition
 * nor grouping counts in favour of the rules; the silences of announced deploys do.
 */
record SimulatedYear(long seed, int days, List<Told> told, List<Episode> falsePages, List<Episode> falseWarnings) {

    /** A Monday, long enough ago: Prometheus takes nothing of the future. */
    static final Instant BEGIN = Instant.parse("2021-03-01T00:00:00Z");

    private static final long DAY = 86_400;
    private static final long STEP = 60;

    /** A planted fault and after how many seconds people were told of it, or {@link #NEVER}. */
    record Told(Planted planted, long after) {
        static final long NEVER = -1;

        Fault fault() {
            return planted.fault();
        }

        boolean inTime() {
            return after != NEVER && after <= fault().within();
        }

        @Override
        public String toString() {
            return "%s, planted at %s, told after %d s (limit %d s)"
                    .formatted(fault(), Instant.ofEpochSecond(planted.from()), after, fault().within());
        }
    }

    /** @param times how often each fault is planted */
    static SimulatedYear live(long seed, int days, int times, Path rules, Path directory) throws IOException {
        long begin = BEGIN.getEpochSecond();
        TeamLife life = new TeamLife(seed, BEGIN, days);
        Random random = new Random(seed);
        List<Fault> faults = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            faults.addAll(PlantedFaults.all());
        }
        Collections.shuffle(faults, random);
        // What lasts for days needs the most room.
        faults.sort((one, other) -> Long.compare(other.lasts() / DAY, one.lasts() / DAY));
        List<Planted> planted = PlantedFaults.plant(faults, random, BEGIN, days, life.away);
        List<TeamLife.Event> events = new ArrayList<>(life.events);
        planted.forEach(one -> events.add(one.event()));
        SmallTeam team = new SmallTeam(seed);
        life.begin(team);
        Files.createDirectories(directory);
        Path config = Files.writeString(directory.resolve("prometheus.yml"), "scrape_configs: []\n");
        try (PrometheusServer prometheus = PrometheusServer.past(config, FreePort.get())) {
            RulesInTime evaluated = new RulesInTime(prometheus, rules, STEP);
            RemoteWrite write = new RemoteWrite();
            for (long from = begin; from < begin + days * DAY; from += DAY) {
                long until = from + DAY;
                long midnight = from;
                List<TeamLife.Event> today = events.stream()
                        .filter(event -> event.from() < until && event.until() > midnight)
                        .toList();
                team.live(until, now -> today.forEach(event -> event.apply(now)));
                team.writeTo(write);
                write.send(prometheus.address());
                evaluated.evaluate(
                        from, until, at -> life.off.stream().noneMatch(off -> off.from() <= at && at < off.until()));
            }
            return judged(seed, days, life, planted, evaluated.episodes(begin + days * DAY));
        }
    }

    private static SimulatedYear judged(
            long seed, int days, TeamLife life, List<Planted> planted, List<Episode> episodes) throws IOException {
        List<Told> told =
                planted.stream().map(one -> new Told(one, after(one, episodes))).toList();
        List<Episode> unexplained = episodes.stream()
                .filter(episode -> planted.stream().noneMatch(one -> one.explains(episode)))
                .toList();
        List<String> silenced = silenced();
        return new SimulatedYear(
                seed,
                days,
                told,
                unexplained.stream()
                        .filter(episode -> episode.severity().equals("critical"))
                        .filter(episode -> !silenced.contains(episode.alert())
                                || life.maintenances.stream()
                                        .noneMatch(
                                                one -> one.from() <= episode.from() && episode.until() <= one.until()))
                        .toList(),
                unexplained.stream()
                        .filter(episode -> !episode.severity().equals("critical"))
                        .toList());
    }

    static long after(Planted one, List<Episode> episodes) {
        return episodes.stream()
                .filter(episode -> one.fault().isOf(episode)
                        && episode.severity().equals(one.fault().severity()))
                // What fired before fires for another reason and tells nobody anything new.
                .filter(episode -> episode.from() >= one.from()
                        && episode.from() < one.from() + one.fault().lasts())
                .mapToLong(episode -> episode.from() - one.from() + PlantedFaults.WAY)
                .min()
                .orElse(Told.NEVER);
    }

    /** An announced deploy silences these, as the sidecar is shipped. */
    static List<String> silenced() throws IOException {
        PropertySource<?> settings = new YamlPropertySourceLoader()
                .load("application", new ClassPathResource("application.yml"))
                .get(0);
        return List.of(String.valueOf(settings.getProperty("sidecar.maintenance.alerts"))
                .split(","));
    }

    /** The false pages a month. */
    double falsePagesAMonth() {
        return falsePages.size() * 30.0 / days;
    }

    List<Told> late() {
        return told.stream().filter(one -> !one.inTime()).toList();
    }
}
