package dev.sidecar.proofs;

import dev.sidecar.peers.NotConfigured;
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

    IsolationProof(ProofsProperties properties) {
        this.report = properties.preflightReport();
    }

    @Override
    public Claim claim() {
        return new Claim(
                "SEC-4",
                Area.SECURITY,
                "Every service of the stack is pinned, not root, without privileges, limited in memory and processor time.",
                Duration.ofMinutes(30));
    }

    @Override
    public Finding prove() throws IOException {
        if (report == null) {
            throw new NotConfigured(
                    "There is no stack's report: set sidecar.proofs.preflight-report to what preflight wrote.");
        }
        if (!Files.isReadable(report)) {
            return Finding.inconclusive("%s cannot be read: has preflight run?", report);
        }
        JsonNode services =
                JsonMapper.shared().readTree(Files.readString(report)).path("services");
        List<String> wrong = new ArrayList<>();
        for (JsonNode service : services) {
            faults(service, wrong);
        }
        if (services.isEmpty()) {
            return Finding.inconclusive("%s lists no services.", report);
        }
        return (wrong.isEmpty()
                        ? Finding.held("%d services are pinned, not root, closed and limited.", services.size())
                        : Finding.broken("%d faults: %s.", wrong.size(), String.join("; ", wrong)))
                .with(wrong);
    }

    private static void faults(JsonNode service, List<String> wrong) {
        String name = service.path("service").asString("?");
        if (service.path("root").asBoolean(false)) {
            wrong.add(name + " runs as root");
        }
        if (!service.path("pinned").asBoolean(false)) {
            wrong.add(name + " is not pinned: " + service.path("image").asString(""));
        }
        if (!service.path("noNewPrivileges").asBoolean(false)) {
            wrong.add(name + " may gain privileges");
        }
        if (!service.path("limited").asBoolean(false)) {
            wrong.add(name + " has no limits");
        }
    }
}
