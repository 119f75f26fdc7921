package dev.sidecar.notices;

import dev.sidecar.secrets.Secret;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Posts to a service that takes messages over HTTP. The address holds the secret, so no failure's message may repeat it. */
final class ChatNotifier implements Notifier {

    private static final int QUOTED = 200;
    /** So many characters of a secret are too many. */
    private static final int SHARED = 6;

    private static final Pattern WORD = Pattern.compile("[^\\s\"',;<>(){}\\[\\]]{" + SHARED + ",}");
    private static final int LONGEST_ANSWER = 4096;
    /** As Telegram and Discord say it. */
    private static final Pattern RETRY_AFTER = Pattern.compile("\"retry_after\"\\s*:\\s*([0-9]{1,6})");

    private final ChatService service;
    private final Secret address;
    private final @Nullable Secret recipient;
    private final Duration limit;
    private final HttpClient client;

    ChatNotifier(ChatService service, Secret address, Duration limit) {
        this(service, address, null, limit);
    }

    /** @param recipient who is told, where the address does not say that */
    ChatNotifier(ChatService service, Secret address, @Nullable Secret recipient, Duration limit) {
        this.service = service;
        this.address = address;
        this.recipient = recipient;
        this.limit = limit;
        this.client = HttpClient.newBuilder()
                .connectTimeout(limit)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    @Override
    public String name() {
        return service.label();
    }

    @Override
    public Delivery deliver(Notice notice) {
        HttpRequest request = service.request(
                        URI.create(address.reveal()), recipient == null ? "" : recipient.reveal(), notice)
                .timeout(limit)
                .build();
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(request, Limited.body(LONGEST_ANSWER));
        try {
            // The request's own limit ends with the header of the answer.
            return judge(answer.get(limit.toMillis() + 500, TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            return failed(e.getCause());
        } catch (TimeoutException e) {
            answer.cancel(true);
            return Delivery.failed(DeliveryProblem.TIMEOUT, "no answer within " + limit.toSeconds() + " s");
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            return Delivery.failed(DeliveryProblem.OTHER, "interrupted");
        }
    }

    private Delivery judge(HttpResponse<String> response) {
        int status = response.statusCode();
        if (status / 100 == 2) {
            return Delivery.DONE;
        }
        String said = withoutSecrets(response.body());
        String detail = "HTTP " + status + " " + said.substring(0, Math.min(QUOTED, said.length()));
        if (status == 429) {
            return new Delivery(DeliveryProblem.RATE_LIMITED, detail, retryAfter(response));
        }
        DeliveryProblem reason = switch (status) {
            case 400, 413 -> DeliveryProblem.REJECTED_MESSAGE;
            case 401, 403 -> DeliveryProblem.AUTH;
            case 404, 410 -> DeliveryProblem.REJECTED_ADDRESS;
            case 408 -> DeliveryProblem.TIMEOUT;
            default -> status >= 500 ? DeliveryProblem.SERVER_ERROR : DeliveryProblem.OTHER;
        };
        return Delivery.failed(reason, detail);
    }

    /** A service may repeat what it refuses: words that share a part with the address or the recipient are left out. */
    private String withoutSecrets(String answer) {
        String secrets = address.reveal() + " " + (recipient == null ? "" : recipient.reveal());
        return WORD.matcher(answer)
                .replaceAll(word -> IntStream.rangeClosed(0, word.group().length() - SHARED)
                                .anyMatch(at -> secrets.contains(word.group().substring(at, at + SHARED)))
                        ? "…"
                        : Matcher.quoteReplacement(word.group()));
    }

    private static @Nullable Duration retryAfter(HttpResponse<String> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("[0-9]{1,6}"))
                .or(() -> RETRY_AFTER
                        .matcher(response.body())
                        .results()
                        .map(found -> found.group(1))
                        .findFirst())
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(null);
    }

    /** The reason is anywhere in the chain: a failed handshake also comes as an IOException "received no bytes" that it caused. */
    static Delivery failed(@Nullable Throwable failure) {
        if (causedBy(failure, HttpTimeoutException.class)) {
            return Delivery.failed(DeliveryProblem.TIMEOUT, "no answer in time");
        }
        if (causedBy(failure, SSLException.class)) {
            return Delivery.failed(DeliveryProblem.TLS, "the connection is not encrypted with a trusted certificate");
        }
        if (causedBy(failure, ConnectException.class)) {
            return Delivery.failed(DeliveryProblem.UNREACHABLE, "no connection");
        }
        // The exception's message may hold the address, so only its type is reported.
        return causedBy(failure, IOException.class)
                ? Delivery.failed(DeliveryProblem.UNREACHABLE, "the connection was lost")
                : Delivery.failed(
                        DeliveryProblem.OTHER,
                        failure == null ? "unknown" : failure.getClass().getSimpleName());
    }

    private static boolean causedBy(@Nullable Throwable failure, Class<? extends Throwable> type) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).anyMatch(type::isInstance);
    }
}
