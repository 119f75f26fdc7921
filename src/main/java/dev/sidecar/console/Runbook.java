package dev.sidecar.console;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Emphasis;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.jspecify.annotations.Nullable;

/**
 * Turns a page of the runbooks into HTML. Where it names a dashboard, the name is a link to it, with the stack, host and service of the
 * alert and its time filled in: nobody chooses them by hand at night.
 */
final class Runbook {

    /** The dashboards by the names that runbooks use. */
    static final Map<String, String> DASHBOARDS = Map.of(
            "Operational health", "overview",
            "API and edge", "api",
            "PostgreSQL", "postgres",
            "Redis", "redis",
            "Host", "host",
            "Logs", "logs",
            "Backups and restores", "backups",
            "Alerts and deliveries", "alerts",
            "Sidecar and JVM", "sidecar",
            "The cost of watching", "stack");

    private static final Parser PARSER = Parser.builder().build();
    private static final HtmlRenderer RENDERER =
            HtmlRenderer.builder().escapeHtml(true).sanitizeUrls(true).build();

    private Runbook() {}

    /**
     * Renders a page.
     *
     * @param grafana where people open dashboards; null if there is none, and then no name is a link
     * @param labels the labels of the alert; of these, stack, host and service choose what a dashboard shows
     * @param from the beginning of the time that a dashboard shows; it ends now
     */
    static String html(String markdown, @Nullable URI grafana, Map<String, String> labels, Instant from) {
        Node page = PARSER.parse(markdown);
        if (grafana != null) {
            page.accept(new AbstractVisitor() {
                @Override
                public void visit(Emphasis emphasis) {
                    String uid = emphasis.getPrevious() instanceof Text before
                                    && before.getLiteral().matches("(?s).*[Dd]ashboard ")
                                    && emphasis.getFirstChild() instanceof Text title
                            ? DASHBOARDS.get(title.getLiteral())
                            : null;
                    if (uid != null) {
                        Link link = new Link(dashboard(grafana, uid, labels, from), null);
                        emphasis.insertBefore(link);
                        link.appendChild(emphasis);
                    }
                }
            });
        }
        return RENDERER.render(page);
    }

    /** The address of a dashboard with what is chosen at its top. */
    static String dashboard(URI grafana, String uid, Map<String, String> labels, Instant from) {
        Map<String, String> chosen = new LinkedHashMap<>();
        for (String label : new String[] {"stack", "host", "service"}) {
            String value = labels.get(label);
            if (value != null) {
                chosen.put("var-" + label, value);
            }
        }
        chosen.put("from", String.valueOf(from.toEpochMilli()));
        chosen.put("to", "now");
        return grafana.toString().replaceAll("/+$", "") + "/d/" + uid + "?"
                + chosen.entrySet().stream()
                        .map(choice -> choice.getKey() + "="
                                + URLEncoder.encode(choice.getValue(), StandardCharsets.UTF_8)
                                        .replace("+", "%20"))
                        .collect(Collectors.joining("&"));
    }
}
