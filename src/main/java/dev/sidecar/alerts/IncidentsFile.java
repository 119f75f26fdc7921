package dev.sidecar.alerts;

import dev.sidecar.alerts.Incident.Told;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps what is known of incidents over a restart, so that nobody is told twice and no receipt is missed that was there. A file that cannot
 * be read or written costs that memory and nothing else.
 */
final class IncidentsFile {

    private static final Logger log = LoggerFactory.getLogger(IncidentsFile.class);
    /** Two thousand alerts with long labels. */
    private static final int LONGEST = 4 * 1024 * 1024;

    private final Path file;

    IncidentsFile(Path file) {
        this.file = file;
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
        if (!Files.exists(file)) {
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LONGEST + 1);
            if (bytes.length > LONGEST) {
                throw new IOException("it is longer than " + LONGEST + " bytes");
            }
            JsonMapper.shared()
                    .readValue(bytes, Content.class)
                    .incidents()
                    .forEach(kept -> incidents.add(kept.incident()));
        } catch (IOException | JacksonException | NullPointerException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.getMessage())
                    .log("receipts of alerts not read; what fires now counts as unconfirmed until it is repeated");
        }
    }

    void write(Incidents incidents) {
        Content content = new Content(incidents.all().stream().map(Kept::of).toList());
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
            Files.deleteIfExists(unfinished);
            Files.createFile(
                    unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(unfinished, JsonMapper.shared().writeValueAsBytes(content));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .log(
                            "receipts of alerts not kept; after a restart they count as unconfirmed until they are repeated");
        }
    }
}
