package dev.sidecar.alerts;

import dev.sidecar.alerts.SidecarServer.DrilledChannel;
import dev.sidecar.alerts.SidecarServer.RouteDrill;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Has the sidecar drill routes side by side, and prints each as it ends: one that does not deliver holds up no other. */
final class RouteTests {

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PROGRESS = Duration.ofSeconds(15);

    private final SidecarServer sidecar;
    private final PrintStream out;
    /** The routes that wait for their drill to begin. */
    private final List<String> waiting = new ArrayList<>();
    /** The ids of the drills that run, by route. */
    private final Map<String, String> running = new LinkedHashMap<>();

    RouteTests(SidecarServer sidecar, PrintStream out) {
        this.sidecar = sidecar;
        this.out = out;
    }

    /** Waits until every drill has ended. @return whether every channel of every route delivered */
    boolean run(List<String> routes) throws InterruptedException {
        waiting.addAll(routes.stream().distinct().toList());
        boolean all = true;
        long began = System.nanoTime();
        long told = began;
        while (true) {
            begin();
            all &= end();
            if (waiting.isEmpty() && running.isEmpty()) {
                return all;
            }
            long now = System.nanoTime();
            if (now - told >= PROGRESS.toNanos()) {
                told = now;
                out.println("… after %d s still open: %s"
                        .formatted(Duration.ofNanos(now - began).toSeconds(), String.join(", ", open())));
            }
            Thread.sleep(POLL.toMillis());
        }
    }

    private List<String> open() {
        List<String> open = new ArrayList<>(running.keySet());
        waiting.forEach(route -> open.add(route + " (waits for the pause between two drills)"));
        return open;
    }

    private void begin() {
        for (Iterator<String> routes = waiting.iterator(); routes.hasNext(); ) {
            String route = routes.next();
            Optional<String> id = sidecar.startDrill(route);
            if (id.isPresent()) {
                out.println(route + ": sent, waiting …");
                running.put(route, id.get());
                routes.remove();
            }
        }
    }

    private boolean end() {
        boolean all = true;
        for (Iterator<Map.Entry<String, String>> drills = running.entrySet().iterator(); drills.hasNext(); ) {
            Map.Entry<String, String> each = drills.next();
            RouteDrill drill = sidecar.drill(each.getValue());
            if (drill.finished() != null) {
                drills.remove();
                all &= print(each.getKey(), drill);
            }
        }
        return all;
    }

    private boolean print(String route, RouteDrill drill) {
        out.println(route + ":");
        if (drill.problem() != null) {
            out.println("  " + drill.problem());
            return false;
        }
        drill.channels().forEach(channel -> out.println(channel.line()));
        if (drill.channels().isEmpty()) {
            out.println("  this route has no channel: nobody is notified");
        }
        return !drill.channels().isEmpty() && drill.channels().stream().allMatch(DrilledChannel::delivered);
    }
}
