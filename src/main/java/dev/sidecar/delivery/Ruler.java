package dev.sidecar.delivery;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.peers.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Brings rules to a ruler that takes them over HTTP: Mimir, Cortex, Grafana Cloud.
 *
 * @see <a href="https://grafana.com/docs/mimir/latest/references/http-api/#ruler-rules">Ruler rules</a>
 */
final class Ruler {

    /** As many rules in a group as Mimir takes from a tenant without limits of its own. */
    static final int MOST_RULES = 20;

    private static final int NOT_FOUND = 404;
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.-]{1,100}");
    private static final MediaType YAML = MediaType.parseMediaType("application/yaml");

    private final Peer ruler;
    private final String path;
    private final String namespace;

    Ruler(Peer ruler, String namespace) {
        if (!PLAIN.matcher(namespace).matches()) {
            throw new CommandFailure(2, "--namespace must match " + PLAIN + ".");
        }
        this.ruler = ruler;
        this.namespace = namespace;
        this.path = "/config/v1/rules/" + namespace;
    }

    /**
     * Sends every group and reads them back.
     *
     * @param prune deletes groups of this namespace that we do not have
     * @return names of groups in this namespace that we do not have
     * @throws CommandFailure if a group is not there afterwards as it was sent
     */
    Set<String> deliver(RuleGroups groups, boolean prune) {
        Map<String, Map<String, Object>> ours = groups.groups(MOST_RULES);
        ours.values()
                .forEach(group ->
                        ruler.send(HttpMethod.POST, path, YAML, Shipped.yaml().dump(group)));
        Map<String, List<List<Object>>> there = there();
        ours.forEach((name, group) -> {
            if (!essences(group).equals(there.get(name))) {
                throw new CommandFailure(
                        "%s took group %s and does not have it as it was sent.".formatted(ruler.name(), name));
            }
        });
        Set<String> others = new TreeSet<>(there.keySet());
        others.removeAll(ours.keySet());
        if (prune) {
            others.stream().filter(name -> PLAIN.matcher(name).matches()).forEach(name -> {
                int status = ruler.delete(path + "/" + name);
                if (status >= 300 && status != NOT_FOUND) {
                    throw new CommandFailure(
                            "%s answered %d when group %s was to be deleted.".formatted(ruler.name(), status, name));
                }
            });
        }
        return others;
    }

    private Map<String, List<List<Object>>> there() {
        Map<String, List<List<Object>>> there = new HashMap<>();
        try {
            Object answer = Shipped.yaml().load(ruler.text(path));
            for (Map<?, ?> group : RuleGroups.maps(RuleGroups.strings(answer).get(namespace))) {
                there.put(String.valueOf(group.get("name")), essences(group));
            }
        } catch (YAMLException | ClassCastException e) {
            throw new CommandFailure(
                    "%s does not say which rules it has in namespace %s.".formatted(ruler.name(), namespace));
        }
        return there;
    }

    private static List<List<Object>> essences(Map<?, ?> group) {
        List<List<Object>> rules = new ArrayList<>();
        RuleGroups.maps(group.get("rules"))
                .forEach(rule -> rules.add(RuleGroups.Rule.ofFile(rule).essence()));
        return rules;
    }
}
