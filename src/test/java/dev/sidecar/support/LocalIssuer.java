package dev.sidecar.support;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small issuer of OpenID Connect: code flow with PKCE, real signed tokens, and faults to switch on. It refuses what the standard has it
 * refuse, so a client that leaves something out is noticed.
 */
public final class LocalIssuer implements AutoCloseable {

    public static final String CLIENT = "sidecar";
    public static final String SECRET = "client secret: +/%&=";

    /** It does one of these wrong, at the tokens of the next logins or in its metadata. */
    public enum Fault {
        NONE,
        OTHER_ISSUER,
        OTHER_AUDIENCE,
        EXPIRED,
        OTHER_KEY,
        UNSIGNED,
        SIGNED_WITH_SECRET,
        OTHER_NONCE,
        NO_NONCE,
        NO_SUBJECT,
        NO_TOKEN,
        NUMBER_FOR_TOKEN,
        NO_JSON,
        ENDLESS_ANSWER,
        REDIRECTS,
        OTHER_STATE,
        REFUSES_CLIENT,
        METADATA_OF_ANOTHER,
        METADATA_WITH_PLAIN_HTTP,
        METADATA_ENDLESS,
        USER_INFO_OF_ANOTHER,
        USER_INFO_REFUSED,
        USER_INFO_ENDLESS,
        USER_INFO_NO_JSON,
        USER_INFO_REDIRECTS,
        USER_INFO_OVER_PLAIN_HTTP
    }

    /** The question of the first step, kept until its code is exchanged. */
    private record Login(String redirect, String nonce, String challenge, Map<String, Object> claims) {}

    private final SSLContext tls;
    private final int port;
    private volatile RSAKey key;
    private final RSAKey otherKey;
    private final Map<String, Login> codes = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Map<String, Map<String, Object>> accessTokens = new ConcurrentHashMap<>();
    private volatile Map<String, Object> userInfo = Map.of();
    private volatile Map<String, Object> person = Map.of("sub", "1", "preferred_username", "nobody");
    private volatile Fault fault = Fault.NONE;
    private HttpServer server;
    private ExecutorService threads;

