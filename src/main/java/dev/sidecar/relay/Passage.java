package dev.sidecar.relay;

import dev.sidecar.settings.Identity;
import dev.sidecar.text.Limited;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Cleans one push, and hands on what is left to Prometheus or Loki. It waits for their answer: what they did not take, the host keeps. */
final class Passage {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ANSWER_BEGINNING = 1_024;
    private static final int TOO_MANY = 429;
    private static final double LATE_SECONDS = 300;
    private static final int USUAL_COMPRESSION = 4;
    private static final double MILLIS = 1000.0;

    private final RelayProperties properties;
    private final Identity identity;
    private final Clock clock;
    private final RelayMetrics metrics;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    Passage(RelayProperties properties, Identity identity, Clock clock, RelayMetrics metrics) {
        this.properties = properties;
        this.identity = identity;
        this.clock = clock;
        this.metrics = metrics;
    }

    Reply pass(Push push) {
        Guest guest = push.guest();
        Cleaned cleaned;
        try {
            cleaned = cleaned(push);
        } catch (Malformed e) {
            metrics.trouble(guest.name(), Trouble.MALFORMED, 1);
            return Reply.of(Trouble.MALFORMED, "Not taken: " + e.getMessage() + ".");
        }
        heard(push, cleaned);
        if (cleaned.accepted() > 0) {
            Optional<Reply> refused = send(push, cleaned);
            if (refused.isPresent()) {
                return refused.get();
            }
        }
        cleaned.troubles().forEach((trouble, count) -> metrics.trouble(guest.name(), trouble, count));
        metrics.passed(guest, push.kind().label(), cleaned);
        return cleaned.troubles().entrySet().stream()
                .findFirst()
                .map(first -> Reply.of(
                        first.getKey(),
                        "Left out: %d (%s); taken: %d."
                                .formatted(first.getValue(), first.getKey().label(), cleaned.accepted())))
                .orElse(Reply.DONE);
    }

    private void heard(Push push, Cleaned cleaned) {
        Guest guest = push.guest();
        double now = clock.millis() / MILLIS;
        if (push.kind() == Push.Kind.METRICS) {
            guest.lastSamples = now;
            cleaned.newest().ifPresent(newest -> {
                guest.clockOffset = newest / MILLIS - now;
                // Taken all the same: it may be what the host kept while it could not reach us.
                if (guest.clockOffset < -LATE_SECONDS) {
                    metrics.trouble(guest.name(), Trouble.CLOCK_BEHIND, 1);
                }
            });
        } else {
            guest.lastLines = now;
        }
    }

    private Cleaned cleaned(Push push) throws Malformed {
        Guest guest = push.guest();
        byte[] content = unpacked(push);
        // What hardly weighs anything on its way weighs on Loki and Prometheus.
        guest.took(Math.max(0, content.length / USUAL_COMPRESSION - push.body().length));
        long now = clock.millis();
        // The series and streams of one host are looked at by one thread at a time.
        synchronized (guest) {
            return push.kind() == Push.Kind.METRICS
                    ? new PushedSamples(identity.stack(), guest.name(), guest.series, now).clean(content)
                    : new PushedLines(identity.stack(), guest.name(), guest.streams, now).clean(content);
        }
    }

    private static byte[] unpacked(Push push) throws Malformed {
        String expected = push.kind() == Push.Kind.METRICS ? "snappy" : "gzip";
        if (!push.encoding().equals(expected)
                && !(push.kind() == Push.Kind.LOGS && push.encoding().isEmpty())) {
            throw new Malformed("its Content-Encoding is not " + expected);
        }
        return switch (push.encoding()) {
            case "snappy" -> SnappyBlock.decode(push.body(), Push.LARGEST_CONTENT);
            case "gzip" -> {
                try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(push.body()))) {
                    yield Limited.whole(in, Push.LARGEST_CONTENT);
                } catch (IOException e) {
                    throw new Malformed("it is not gzip, or larger than " + Push.LARGEST_CONTENT + " bytes");
                }
            }
            default -> push.body();
        };
    }

    /** @return the reply if it was not taken */
    private Optional<Reply> send(Push push, Cleaned cleaned) {
        boolean samples = push.kind() == Push.Kind.METRICS;
        String whom = samples ? "Prometheus" : "Loki";
        URI loki = properties.lokiUrl();
        if (!samples && loki == null) {
            return Optional.of(new Reply(404, "This relay accepts no log lines."));
        }
        int status;
        try {
            status = http.send(
                            samples
                                    ? toPrometheus(cleaned.body())
                                    : toLoki(loki, properties.lokiTenant(), cleaned.body()),
                            Limited.body(ANSWER_BEGINNING))
                    .statusCode();
        } catch (IOException e) {
            return Optional.of(Reply.later(whom + " does not answer here; keep it and send it again."));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(Reply.later("This relay stops; send it again."));
        }
        if (status / 100 == 2) {
            return Optional.empty();
        }
        // A login that is refused is our own fault, not the host's.
        if (status / 100 == 5 || status == TOO_MANY || status == 401 || status == 403 || status == 404) {
            return Optional.of(Reply.later(whom + " accepts nothing now; keep the data and retry."));
        }
        metrics.trouble(push.guest().name(), Trouble.REFUSED, 1);
        return Optional.of(Reply.of(Trouble.REFUSED, whom + " refused a part of it, which is too old or a duplicate."));
    }

    private HttpRequest toPrometheus(byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(at(properties.prometheusUrl(), "/api/v1/write"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/x-protobuf")
                .header("Content-Encoding", "snappy")
                .header("X-Prometheus-Remote-Write-Version", "0.1.0")
                .POST(HttpRequest.BodyPublishers.ofByteArray(SnappyBlock.encode(body)));
        if (properties.prometheusPassword() != null) {
            String login = "admin:" + properties.prometheusPassword().reveal();
            request.header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
        }
        return request.build();
    }

    private static HttpRequest toLoki(@Nullable URI loki, @Nullable String tenant, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        at(java.util.Objects.requireNonNull(loki), "/otlp/v1/logs"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/x-protobuf")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (tenant != null) {
            request.header("X-Scope-OrgID", tenant);
        }
        return request.build();
    }

    private static URI at(URI base, String path) {
        return URI.create(base.toString().replaceAll("/$", "") + path);
    }
}
