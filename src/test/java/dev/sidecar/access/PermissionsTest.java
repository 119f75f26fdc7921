package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import dev.sidecar.support.LocalIssuer;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.handler.AbstractUrlHandlerMapping;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Every request that the server answers, sent by everybody. A new endpoint is red here until somebody decides whom it is for.
 */
class PermissionsTest {

    private static final String PASSWORD = "correct-horse-battery";

    /** Who is the first, from top to bottom, that is let in. */
    private enum For {
        EVERYBODY,
        VIEWER,
        OPERATOR,
        ADMIN,
        WEBHOOK
    }

    private static final String TABLE = """
            GET /                                        VIEWER
            GET /readiness                               VIEWER
            GET /readiness/changes                       VIEWER
            POST /readiness/drills                       OPERATOR
            POST /readiness/drills/{id}                  OPERATOR
            GET /reports                                 VIEWER
            POST /reports                                OPERATOR
            GET /backups                                 VIEWER
            GET /backups/tasks                           VIEWER
            POST /backups/take                           OPERATOR
            POST /backups/dumps/{source}/prove           OPERATOR
            POST /backups/{id}/verify                    OPERATOR
            POST /backups/{id}/pin                       OPERATOR
            POST /backups/{id}/clear                     OPERATOR
            GET /backups/{id}/restore                    VIEWER
            POST /backups/{id}/restore                   OPERATOR
            GET /recovery                                VIEWER
            GET /recovery/beside                         VIEWER
            POST /recovery/beside                        OPERATOR
            POST /recovery/beside/{errand}               OPERATOR
            POST /recovery/run                           OPERATOR
            GET /alerts                                  VIEWER
            GET /alerts/count                            VIEWER
            POST /alerts/drills                          OPERATOR
            POST /maintenance                            OPERATOR
            POST /maintenance/{id}/end                   OPERATOR
            GET /requests                                VIEWER
            GET /runbooks/{alert:[A-Za-z0-9]{1,80}}.md   VIEWER
            GET /login                                   EVERYBODY
            GET /api/report                              VIEWER
            GET /api/report.md                           VIEWER
            POST /api/report/drills                      OPERATOR
            POST /api/report/drills/{id}                 OPERATOR
            GET /api/reports                             VIEWER
            POST /api/reports                            OPERATOR
            GET /api/reports/{id}.html                   VIEWER
            GET /api/reports/{id}.intoto.json            VIEWER
            GET /api/backups                             VIEWER
            GET /api/backups/refused                     VIEWER
            GET /api/backups/retention                   VIEWER
            GET /api/backups/{id}                        VIEWER
            POST /api/backups                            OPERATOR
            POST /api/backups/{id}/verify                OPERATOR
            POST /api/backups/{id}/restore/plan          VIEWER
            POST /api/backups/{id}/restore               OPERATOR
            POST /api/backups/{id}/pin                   OPERATOR
            POST /api/backups/{id}/unpin                 OPERATOR
            POST /api/backups/{id}/clear                 OPERATOR
            GET /api/backups/tasks                       VIEWER
            GET /api/backups/tasks/{task}                VIEWER
            DELETE /api/backups/tasks/{task}             OPERATOR
            GET /api/alerts                              VIEWER
            GET /api/alerts/routes                       VIEWER
            POST /api/alerts/drills                      OPERATOR
            GET /api/alerts/drills/{id}                  VIEWER
            GET /api/maintenance                         VIEWER
            POST /api/maintenance                        OPERATOR
            DELETE /api/maintenance/{id}                 OPERATOR
            GET /api/tokens                              ADMIN
            POST /api/tokens                             ADMIN
            DELETE /api/tokens/{name}                    ADMIN
            POST /hooks/alerts/webhook                   WEBHOOK
            POST /hooks/alerts/events                    WEBHOOK
            GET /actuator                                ADMIN
            GET /actuator/health                         EVERYBODY
            GET /actuator/health/**                      EVERYBODY
            GET /actuator/info                           ADMIN
            GET /actuator/prometheus                     ADMIN
            ANY /error                                   EVERYBODY
            ANY /**                                      OPERATOR
            ANY /webjars/**                              EVERYBODY
            """;

