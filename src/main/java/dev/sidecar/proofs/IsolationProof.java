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
                "Every service of the stack is pinned, limited in memory and processor time, without privileges, and not root; one that has"
                        + " to be root has no capability and a root file system that it cannot write.",
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
        List<String> harmless = new ArrayList<>();
        for (JsonNode service : services) {
            faults(service, wrong);
            if (service.path("root").asBoolean(false) && isPowerless(service)) {
                harmless.add(service.path("service").asString("?"));
            }
        }
        if (services.isEmpty()) {
            return Finding.inconclusive("%s lists no services.", report);
        }
        return (wrong.isEmpty()
                        ? Finding.held(
                                "%d services are pinned, closed and limited; user 0, without any capability: %s.",
                                services.size(), harmless.isEmpty() ? "none" : Words.list(harmless))
                        : Finding.broken("%d faults: %s.", wrong.size(), String.join("; ", wrong)))
                .with(wrong);
    }

    /** Root in name only: it owns files that belong to root and can do nothing else with that. */
    private static boolean isPowerless(JsonNode service) {
        return service.path("capabilities").isArray()
                && service.path("capabilities").isEmpty()
                && service.path("readOnly").asBoolean(false);
    }

    private static void faults(JsonNode service, List<String> wrong) {
        String name = service.path("service").asString("?");
        if (service.path("root").asBoolean(false) && !isPowerless(service)) {
            wrong.add(name + " runs as root");
        }
        if (!service.path("pinned").asBoolean(false)) {
            wrong.add(name + " is not pinned: " + service.path("image").asString(""));
        }
        if (!service.path("noNewPrivileges").asBoolean(false)) {
            wrong.add(name + " may gain privileges");
        }
        if (!service.path("closed").asBoolean(false)) {
            wrong.add(name + " is privileged, in the host's network, or has Docker's socket");
        }
        if (!service.path("limited").asBoolean(false)) {
            wrong.add(name + " has no limits");
        }
    }
}
