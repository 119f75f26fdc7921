package dev.sidecar.access;

import dev.sidecar.peers.LimitedAnswer;
import dev.sidecar.settings.InvalidSetting;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.oauth2.client.http.OAuth2ErrorResponseErrorHandler;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestTemplate;

/** Asks the issuer, with limits on time and size and without following it elsewhere: it may be slow, talkative or hostile. */
final class IssuerClient {

    static final int LONGEST_ANSWER = 262_144;
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final JdkClientHttpRequestFactory requests;

    IssuerClient(@Nullable Path caFile) {
        HttpClient.Builder client = HttpClient.newBuilder()
                .connectTimeout(LIMIT)
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1);
        if (caFile != null && !caFile.toString().isEmpty()) {
            client.sslContext(trusting(caFile));
        }
        requests = new JdkClientHttpRequestFactory(client.build());
        requests.setReadTimeout(LIMIT);
    }

    /** For metadata. */
    RestClient plain() {
        return RestClient.builder()
                .requestFactory(requests)
                .requestInterceptor(limited())
                .build();
    }

    /**
     * Asks what the issuer knows of whom it gave a token to.
     *
     * @throws RestClientException if it gives no answer, or one that is no JSON object
     */
    Map<String, Object> userInfo(URI address, String accessToken) {
        Map<String, Object> claims = plain().get()
                .uri(address)
                .accept(MediaType.APPLICATION_JSON)
                .headers(headers -> headers.setBearerAuth(accessToken))
                .retrieve()
                .body(new ParameterizedTypeReference<>() {});
        if (claims == null) {
            throw new RestClientException("it is empty");
        }
        return claims;
    }

    /** For the exchange of a code for tokens. */
    RestClient forTokens() {
        return RestClient.builder()
                .requestFactory(requests)
                .requestInterceptor(limited())
                .configureMessageConverters(converters -> {
                    converters.addCustomConverter(new FormHttpMessageConverter());
                    converters.addCustomConverter(new OAuth2AccessTokenResponseHttpMessageConverter());
                })
                .defaultStatusHandler(new OAuth2ErrorResponseErrorHandler())
                .build();
    }

    /** For its keys. */
    RestTemplate forKeys() {
        RestTemplate template = new RestTemplate(requests);
        template.setInterceptors(List.of(limited()));
        return template;
    }

    private static ClientHttpRequestInterceptor limited() {
        return (request, body, execution) -> new LimitedAnswer(execution.execute(request, body), LONGEST_ANSWER);
    }

    private static SSLContext trusting(Path file) {
        try (InputStream pem = Files.newInputStream(file)) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry("ca-" + trusted.size(), each);
            }
            if (trusted.size() == 0) {
                throw new IOException("it holds no certificate");
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new InvalidSetting(
                    "sidecar.access.oidc.ca-file",
                    file,
                    "be a readable file of certificates in PEM form (%s)".formatted(e.getMessage()));
        }
    }
}
