package dev.sidecar.logs;

import com.github.loki4j.client.http.HttpConfig;
import com.github.loki4j.client.http.HttpHeader;
import com.github.loki4j.client.http.Loki4jHttpClient;
import com.github.loki4j.client.http.LokiResponse;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends one batch after the other and knows what became of each line.
 *
 * <p>loki4j's own client gives a batch up at the first answer other than 429 and 503, waits for ever for an answer whose body never
 * ends, and counts losses in batches. This client repeats a batch until it goes through if the failure says nothing about the batch itself
 * (no connection, no answer in time, 429, 502, 503, 504). It repeats another 5xx a few times only, as Loki answers so to a batch it cannot
 * digest, and the next ones must not wait for that. Anything else means that Loki refused the batch, or the lines of it that its answer
 * complains about. Sending lines twice that Loki had
 * stored before it fell silent does no harm: Loki keeps one of two equal lines with equal time.
 */
final class LokiPush implements Loki4jHttpClient {

    private static final int SERVER_ERROR_ATTEMPTS = 5;
    private static final int GAVE_UP = 503;
    private static final int REFUSED = 400;
    private static final String TENANT = "X-Scope-OrgID";
    private static final String HEADER_VALUE = "[!-~]+";
    /** Complaints about 2,000 lines, each with the labels of its stream, fit in. */
    private static final int LONGEST_ANSWER = 1024 * 1024;

    private final HttpConfig config;
    private final Duration answerLimit;
    private final LineCounts counts;
    private final LokiTrouble trouble;
    private final HttpClient client;
    private final HttpRequest.Builder request;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile long longestWaitMillis = 5_000;

    /** @param token presented where there is no user; blank for none */
    LokiPush(HttpConfig config, String token, LineCounts counts, LokiTrouble trouble) {
        this.config = config;
        this.answerLimit = Duration.ofMillis(config.requestTimeoutMs);
        this.counts = counts;
        this.trouble = trouble;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofMillis(config.connectionTimeoutMs))
                .build();
        this.request = HttpRequest.newBuilder(URI.create(config.pushUrl))
                .timeout(answerLimit)
                .header(HttpHeader.CONTENT_TYPE, config.contentType);
        config.basicAuthToken().ifPresent(login -> request.header(HttpHeader.AUTHORIZATION, "Basic " + login));
        // Of what no header can hold the settings tell a moment later; here it must only not stop the logging.
        if (token.matches(HEADER_VALUE)) {
            request.header(HttpHeader.AUTHORIZATION, "Bearer " + token);
        }
        config.tenantId
                .filter(tenant -> tenant.matches(HEADER_VALUE))
                .ifPresent(tenant -> request.header(TENANT, tenant));
    }

    @Override
    public HttpConfig getConfig() {
        return config;
    }

    @Override
    public LokiResponse send(ByteBuffer batch) {
        byte[] body = new byte[batch.remaining()];
        batch.get(body);
        int lines = lines(body);
        for (int attempt = 1; true; attempt++) {
            Answer answer = post(body);
            if (closed.getCount() == 0) {
                // From here on the shutdown counts the lines.
                return new LokiResponse(GAVE_UP, "shutting down");
            }
            if (answer.stored()) {
                counts.deliver(lines);
                trouble.over();
                return new LokiResponse(answer.status(), "");
            }
            OptionalInt refused = answer.refusedOf(lines);
            if (refused.isPresent()) {
                counts.deliver(lines - refused.getAsInt());
                counts.refuse(refused.getAsInt());
                trouble.over();
                trouble.refused(refused.getAsInt(), answer.text());
                return new LokiResponse(answer.status(), answer.text());
            }
            if (!answer.worthAnother(attempt)) {
                counts.fail(lines);
                trouble.lost(lines, answer.status(), answer.text());
                return new LokiResponse(answer.status(), answer.text());
            }
            trouble.noticed(answer.text());
            await(Math.min(longestWaitMillis, 250L << Math.min(attempt - 1, 5)));
        }
    }

    /** Shortens the waits between attempts, as the process is about to end. */
    void hurry() {
        longestWaitMillis = 200;
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private void await(long millis) {
        try {
            closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            closed.countDown();
        }
    }

    private Answer post(byte[] body) {
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                request.copy()
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                Limited.body(LONGEST_ANSWER));
        try {
            // The request's own time limit ends with the header of the answer.
            HttpResponse<String> response = answer.get(answerLimit.toMillis() + 500, TimeUnit.MILLISECONDS);
            return new Answer(response.statusCode(), response.body());
        } catch (ExecutionException e) {
            return new Answer(null, describe(e.getCause()));
        } catch (TimeoutException e) {
            answer.cancel(true);
            return new Answer(null, "no answer within " + answerLimit.toMillis() + " ms");
        } catch (InterruptedException e) {
            answer.cancel(true);
            closed.countDown();
            return new Answer(null, "interrupted");
        }
    }

    private static String describe(@Nullable Throwable failure) {
        if (failure instanceof HttpTimeoutException) {
            return "no answer in time";
        }
        return failure instanceof IOException && failure.getMessage() != null
                ? failure.getMessage()
                : String.valueOf(failure);
    }

    /**
     * Counts the lines of a batch. Each begins with an opening bracket, a quote and the digits of its time; inside a string a quote
     * is escaped, and a quote that ends a string is not followed by a digit.
     */
    static int lines(byte[] json) {
        int lines = 0;
        for (int i = 0; i + 2 < json.length; i++) {
            if (json[i] == '[' && json[i + 1] == '"' && json[i + 2] >= '0' && json[i + 2] <= '9') {
                lines++;
            }
        }
        return lines;
    }

    private record Answer(@Nullable Integer answered, String words) {

        String text() {
            return answered == null ? words : "HTTP " + answered + " " + words;
        }

        /** Counts the lines that Loki refused while it stored the others; empty if that is not how it answered. */
        OptionalInt refusedOf(int lines) {
            boolean whole = words.getBytes(StandardCharsets.UTF_8).length < LONGEST_ANSWER;
            OptionalInt refused =
                    answered != null && answered == REFUSED && whole ? RefusedLines.in(words) : OptionalInt.empty();
            return refused.isPresent() && refused.getAsInt() <= lines ? refused : OptionalInt.empty();
        }

        int status() {
            return answered == null ? GAVE_UP : answered;
        }

        boolean stored() {
            return answered != null && answered >= 200 && answered < 300;
        }

        boolean worthAnother(int attempt) {
            if (answered == null) {
                return true;
            }
            return switch (answered) {
                case 408, 429, 502, 503, 504 -> true;
                default -> answered >= 500 && attempt < SERVER_ERROR_ATTEMPTS;
            };
        }
    }
}