    /** Somebody who sends a request. */
    private interface Sender {
        HttpResponse<String> send(String method, String path) throws Exception;
    }

    @TempDir
    static Path folder;

    private static LocalIssuer issuer;
    private static ConfigurableApplicationContext sidecar;
    private static String base;

    @BeforeAll
    static void start() {
        issuer = LocalIssuer.plain();
        sidecar = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=0",
                        "--sidecar.access.directory=" + folder.resolve("access"),
                        "--sidecar.access.admin-password=" + PASSWORD,
                        "--sidecar.access.max-failures=100",
                        "--sidecar.access.oidc.issuer=" + issuer.address(),
                        "--sidecar.access.oidc.client-id=" + LocalIssuer.CLIENT,
                        "--sidecar.access.oidc.client-secret=" + LocalIssuer.SECRET,
                        "--sidecar.access.oidc.claim=realm_access.roles",
                        "--sidecar.access.oidc.viewers=look",
                        "--sidecar.access.oidc.operators=act");
        base = "http://localhost:" + sidecar.getEnvironment().getProperty("local.server.port");
    }

    @AfterAll
    static void stop() {
        sidecar.close();
        issuer.close();
    }

    @Test
    void everyRequestIsDecidedAndTheDecisionHolds() throws Exception {
        Map<String, For> decided = table();
        assertThat(mappings()).as("requests that the server answers").isEqualTo(decided.keySet());

        Map<String, Sender> senders = new LinkedHashMap<>();
        senders.put("nobody", session(new Surfer(base), "/login"));
        senders.put("wrong password", with(basic("guess")));
        senders.put("wrong token", with("Bearer " + ApiTokens.PREFIX + "x"));
        senders.put("viewer", session(loggedIn("look"), "/readiness"));
        senders.put("viewer's token", with("Bearer " + token(Role.VIEWER)));
        senders.put("operator", session(loggedIn("act"), "/readiness"));
        senders.put("operator's token", with("Bearer " + token(Role.OPERATOR)));
        senders.put("admin", with(basic(PASSWORD)));

        List<String> wrong = new ArrayList<>();
        // What starts work comes last, so that it disturbs none of the others.
        List<String> requests = decided.keySet().stream()
                .sorted(Comparator.comparing(request -> !request.startsWith("GET")))
                .toList();
        for (String request : requests) {
            for (Map.Entry<String, Sender> sender : senders.entrySet()) {
                String[] parts = request.split(" ");
                String path = filled(parts[1]);
                boolean expected = mayBeLetIn(sender.getKey(), decided.get(request), path);
                for (String method : parts[0].equals("GET") ? List.of("GET", "HEAD") : List.of(parts[0])) {
                    HttpResponse<String> answer = sender.getValue().send(method.equals("ANY") ? "GET" : method, path);
                    if (isLetIn(answer) != expected) {
                        wrong.add("%s %s by %s: %d".formatted(method, path, sender.getKey(), answer.statusCode()));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /**
     * What somebody else's page can have a browser send in which an operator is logged in, or that remembers user and password. What is
     * mapped anew is tried without being listed here.
     */
    @Test
    void noForeignPageChangesAnything() throws Exception {
        Surfer operator = loggedIn("act");
        String othersToken = loggedIn("look").csrf();
        Map<String, UnaryOperator<HttpRequest.Builder>> forged = new LinkedHashMap<>();
        forged.put("nothing", request -> request);
        forged.put("an empty token", request -> request.header("X-CSRF-TOKEN", ""));
        forged.put("a guessed token", request -> request.header("X-CSRF-TOKEN", "0".repeat(othersToken.length())));
        forged.put("somebody else's token", request -> request.header("X-CSRF-TOKEN", othersToken));
        forged.put("another site's name", request -> request.header("Origin", "https://evil.example"));
        forged.put(
                "no site's name", request -> request.header("Origin", "null").header("Sec-Fetch-Site", "cross-site"));
        forged.put("a remembered password", request -> request.header("Authorization", basic(PASSWORD)));
        forged.put(
                "a remembered password and a site's name",
                request -> request.header("Authorization", basic(PASSWORD)).header("Origin", "https://evil.example"));
        forged.put(
                "a remembered password from a neighbour",
                request -> request.header("Authorization", basic(PASSWORD)).header("Sec-Fetch-Site", "same-site"));
        forged.put("an empty Authorization", request -> request.header("Authorization", ""));
        forged.put(
                "another method",
                request -> request.header("X-HTTP-Method-Override", "GET").header("X-Method-Override", "GET"));
        List<String> bodies = List.of(
                "text/plain {}",
                "application/x-www-form-urlencoded _csrf=" + othersToken,
                "multipart/form-data;boundary=b --b\r\nContent-Disposition:form-data;name=_csrf\r\n\r\nx\r\n--b--\r\n",
                "application/json {}");
        List<String> let = new ArrayList<>();
        Set<String> changing = new TreeSet<>(mappings());
        changing.removeIf(request -> !request.matches("(POST|PUT|PATCH|DELETE) .*"));
        assertThat(changing).hasSizeGreaterThan(25);
        changing.addAll(List.of("POST /logout", "POST /login"));
        for (String request : changing) {
            String[] parts = request.split(" ");
            String path = filled(parts[1]);
            for (var each : forged.entrySet()) {
                for (String body : each.getKey().equals("nothing") ? bodies : bodies.subList(0, 1)) {
                    String[] typed = body.split(" ", 2);
                    HttpResponse<String> answer = operator.send(each.getValue()
                            .apply(operator.to(path))
                            .header("Content-Type", typed[0])
                            .method(parts[0], BodyPublishers.ofString(typed[1])));
                    if (isLetIn(answer)) {
                        let.add("%s with %s, %s: %d".formatted(request, each.getKey(), typed[0], answer.statusCode()));
                    }
                }
            }
            HttpResponse<String> asked = operator.send(operator.to(path)
                    .header("Origin", "https://evil.example")
                    .header("Access-Control-Request-Method", parts[0])
                    .method("OPTIONS", BodyPublishers.noBody()));
            if (asked.headers().firstValue("Access-Control-Allow-Origin").isPresent()) {
                let.add(request + " may be sent by scripts of every site");
            }
        }
        assertThat(let).isEmpty();
    }

    /** A link, or an image, is a GET: what it says beside its address makes no other method of it. */
    @Test
    void noLinkIsAnotherMethod() throws Exception {
        Surfer operator = loggedIn("act");
        List<String> wrong = new ArrayList<>();
        for (String request : mappings()) {
            String[] parts = request.split(" ");
            if (parts[0].matches("POST|PUT|PATCH|DELETE")) {
                String path = filled(parts[1]);
                int plain = operator.get(path).statusCode();
                int dressed = operator.send(operator.to(path + "?_method=" + parts[0] + "&_csrf=x")
                                .header("X-HTTP-Method-Override", parts[0])
                                .header("X-HTTP-Method", parts[0])
                                .header("X-Method-Override", parts[0]))
                        .statusCode();
                boolean isAPage = mappings().contains("GET " + parts[1]);
                if (dressed != plain || plain < 400 && !isAPage) {
                    wrong.add("%s: %d and %d".formatted(request, plain, dressed));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** The documentation tells whoever writes a script what its token needs. */
    @Test
    void theDocumentationNamesTheSameRoles() throws Exception {
        Map<String, String> documented = Files.readAllLines(Path.of("docs/http-api.md")).stream()
                .map(Pattern.compile("\\| `((?:GET|POST|DELETE) [^`?]+)` \\| (\\w+) \\|.*")::matcher)
                .filter(Matcher::matches)
                .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));

        assertThat(documented)
                .isEqualTo(table().entrySet().stream()
                        .filter(row -> row.getKey().contains(" /api/"))
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, row -> row.getValue().name().toLowerCase(java.util.Locale.ROOT))));
    }

    private static boolean mayBeLetIn(String sender, For who, String path) {
        boolean token = sender.endsWith("token");
        if (sender.startsWith("wrong")) {
            // Whoever presents something wrong is refused where it is looked at, even at an open page.
            return who == For.EVERYBODY && path.startsWith("/actuator/health") && sender.endsWith("token");
        }
        if (token && !path.startsWith("/api/")) {
            return path.startsWith("/actuator/health");
        }
        return switch (who) {
            case EVERYBODY -> true;
            case VIEWER -> !sender.equals("nobody");
            case OPERATOR -> sender.startsWith("operator") || sender.equals("admin");
            case ADMIN -> sender.equals("admin");
            case WEBHOOK -> false;
        };
    }

    private static boolean isLetIn(HttpResponse<String> answer) {
        boolean toLogin = answer.statusCode() == 302
                && answer.headers().firstValue("Location").orElse("").startsWith("/login");
        return answer.statusCode() != 401 && answer.statusCode() != 403 && answer.statusCode() != 421 && !toLogin;
    }

    private static Map<String, For> table() {
        return TABLE.lines()
                .map(line -> line.split("\\s+"))
                .collect(Collectors.toMap(cells -> cells[0] + " " + cells[1], cells -> For.valueOf(cells[2])));
    }

    private static Set<String> mappings() {
        Set<String> found = new TreeSet<>();
        sidecar.getBeansOfType(HandlerMapping.class).forEach((name, mapping) -> {
            if (mapping instanceof RequestMappingInfoHandlerMapping requests) {
                requests.getHandlerMethods().keySet().forEach(info -> {
                    Set<?> methods = info.getMethodsCondition().getMethods();
                    for (String path : info.getPatternValues()) {
                        if (methods.isEmpty()) {
                            found.add("ANY " + path);
                        }
                        methods.forEach(method -> found.add(method + " " + path));
                    }
                });
            } else if (mapping instanceof AbstractUrlHandlerMapping urls) {
                urls.getHandlerMap().keySet().forEach(path -> found.add("ANY " + path));
            }
        });
        return found;
    }

    private static String filled(String pattern) {
        return pattern.replaceAll("\\{alert:.*}\\.md", "BackupLate.md")
                .replaceAll("\\{[^}]+}", "x")
                .replace("/actuator/health/**", "/actuator/health/liveness")
                .replace("/webjars/**", "/webjars/htmx.org/2.0.10/dist/htmx.min.js")
                .replace("/**", "/no/such/page");
    }

    private static Surfer loggedIn(String role) throws Exception {
        issuer.person(Map.of("sub", role, "realm_access", Map.of("roles", List.of(role))));
        Surfer person = new Surfer(base);
        assertThat(person.logIn().body()).contains("<h1>Readiness</h1>");
        return person;
    }

    /** With the page's CSRF token: without it every change would be refused, whoever asks. */
    private static Sender session(Surfer person, String page) throws Exception {
        String csrf = Surfer.csrf(person.get(page).body());
        return (method, path) -> person.send(json(person.to(path), method).header("X-CSRF-TOKEN", csrf));
    }

    private static Sender with(String authorization) {
        return (method, path) -> {
            Surfer script = new Surfer(base);
            return script.send(json(script.to(path), method).header("Authorization", authorization));
        };
    }

    private static HttpRequest.Builder json(HttpRequest.Builder request, String method) {
        return request.header("Content-Type", "application/json")
                .method(method, method.equals("POST") ? BodyPublishers.ofString("{}") : BodyPublishers.noBody());
    }

    private static String token(Role role) {
        return sidecar.getBean(ApiTokens.class).add(role.word(), role, Duration.ofHours(1));
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder().encodeToString(("admin:" + password).getBytes(StandardCharsets.UTF_8));
    }
}
