package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.stack.ComposeStack.Result;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the sidecar of a running stack for its word on each proof. */
final class Verdicts {

    /** They measure time, memory or load, which on a machine that runs tests says nothing of the product. */
    private static final Set<String> MEASURED = Set.of("LOG-6", "MET-5", "PRF-1", "PRF-2");

    private final ComposeStack stack;

    Verdicts(ComposeStack stack) {
        this.stack = stack;
    }

    /**
     * Waits until every proof has the verdict that is expected of it; those that are not named hold. Then has everything drilled once
     * more and expects the same.
     *
     * @param exitCode of that report, if none of those that measure is broken
     * @param others HELD, BROKEN, INCONCLUSIVE, or OFF for what is not configured
     */
    void awaitAllHeldBut(Map<String, String> others, int exitCode) {
        await().atMost(Duration.ofMinutes(12))
                .pollInterval(Duration.ofSeconds(10))
                .untilAsserted(() -> assertNotHeld(report("report", "--json"), others));

        Result proven = stack.exec("sidecar", "sidecar", "report", "--prove-now", "--json");

        assertNotHeld(proven, others);
        assertThat(proven.exitCode()).as(proven.all()).isEqualTo(isMeasuredBroken(proven) ? 10 : exitCode);
    }

    /** Then the exit code has to say so, whatever was expected of the others. */
    private static boolean isMeasuredBroken(Result result) {
        for (JsonNode proof : JsonMapper.shared().readTree(result.out()).get("proofs")) {
            if (MEASURED.contains(proof.get("id").asString())
                    && proof.get("verdict").asString().equals("BROKEN")) {
                return true;
            }
        }
        return false;
    }

    private Result report(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "sidecar";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return stack.exec("sidecar", command);
    }

    private static void assertNotHeld(Result result, Map<String, String> expected) {
        JsonNode report = JsonMapper.shared().readTree(result.out());
        Map<String, String> notHeld = new TreeMap<>();
        StringBuilder evidence = new StringBuilder();
        for (JsonNode proof : report.get("proofs")) {
            String verdict =
                    proof.get("applicable").asBoolean() ? proof.get("verdict").asString() : "OFF";
            String id = proof.get("id").asString();
            if (!verdict.equals("HELD") && !MEASURED.contains(id)) {
                notHeld.put(id, verdict);
                evidence.append(id)
                        .append(": ")
                        .append(proof.get("evidence").asString())
                        .append('\n');
            }
        }
        for (JsonNode waiting : report.get("waiting")) {
            notHeld.put(waiting.asString(), "WAITING");
        }
        assertThat(notHeld).as(evidence.toString()).isEqualTo(new TreeMap<>(expected));
    }
}
