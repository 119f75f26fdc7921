package dev.sidecar.peers;

import dev.sidecar.settings.InvalidSetting;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks one program beside the sidecar that answers JSON over HTTP: Prometheus, Loki, Grafana or Alertmanager. Every call ends within
 * the limit: with an answer, with {@link NotConfigured}, or with {@link PeerUnavailable}.
 */
public final class Peer {

    private static final int QUOTED = 300;
    /** A stranger is asked for single values. */
    private static final long LONGEST_OF_STRANGER = 256L * 1024;
    /** Each takes more memory than it has letters: sixteen megabytes of brackets would fill ours. An honest answer has a tenth of it. */
    static final long MOST_TOKENS = 1_000_000;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxTokenCount(MOST_TOKENS)
                            .build())
                    .build())
            .build();

    private final String name;
    private final String setting;
    private final @Nullable URI base;
    private final boolean stranger;
    private final @Nullable RestClient client;

    /**
     * Prepares the requests to a program; sends nothing yet.
     *
     * @param name as people call the program, such as {@code Prometheus}
     * @param setting the setting that says where it is
     * @param base where it is, such as {@code http://prometheus:9090}; null if nobody said
     * @param limit how long it may take to connect, and to answer
     * @param headers adds what every request carries, such as a login
     */
    public Peer(String name, String setting, @Nullable URI base, Duration limit, Consumer<HttpHeaders> headers) {
        this(name, setting, base, limit, headers, false);
    }

    private Peer(
            String name,
            String setting,
            @Nullable URI base,
            Duration limit,
            Consumer<HttpHeaders> headers,
            boolean stranger) {
        this.name = name;
        this.setting = setting;
        this.base = base;
        this.stranger = stranger;
        this.client = base == null ? null : client(base, limit, headers);
    }

    /**
     * Prepares the requests to a program of somebody else: it may answer with less, and no message quotes what it says, which could be
     * the login that it was told.
     */
    public static Peer stranger(
            String name, String setting, @Nullable URI base, Duration limit, Consumer<HttpHeaders> headers) {
        return new Peer(name, setting, base, limit, headers, true);
    }

    /** Prepares the requests to a program that needs no login. */
    public Peer(String name, String setting, @Nullable URI base, Duration limit) {
        this(name, setting, base, limit, none -> {});
    }

    /** Stops the start unless the setting is absent or holds the address of a program, {@code http(s)://host…}. */
    public static void requireAddress(String setting, @Nullable URI address) {
        InvalidSetting.unless(
                address == null
                        || (address.getHost() != null
                                && ("http".equals(address.getScheme()) || "https".equals(address.getScheme()))),
                setting,
                address,
                "be an address such as http://host:9090");
    }

    private RestClient client(URI base, Duration limit, Consumer<HttpHeaders> headers) {
        JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(HttpClient.newBuilder()
                .connectTimeout(limit)
                .version(HttpClient.Version.HTTP_1_1)
                .build());
        requests.setReadTimeout(limit);
        long longest = stranger ? LONGEST_OF_STRANGER : LimitedAnswer.LONGEST;
        return RestClient.builder()
                .requestFactory(requests)
                .baseUrl(base.toString().replaceAll("/+$", ""))
                .defaultHeaders(headers)
                .configureMessageConverters(converters ->
                        converters.registerDefaults().withJsonConverter(new JacksonJsonHttpMessageConverter(JSON)))
                .requestInterceptor(
                        (request, body, execution) -> new LimitedAnswer(execution.execute(request, body), longest))
                .defaultStatusHandler(HttpStatusCode::isError, (request, response) -> {
                    // The callers below judge the status, with the body in hand; that of a stranger is not read.
                    if (stranger) {
                        throw answered(
                                response.getStatusCode(), request.getURI().getPath(), "");
                    }
                })
                .build();
    }

    /** The program's name, as people call it. */
    public String name() {
        return name;
    }

    /** The program's address, for links; empty if it is not configured. */
    public Optional<URI> address() {
        return Optional.ofNullable(base);
    }

    /** The program's address is set. */
    public boolean isConfigured() {
        return client != null;
    }

    /** Sends a GET request with the parameters in the query string. @param path from the root, such as {@code /api/v1/targets} */
    public JsonNode get(String path, Map<String, String> parameters) {
        MultiValueMap<String, String> query = new LinkedMultiValueMap<>();
        parameters.forEach(query::add);
        Map<String, String> variables = parameters;
        return json(
                path,
                () -> client().get()
                        .uri(uri -> {
                            uri.path(path);
                            query.keySet().forEach(key -> uri.queryParam(key, "{" + key + "}"));
                            return uri.build(variables);
                        })
                        .retrieve()
                        .toEntity(JsonNode.class));
    }

    /** Sends a GET request without parameters. */
    public JsonNode get(String path) {
        return get(path, Map.of());
    }

    /** Sends the parameters as a form, which may be as long as a panel's query. */
    public JsonNode post(String path, Map<String, String> parameters) {
        MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
        parameters.forEach(form::add);
        return json(
                path,
                () -> client().post()
                        .uri(path)
                        .contentType(MediaType.APPLICATION_FORM_URLENCODED)
                        .body(form)
                        .retrieve()
                        .toEntity(JsonNode.class));
    }

    /** Posts a JSON body and returns the response's status. */
    public int postJson(String path, Object body) {
        return guarded(
                path,
                () -> client().post()
                        .uri(path)
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(body)
                        .retrieve()
                        .toBodilessEntity()
                        .getStatusCode()
                        .value());
    }

    /** Posts a JSON body and returns the response, which is JSON too. */
    public JsonNode exchangeJson(String path, Object body) {
        return json(
                path,
                () -> client().post()
                        .uri(path)
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(body)
                        .retrieve()
                        .toEntity(JsonNode.class));
    }

    /**
     * Sends a body as it is, for what the other methods do not cover.
     *
     * @param method such as {@code PUT}
     * @return what the program answered, which may be empty
     * @throws PeerUnavailable if it answers with an error
     */
    public String send(HttpMethod method, String path, MediaType type, String body) {
        return guarded(path, () -> {
            var answer = client().method(method)
                    .uri(path)
                    .contentType(type)
                    .body(body.getBytes(StandardCharsets.UTF_8))
                    .retrieve()
                    .toEntity(String.class);
            return requireSuccess(path, answer.getStatusCode(), Objects.requireNonNullElse(answer.getBody(), ""));
        });
    }

    /** Sends a DELETE request and returns the response's status. */
    public int delete(String path) {
        return guarded(
                path,
                () -> client().delete()
                        .uri(path)
                        .retrieve()
                        .toBodilessEntity()
                        .getStatusCode()
                        .value());
    }

    /** Sends a GET request and returns the response's status. */
    public int status(String path) {
        return guarded(
                path,
                () -> client().get()
                        .uri(path)
                        .retrieve()
                        .toBodilessEntity()
                        .getStatusCode()
                        .value());
    }

    /** Sends a GET request and returns the response as text, such as a page of metrics. */
    public String text(String path) {
        return guarded(path, () -> {
            var answer = client().get().uri(path).retrieve().toEntity(String.class);
            return requireSuccess(path, answer.getStatusCode(), answer.getBody());
        });
    }

    /**
     * Reads what an answer means. One of another shape than this program's is no answer: times that are none, words for numbers, texts for
     * lists. What asks needs no other way to end then.
     *
     * @throws PeerUnavailable if it cannot be read
     */
    public <T> T understood(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (PeerUnavailable | NotConfigured e) {
            throw e;
        } catch (RuntimeException e) {
            // Each parser has exceptions of its own.
            throw new PeerUnavailable("%s at %s does not answer as it must%s"
                    .formatted(name, base, stranger ? "" : ": " + shortened(inWords(e))));
        }
    }

    private static String shortened(String said) {
        return said.substring(0, Math.min(QUOTED, said.length()));
    }

    private JsonNode json(String path, Supplier<org.springframework.http.ResponseEntity<JsonNode>> call) {
        return guarded(path, () -> {
            var answer = call.get();
            return requireSuccess(path, answer.getStatusCode(), answer.getBody());
        });
    }

    private <T> T requireSuccess(String path, HttpStatusCode status, @Nullable T body) {
        if (status.isError() || body == null) {
            String said = inWords(body);
            throw answered(status, path, ": " + shortened(said));
        }
        return body;
    }

    private PeerUnavailable answered(HttpStatusCode status, String path, String quoted) {
        return new PeerUnavailable(
                "%s at %s answered %d to %s%s".formatted(name, base, status.value(), path, quoted), status.value());
    }

    /** Problem details (RFC 9457) say in one field what a person needs. */
    private static String inWords(@Nullable Object body) {
        return body instanceof JsonNode json && json.path("detail").isString()
                ? json.path("detail").stringValue()
                : String.valueOf(body);
    }

    private <T> T guarded(String path, Supplier<T> call) {
        try {
            return call.get();
        } catch (RestClientException e) {
            Throwable cause = e.getMostSpecificCause();
            throw new PeerUnavailable("%s at %s gave no answer to %s: %s"
                    .formatted(name, base, path, stranger ? ofStranger(e) : inWords(cause)));
        }
    }

    /** Only kinds of failure: the messages of clients and parsers quote what they could not read. */
    private static String ofStranger(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "the host name is unknown";
            }
            // Of a connection that did not come about in time, too.
            if (cause instanceof HttpTimeoutException || cause instanceof TimeoutException) {
                return "no answer in time";
            }
            if (cause instanceof ConnectException && !(cause.getCause() instanceof UnresolvedAddressException)) {
                return "connection refused";
            }
            if (cause instanceof SSLException) {
                return "TLS failed; see that its certificate is one that this machine trusts, for this name";
            }
        }
        return "its answer cannot be used";
    }

    /** The JDK's client gives no message for the two most common failures. */
    private static String inWords(Throwable cause) {
        if (cause instanceof UnresolvedAddressException) {
            return "the host name is unknown";
        }
        if (cause instanceof ConnectException && cause.getMessage() == null) {
            return "connection refused";
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private RestClient client() {
        if (client == null) {
            throw new NotConfigured("%s is not configured: set %s.".formatted(name, setting));
        }
        return client;
    }
}