    private LocalIssuer(SSLContext tls) {
        this.tls = tls;
        this.port = FreePort.get();
        try {
            this.key = new RSAKeyGenerator(2048).keyID("one").generate();
            this.otherKey = new RSAKeyGenerator(2048).keyID("one").generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /** It is at 127.0.0.1, which is another site than localhost for a browser. */
    public static LocalIssuer plain() {
        return new LocalIssuer(null).start();
    }

    /** One that is not there yet. */
    public static LocalIssuer absent() {
        return new LocalIssuer(null);
    }

    public static LocalIssuer withTls(SSLContext tls) {
        return new LocalIssuer(tls).start();
    }

    public LocalIssuer start() {
        try {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
            if (tls == null) {
                server = HttpServer.create(address, 0);
            } else {
                HttpsServer secure = HttpsServer.create(address, 0);
                secure.setHttpsConfigurator(new HttpsConfigurator(tls));
                server = secure;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/.well-known/openid-configuration", this::metadata);
        server.createContext("/keys", exchange -> answer(exchange, 200, new JWKSet(key.toPublicJWK()).toString()));
        server.createContext("/authorize", this::authorize);
        server.createContext("/agree", this::agree);
        server.createContext("/token", this::token);
        server.createContext("/userinfo", this::userInfo);
        server.createContext("/leave", exchange -> page(exchange, 200, "<h1>Logged out of the issuer</h1>"));
        threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.start();
        return this;
    }

    public void stop() {
        if (server != null) {
            server.stop(0);
            threads.shutdownNow();
            server = null;
        }
    }

    @Override
    public void close() {
        stop();
    }

    public String address() {
        return (tls == null ? "http" : "https") + "://127.0.0.1:" + port;
    }

    /** Paths that were asked for, with their parameters. */
    public List<String> asked() {
        return asked;
    }

    /** Who logs in next. @param claims beside those that every token has; {@code sub} among them */
    public void person(Map<String, Object> claims) {
        person(claims, Map.of());
    }

    /** Who logs in next. @param elsewhere claims that only the user info has */
    public void person(Map<String, Object> claims, Map<String, Object> elsewhere) {
        person = claims;
        userInfo = elsewhere;
    }

    /** From now on it signs with a new key, and publishes that alone. */
    public void rotateKey() {
        try {
            key = new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Signs a token by which it tells clients that somebody logged out.
     *
     * @param changes claims beside the usual ones; one without a value is left out
     */
    public String logoutToken(Instant now, Map<String, Object> changes) {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(address())
                .audience(CLIENT)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(Duration.ofMinutes(2))))
                .jwtID(UUID.randomUUID().toString())
                .claim("events", Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of()));
        changes.forEach(claims::claim);
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID(key.getKeyID())
                            .type(new JOSEObjectType("logout+jwt"))
                            .build(),
                    claims.build());
            token.sign(new RSASSASigner(fault == Fault.OTHER_KEY ? otherKey : key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    public void fault(Fault next) {
        fault = next;
    }

    private void metadata(HttpExchange exchange) throws IOException {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("issuer", fault == Fault.METADATA_OF_ANOTHER ? "https://evil.example" : address());
        metadata.put("authorization_endpoint", address() + "/authorize");
        metadata.put(
                "token_endpoint",
                fault == Fault.METADATA_WITH_PLAIN_HTTP ? "http://loki:3100/loki/api/v1/delete" : address() + "/token");
        metadata.put("jwks_uri", address() + "/keys");
        metadata.put(
                "userinfo_endpoint",
                fault == Fault.USER_INFO_OVER_PLAIN_HTTP
                        ? "http://loki:3100/loki/api/v1/labels"
                        : address() + "/userinfo");
        metadata.put("end_session_endpoint", address() + "/leave");
        if (fault == Fault.METADATA_ENDLESS) {
            metadata.put("claims_supported", "x".repeat(1_000_000));
        }
        metadata.put("response_types_supported", List.of("code"));
        metadata.put("subject_types_supported", List.of("public"));
        metadata.put("id_token_signing_alg_values_supported", List.of("RS256"));
        answer(exchange, 200, JsonMapper.shared().writeValueAsString(metadata));
    }

    /** The page on which a person agrees; a real one would ask for a password first. */
    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, String> asks = parameters(exchange.getRequestURI().getRawQuery());
        asked.add("/authorize " + asks);
        if (!"code".equals(asks.get("response_type"))
                || !CLIENT.equals(asks.get("client_id"))
                || !"S256".equals(asks.get("code_challenge_method"))
                || asks.get("code_challenge") == null
                || asks.get("state") == null
                || asks.get("nonce") == null
                || !List.of(String.valueOf(asks.get("scope")).split(" ")).contains("openid")
                || !String.valueOf(asks.get("redirect_uri")).endsWith("/login/oauth2/code/oidc")) {
            page(exchange, 400, "<h1>Refused</h1><p>The request lacks something.</p>");
            return;
        }
        String code = UUID.randomUUID().toString();
        codes.put(code, new Login(asks.get("redirect_uri"), asks.get("nonce"), asks.get("code_challenge"), person));
        String state = fault == Fault.OTHER_STATE ? "of-somebody-else" : asks.get("state");
        String back = "/agree?code=" + code + "&state=" + encoded(state) + "&to=" + encoded(asks.get("redirect_uri"));
        page(
                exchange,
                200,
                "<h1>Issuer</h1><p><a id=\"agree\" href=\"" + back + "\">Agree</a> <a id=\"refuse\" href=\"" + back
                        + "&error=access_denied\">Refuse</a></p>");
    }

    private void agree(HttpExchange exchange) throws IOException {
        Map<String, String> said = parameters(exchange.getRequestURI().getRawQuery());
        String outcome = said.containsKey("error") ? "error=access_denied" : "code=" + encoded(said.get("code"));
        exchange.getResponseHeaders()
                .set("Location", said.get("to") + "?" + outcome + "&state=" + encoded(said.get("state")));
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void token(HttpExchange exchange) throws IOException {
        Map<String, String> form =
                parameters(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        asked.add("/token " + form.get("grant_type"));
        String expected = "Basic "
                + Base64.getEncoder()
                        .encodeToString((encoded(CLIENT) + ":" + encoded(SECRET)).getBytes(StandardCharsets.UTF_8));
        if (fault == Fault.REFUSES_CLIENT
                || !expected.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            answer(exchange, 401, "{\"error\":\"invalid_client\",\"error_description\":\"<b>no</b>\"}");
            return;
        }
        Login login = codes.remove(String.valueOf(form.get("code")));
        if (login == null
                || !login.redirect().equals(form.get("redirect_uri"))
                || !login.challenge().equals(challenge(String.valueOf(form.get("code_verifier"))))) {
            answer(exchange, 400, "{\"error\":\"invalid_grant\"}");
            return;
        }
        switch (fault) {
            case NO_JSON -> answer(exchange, 200, "<html>maintenance</html>");
            case REDIRECTS -> {
                exchange.getResponseHeaders().set("Location", address() + "/leave");
                exchange.sendResponseHeaders(302, -1);
                exchange.close();
            }
            default -> {
                Map<String, Object> tokens = new LinkedHashMap<>();
                String access = UUID.randomUUID().toString();
                Map<String, Object> known = new LinkedHashMap<>(userInfo);
                known.put(
                        "sub",
                        fault == Fault.USER_INFO_OF_ANOTHER
                                ? "somebody-else"
                                : login.claims().get("sub"));
                accessTokens.put(access, known);
                tokens.put("access_token", access);
                tokens.put("token_type", "Bearer");
                tokens.put("expires_in", 300);
                if (fault == Fault.ENDLESS_ANSWER) {
                    tokens.put("note", "x".repeat(2_000_000));
                }
                if (fault == Fault.NUMBER_FOR_TOKEN) {
                    tokens.put("id_token", 42);
                } else if (fault != Fault.NO_TOKEN) {
                    tokens.put("id_token", idToken(login));
                }
                answer(exchange, 200, JsonMapper.shared().writeValueAsString(tokens));
            }
        }
    }

    private void userInfo(HttpExchange exchange) throws IOException {
        String given = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        asked.add("/userinfo");
        Map<String, Object> known = accessTokens.get(given.replaceFirst("^Bearer ", ""));
        if (known == null || fault == Fault.USER_INFO_REFUSED) {
            answer(exchange, 401, "{}");
            return;
        }
        switch (fault) {
            case USER_INFO_NO_JSON -> page(exchange, 200, "maintenance");
            case USER_INFO_ENDLESS -> answer(exchange, 200, "{\"sub\":\"" + "x".repeat(2_000_000) + "\"}");
            case USER_INFO_REDIRECTS -> {
                exchange.getResponseHeaders().set("Location", address() + "/leave");
                exchange.sendResponseHeaders(302, -1);
                exchange.close();
            }
            default -> answer(exchange, 200, JsonMapper.shared().writeValueAsString(known));
        }
    }

    private String idToken(Login login) {
        Instant now = Instant.now();
        Instant made = fault == Fault.EXPIRED ? now.minus(Duration.ofHours(2)) : now;
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(fault == Fault.OTHER_ISSUER ? "https://evil.example" : address())
                .audience(fault == Fault.OTHER_AUDIENCE ? "another-client" : CLIENT)
                .issueTime(Date.from(made))
                .expirationTime(Date.from(made.plus(Duration.ofMinutes(5))));
        if (fault != Fault.NO_NONCE) {
            claims.claim("nonce", fault == Fault.OTHER_NONCE ? "of-another-login" : login.nonce());
        }
        login.claims().forEach(claims::claim);
        if (fault == Fault.NO_SUBJECT) {
            claims.subject(null);
        }
        try {
            if (fault == Fault.UNSIGNED) {
                return new PlainJWT(claims.build()).serialize();
            }
            boolean shared = fault == Fault.SIGNED_WITH_SECRET;
            JWSSigner signer = shared
                    ? new MACSigner((SECRET + SECRET).getBytes(StandardCharsets.UTF_8))
                    : new RSASSASigner(fault == Fault.OTHER_KEY ? otherKey : key);
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(shared ? JWSAlgorithm.HS256 : JWSAlgorithm.RS256)
                            .keyID(key.getKeyID())
                            .build(),
                    claims.build());
            token.sign(signer);
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : String.valueOf(query).split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                parameters.put(
                        URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static void page(HttpExchange exchange, int status, String html) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
        send(exchange, status, "<!DOCTYPE html><html lang=\"en\"><body>" + html + "</body></html>");
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        send(exchange, status, json);
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (exchange) {
            exchange.getResponseBody().write(bytes);
        } catch (IOException e) {
            // A client that reads no further than its limit.
        }
    }
}
