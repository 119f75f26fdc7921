package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;

/** Lets Prometheus, or a program with the same two paths such as vmalert, read files of rules anew, and looks whether it has them. */
final class RuleFiles {

    private final Peer prometheus;

    RuleFiles(Peer prometheus) {
        this.prometheus = prometheus;
    }

    /** @throws CommandFailure naming the rules that are missing or old */
    void reload(RuleGroups groups) {
        prometheus.send(HttpMethod.POST, "/-/reload", MediaType.TEXT_PLAIN, "");
        Set<List<Object>> there = new HashSet<>();
        JsonNode answer = prometheus.get("/api/v1/rules");
        for (JsonNode group : answer.path("data").path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                Map<String, Object> annotations = new HashMap<>();
                rule.path("annotations")
                        .properties()
                        .forEach(entry ->
                                annotations.put(entry.getKey(), entry.getValue().asString("")));
                there.add(new RuleGroups.Rule(
                                rule.path("name").asString(""),
                                rule.path("query").asString(""),
                                Math.round(rule.path("duration").asDouble(0)),
                                annotations)
                        .essence());
            }
        }
        List<RuleGroups.Rule> missing = groups.rules().stream()
                .filter(rule -> !there.contains(rule.essence())
                        && !there.contains(
                                rule.written(formatted(rule.expression())).essence()))
                .toList();
        if (!missing.isEmpty()) {
            Set<String> names = new TreeSet<>();
            missing.forEach(rule -> names.add(rule.name()));
            throw new CommandFailure(
                    "%s read its configuration and does not have %d of %d rules as delivered, such as %s. Name the folder in its rule_files."
                            .formatted(
                                    prometheus.name(),
                                    missing.size(),
                                    groups.rules().size(),
                                    names.iterator().next()));
        }
    }

    /** As Prometheus itself writes an expression; as it is where the program does not change how one is written. */
    private String formatted(String expression) {
        try {
            return prometheus
                    .post("/api/v1/format_query", Map.of("query", expression))
                    .path("data")
                    .asString(expression);
        } catch (PeerUnavailable e) {
            return expression;
        }
    }
}
