package dev.sidecar.demo;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The page of the demo: breaks things, and shows which proofs break, which alerts fire, and every mail and chat message as it arrives. It
 * listens on the loopback address and takes no command from a page of another origin.
 */
final class DemoPage implements AutoCloseable {

    /** A server needs some time to stop or start, and exporters are asked only now and then. */
    private static final int[] PROVEN_AFTER = {0, 10, 25, 45};

    private static final int MOST_BYTES = 1_000_000;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss z", Locale.ROOT).withZone(ZoneId.systemDefault());

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(4, work -> {
        Thread thread = new Thread(work, "demo-page");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "demo-proofs");
        thread.setDaemon(true);
        return thread;
    });
    private final Inbox inbox;
    private final int port;
    private volatile @Nullable Faults faults;
    private volatile @Nullable SidecarReport sidecar;
    private volatile String told = "";

    DemoPage(int port, Inbox inbox) {
        this.port = port;
        this.inbox = inbox;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new IllegalStateException("Port %d is taken by another program.".formatted(port), e);
        }
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    String url() {
        return "http://localhost:" + port;
    }

    /** Where Alertmanager sends its chat messages. */
    String chatUrl() {
        return "http://127.0.0.1:" + port + "/chat";
    }

    /** From now on things can be broken, and the report is shown. */
    void show(Faults toBreak, SidecarReport report) {
        this.faults = toBreak;
        this.sidecar = report;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (!isForThisPage(exchange.getRequestHeaders())) {
                send(exchange, 403, "text/plain", "This page is for this machine.\n");
            } else if (path.equals("/chat") && exchange.getRequestMethod().equals("POST")) {
                chat(exchange);
            } else if (path.equals("/break") || path.equals("/repair")) {
                command(exchange, path.equals("/break"));
            } else if (path.equals("/live.js")) {
                send(exchange, 200, "text/javascript", LIVE);
            } else if (path.equals("/")) {
                send(exchange, 200, "text/html", page());
            } else {
                send(exchange, 404, "text/plain", "There is only one page.\n");
            }
        }
    }

    /** The name keeps out pages that let theirs lead here; the origin keeps out forms of foreign pages. */
    private boolean isForThisPage(Headers headers) {
        String host = headers.getFirst("Host");
        String origin = headers.getFirst("Origin");
        List<String> own = List.of("localhost:" + port, "127.0.0.1:" + port);
        return own.contains(host) && (origin == null || origin.equals("http://" + host));
    }

    private void chat(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES);
        try {
            JsonNode message =
                    JsonMapper.shared().readTree(body).path("attachments").path(0);
            inbox.chat(message.path("title").asString(""), message.path("text").asString(""));
            send(exchange, 200, "text/plain", "ok");
        } catch (JacksonException e) {
            send(exchange, 400, "text/plain", "not JSON");
        }
    }

    private void command(HttpExchange exchange, boolean toBreak) throws IOException {
        Faults things = faults;
        Optional<Fault> fault = Arrays.stream(Fault.values())
                .filter(each ->
                        ("what=" + each.word()).equals(exchange.getRequestURI().getRawQuery()))
                .findFirst();
        if (!exchange.getRequestMethod().equals("POST") || fault.isEmpty()) {
            send(exchange, 400, "text/plain", "POST /break?what=database, api or backup.\n");
            return;
        }
        if (things == null) {
            send(exchange, 503, "text/plain", "It is still starting.\n");
            return;
        }
        told = toBreak ? things.breakNow(fault.get()) : things.repair(fault.get());
        SidecarReport report = sidecar;
        if (report != null) {
            for (int seconds : PROVEN_AFTER) {
                later.schedule(() -> report.prove(fault.get().proofs()), seconds, TimeUnit.SECONDS);
            }
        }
        if ("text/plain".equals(exchange.getRequestHeaders().getFirst("Accept"))) {
            send(exchange, 200, "text/plain", told + "\nWatch it at " + url() + "\n");
        } else {
            exchange.getResponseHeaders().set("Location", "/");
            exchange.sendResponseHeaders(303, -1);
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.getResponseHeaders()
                .set(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private String page() {
        StringBuilder html = new StringBuilder(HEAD);
        html.append(
                        "<h1>Break something</h1><p class=soft>Everything here is real but the shop: PostgreSQL, Prometheus, Alertmanager, the shipped rules and routes. Only time runs ")
                .append(Watching.HURRY)
                .append(" times faster. This page keeps itself up to date.</p><div id=told role=status>");
        if (!told.isEmpty()) {
            html.append("<p class=told>").append(escaped(told)).append("</p>");
        }
        html.append("</div><div id=faults class=faults>");
        for (Fault fault : Fault.values()) {
            fault(fault, html);
        }
        html.append("</div><div id=report>");
        report(html);
        html.append("</div><h2>Inbox</h2><div id=inbox>");
        List<Inbox.Message> messages = inbox.messages();
        if (messages.isEmpty()) {
            html.append(
                    "<p class=soft>No mail and no chat message yet. The first are the drills of the alert routes, marked [DRILL].</p>");
        }
        for (Inbox.Message message : messages) {
            html.append("<details><summary><time>%s</time> <b class=channel>%s</b> %s</summary><pre>%s</pre></details>"
                    .formatted(
                            TIME.format(message.at()),
                            message.channel(),
                            escaped(message.subject()),
                            escaped(message.text())));
        }
        return html.append("</div></main></body></html>").toString();
    }

    private void fault(Fault fault, StringBuilder html) {
        Faults things = faults;
        Optional<java.time.Instant> since = things == null ? Optional.empty() : things.since(fault);
        html.append("<form method=post action=\"/%s?what=%s\" class=\"%s\"><h3>%s</h3><p>%s</p>"
                .formatted(
                        since.isPresent() ? "repair" : "break",
                        fault.word(),
                        since.isPresent() ? "on" : "",
                        escaped(fault.title()),
                        escaped(fault.story())));
        html.append("<p><button id=%s %s>%s</button> <code>./run %s %s</code></p></form>"
                .formatted(
                        fault.word(),
                        things == null ? "disabled" : "",
                        since.map(when -> "Repair (broken since " + TIME.format(when) + ")")
                                .orElse("Break it"),
                        since.isPresent() ? "repair" : "break",
                        fault.word()));
    }

    private void report(StringBuilder html) {
        SidecarReport report = sidecar;
        if (report == null) {
            html.append("<p class=soft>The sidecar is starting.</p>");
            return;
        }
        SidecarReport.State state = report.state();
        html.append("<h2>Proofs</h2><p><b>%s</b> · <a href=\"%s\">all of them</a></p>"
                .formatted(escaped(state.headline()), report.url()));
        for (String broken : state.broken()) {
            html.append("<p class=bad>").append(escaped(broken)).append("</p>");
        }
        html.append("<h2>Alerts</h2>");
        if (state.firing().isEmpty()) {
            html.append("<p class=soft>No alerts firing.</p>");
        }
        for (String firing : state.firing()) {
            html.append("<p class=bad>").append(escaped(firing)).append("</p>");
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        later.shutdownNow();
    }

    /** Replaces what changed and nothing else, so that a mail that somebody reads stays open and the keyboard stays where it is. */
    private static final String LIVE = """
            const seen = {};
            async function look() {
              try {
                const page = new DOMParser().parseFromString(await (await fetch('/')).text(), 'text/html');
                for (const id of ['told', 'faults', 'report']) {
                  const fresh = page.getElementById(id).innerHTML;
                  if (fresh !== seen[id]) {
                    const focused = document.activeElement.id;
                    document.getElementById(id).innerHTML = fresh;
                    if (focused) document.getElementById(focused)?.focus();
                  }
                  seen[id] = fresh;
                }
                const inbox = document.getElementById('inbox');
                const fresh = page.getElementById('inbox');
                if (fresh.innerHTML !== seen.inbox) {
                  const known = new Map([...inbox.querySelectorAll('details')].map(each => [each.textContent, each]));
                  inbox.replaceChildren(...[...fresh.children].map(each => known.get(each.textContent) ?? each));
                }
                seen.inbox = fresh.innerHTML;
              } catch (e) { /* It has ended, or is about to start again. */ }
              setTimeout(look, 3000);
            }
            setTimeout(look, 3000);
            """;

    private static final String HEAD = """
            <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><noscript><meta http-equiv="refresh" content="3"></noscript><script src="/live.js" defer></script><title>Demo · Sidecar</title><style>
            body { font: 16px/1.5 system-ui, sans-serif; margin: 0; } main { max-width: 64rem; margin: 0 auto; padding: 1rem; }
            .faults { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); }
            form { border: 1px solid #8888; border-radius: .6rem; padding: 0 1rem; } form.on { border-color: #b91c1c; border-width: 2px; }
            button { font: inherit; padding: .4rem .9rem; } .soft { opacity: .75; } .bad { border-left: .3rem solid #b91c1c; padding-left: .75rem; overflow-wrap: anywhere; }
            .told { border-left: .3rem solid #15803d; padding-left: .75rem; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
            details { border-bottom: 1px solid #8884; padding: .3rem 0; } summary { overflow-wrap: anywhere; } .channel { font-weight: 600; opacity: .75; }
            </style></head><body><main>""";
}
