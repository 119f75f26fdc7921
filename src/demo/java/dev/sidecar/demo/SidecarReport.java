package dev.sidecar.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks the sidecar and Alertmanager how things stand, for the page of the demo. */
final class SidecarReport {

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final String url;
    private final Path password;
    private final @Nullable String alertmanager;

    /**
     * @param url of the sidecar
     * @param password file of it
     * @param alertmanager its address, if there is one
     */
    SidecarReport(String url, Path password, @Nullable String alertmanager) {
        this.url = url;
        this.password = password;
        this.alertmanager = alertmanager;
    }

    /**
     * How things stand.
     *
     * @param headline the score as words
     * @param broken the proofs that are broken, with their evidence
     * @param firing the alerts that fire
     */
    record State(String headline, List<String> broken, List<String> firing) {}

    String url() {
        return url;
    }

    State state() {
        try {
            JsonNode report = get(url + "/api/report");
            List<String> broken = new ArrayList<>();
            for (JsonNode proof : report.path("proofs")) {
                if (List.of("BROKEN", "INCONCLUSIVE")
                        .contains(proof.path("state").asString(""))) {
                    broken.add("%s %s: %s"
                            .formatted(
                                    proof.path("id").asString(""),
                                    proof.path("state").asString("").toLowerCase(java.util.Locale.ROOT),
                                    proof.path("evidence").asString("")));
                }
            }
            return new State(report.path("summary").asString(""), broken, firing());
        } catch (IOException | JacksonException e) {
            return new State("The sidecar does not answer.", List.of(), List.of());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new State("", List.of(), List.of());
        }
    }

    /** What was told comes first, and of that what is critical. */
    private List<String> firing() throws IOException, InterruptedException {
        List<JsonNode> firing = new ArrayList<>();
        if (alertmanager != null) {
            for (JsonNode alert : get(alertmanager + "/api/v2/alerts")) {
                if (!label(alert, "alertname").equals("Watchdog")
                        && !alert.path("labels").has("drill")) {
                    firing.add(alert);
                }
            }
        }
        return firing.stream()
                .sorted(Comparator.comparing(SidecarReport::isInhibited)
                        .thenComparing(alert -> !label(alert, "severity").equals("critical")))
                .map(alert -> "%s (%s%s): %s"
                        .formatted(
                                label(alert, "alertname"),
                                label(alert, "severity"),
                                isInhibited(alert) ? ", inhibited: no message" : "",
                                alert.path("annotations").path("summary").asString("")))
                .toList();
    }

    private static String label(JsonNode alert, String name) {
        return alert.path("labels").path(name).asString("");
    }

    private static boolean isInhibited(JsonNode alert) {
        return !alert.path("status").path("inhibitedBy").isEmpty();
    }

    /** Has proofs drilled now. */
    void prove(List<String> proofs) {
        for (String proof : proofs) {
            try {
                http.send(
                        request(url + "/api/report/drills/" + proof)
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.discarding());
            } catch (IOException e) {
                // It is drilled later anyway.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private JsonNode get(String address) throws IOException, InterruptedException {
        return JsonMapper.shared()
                .readTree(http.send(request(address).build(), BodyHandlers.ofString())
                        .body());
    }

    private HttpRequest.Builder request(String address) throws IOException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address)).timeout(Duration.ofSeconds(5));
        if (address.startsWith(url)) {
            String login = "admin:" + Files.readString(password).strip();
            request.header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
        }
        return request;
    }
}
