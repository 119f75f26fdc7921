package dev.sidecar.proofs.dashboards;

import dev.sidecar.grafana.Grafana;
import dev.sidecar.grafana.Opening;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

final class DashboardOpeningsProof implements Proof {

    private final Grafana grafana;

    DashboardOpeningsProof(Grafana grafana) {
        this.grafana = grafana;
    }

    @Override
    public Claim claim() {
        return new Claim(
                "DSH-3",
                Area.DASHBOARDS,
                "Every dashboard opens with the last 6 hours, refreshes every 30 s, and links only to dashboards that exist.",
                Duration.ofHours(1));
    }

    @Override
    public Finding prove() {
        List<Opening> openings = grafana.openings();
        Set<String> there = openings.stream().map(Opening::uid).collect(Collectors.toSet());
        List<String> wrong = new ArrayList<>();
        int links = 0;
        for (Opening opening : openings) {
            if (!opening.refresh().equals("30s") || !opening.from().equals("now-6h")) {
                wrong.add("%s opens with '%s' and refreshes every '%s'"
                        .formatted(opening.title(), opening.from(), opening.refresh()));
            }
            links += opening.leadsTo().size();
            Set<String> nowhere = new TreeSet<>(opening.leadsTo());
            nowhere.removeAll(there);
            nowhere.forEach(
                    uid -> wrong.add("%s links to /d/%s, which does not exist".formatted(opening.title(), uid)));
        }
        if (openings.isEmpty()) {
            return Finding.broken("Grafana has no dashboards.");
        }
        return wrong.isEmpty()
                ? Finding.held(
                        "%d dashboards open with the last 6 hours and refresh every 30 s; their %d links to dashboards all work.",
                        openings.size(), links)
                : Finding.broken("%s.", String.join("; ", wrong)).with(wrong);
    }
}
