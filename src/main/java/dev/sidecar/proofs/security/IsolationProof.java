package dev.sidecar.proofs.security;

import dev.sidecar.peers.NotConfigured;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class IsolationProof implements Proof {

    private final @Nullable Path report;

    IsolationProof(SecurityProofsProperties properties) {
        this.report = properties.preflightReport();
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-4",
                Area.SECURITY,
                "Every service of the stack is pinned, limited and unprivileged, and the edge cannot reach the data.",
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() throws IOException {
        if (report == null) {
            throw new NotConfigured(
                    "No report of the stack: set sidecar.proofs.preflight-report to the file that preflight wrote.");
        }
        if (!Files.isReadable(report)) {
            return Finding.inconclusive("Cannot read %s: has preflight run?", report);
        }
        JsonNode services =
                JsonMapper.shared().readTree(Files.readString(report)).path("services");
        if (services.isEmpty()) {
            return Finding.inconclusive("%s lists no services.", report);
        }
        List<String> wrong = new ArrayList<>();
        List<String> root = new ArrayList<>();
        for (JsonNode service : services) {
            String name = service.path("service").asString("?");
            if (!service.has("weaknesses")) {
                return Finding.inconclusive("%s has no result for %s: run preflight again.", report, name);
            }
            service.get("weaknesses").forEach(weakness -> wrong.add(name + ": " + weakness.asString()));
            if (service.path("root").asBoolean(false)) {
                root.add(name);
            }
        }
        return wrong.isEmpty()
                ? Finding.held(
                        "%d services are pinned, isolated and limited, without capabilities; user 0: %s.",
                        services.size(), root.isEmpty() ? "none" : String.join(", ", root))
                : Finding.broken("%d weaknesses: %s.", wrong.size(), String.join("; ", wrong))
                        .with(wrong);
    }
}
