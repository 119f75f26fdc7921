package dev.sidecar.grafana;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The state in which a dashboard opens.
 *
 * @param uid its id in URLs
 * @param title its title
 * @param refresh its refresh interval, such as {@code 30s}
 * @param from the start of its time range, such as {@code now-6h}
 * @param leadsTo the uids of the dashboards that it links to
 */
public record Opening(String uid, String title, String refresh, String from, Set<String> leadsTo) {

    private static final Pattern LINK = Pattern.compile("/d/([A-Za-z0-9_-]+)");

    static Opening of(String uid, String title, JsonNode model) {
        Set<String> leadsTo = new TreeSet<>();
        Matcher link = LINK.matcher(model.toString());
        while (link.find()) {
            leadsTo.add(link.group(1));
        }
        return new Opening(
                uid,
                title,
                model.path("refresh").asString(""),
                model.path("time").path("from").asString(""),
                leadsTo);
    }
}
