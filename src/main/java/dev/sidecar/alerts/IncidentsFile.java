package dev.sidecar.alerts;

import dev.sidecar.alerts.Incident.Told;
import dev.sidecar.kept.KeptFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Keeps what is known of incidents over a restart, so that nobody is told twice and no receipt is missed that was there. */
final class IncidentsFile {

    /** Two thousand alerts with long labels. */
    private static final int LONGEST = 4 * 1024 * 1024;

    private final KeptFile<Content> file;

    IncidentsFile(Path file) {
        this.file = new KeptFile<>(
                file,
                Content.class,
                LONGEST,
                "receipts of alerts",
                "what fires counts as unconfirmed until it is repeated");
    }

    private record Receipt(Channel channel, Instant began) {}

    private record Direct(Told told, Instant at) {}

    private record Kept(
            Map<String, String> labels,
            Instant began,
            Instant since,
            Instant lastSeen,
            Instant lastMuted,
            List<Receipt> receipts,
            List<Direct> direct) {

        static Kept of(Incident incident) {
            return new Kept(
                    incident.labels,
                    incident.began,
                    incident.since,
                    incident.lastSeen,
                    incident.lastMuted,
                    incident.told.entrySet().stream()
                            .map(one -> new Receipt(one.getKey(), one.getValue()))
                            .toList(),
                    incident.toldDirectly.entrySet().stream()
                            .map(one -> new Direct(one.getKey(), one.getValue()))
                            .toList());
        }

        Incident incident() {
            Incident incident = new Incident(Map.copyOf(labels), began, lastSeen);
            incident.since = since;
            incident.lastMuted = lastMuted;
            receipts.forEach(receipt -> incident.toldBy(receipt.channel(), receipt.began()));
            direct.forEach(one -> incident.toldDirectly.put(one.told(), one.at()));
            return incident;
        }
    }

    private record Content(List<Kept> incidents) {}

    void readInto(Incidents incidents) {
        file.read(content -> content.incidents().stream().map(Kept::incident).toList())
                .ifPresent(all -> all.forEach(incidents::add));
    }

    void write(Incidents incidents) {
        file.write(new Content(incidents.all().stream().map(Kept::of).toList()));
    }
}
