package dev.sidecar.stores;

import dev.sidecar.secrets.Secret;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.stores.StoreProperties.S3;
import dev.sidecar.text.Limited;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;

/**
 * Connects to the bucket with timeouts and retries.
 *
 * @param connect how long to wait for a connection
 * @param silence how long an open connection may be silent before it counts as broken
 * @param attempt how long one attempt of a request may take, its body included
 * @param attempts how often a request is tried before it fails
 */
record S3Connection(Duration connect, Duration silence, Duration attempt, int attempts) {

    /** Java keeps so many connections to a server, and a server may have ended all of them: each costs an attempt. */
    private static final int KEPT_CONNECTIONS = 5;

    static final S3Connection PATIENT = new S3Connection(
            Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMinutes(5), KEPT_CONNECTIONS + 3);

    private static final int PART_BYTES = 8 << 20;
    static final String SETTING = "sidecar.backup.s3";

    S3Store open(S3 settings) {
        return open(settings, PART_BYTES);
    }

    /** Opens a bucket that is only read. @param setting the settings that it comes from, for messages */
    S3Store openToRead(String setting, S3 settings) {
        return open(setting, settings, PART_BYTES);
    }

    S3Store open(S3 settings, int partBytes) {
        return open(SETTING, settings, partBytes);
    }

    private S3Store open(String setting, S3 settings, int partBytes) {
        S3ClientBuilder builder = S3Client.builder()
                .region(Region.of(settings.region()))
                .credentialsProvider(credentials(setting, settings))
                // Self-hosted servers have no DNS entries for buckets as host names.
                .forcePathStyle(true)
                // Many servers do not know trailing checksums; the MD5 of each part and our SHA-256 prove more.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(connect)
                        .socketTimeout(silence))
                .overrideConfiguration(override -> override.apiCallAttemptTimeout(attempt)
                        .addExecutionInterceptor(new LimitedAnswers())
                        .retryStrategy(DefaultRetryStrategy.standardStrategyBuilder()
                                .maxAttempts(attempts)
                                .build()));
        if (!settings.endpoint().isBlank()) {
            builder.endpointOverride(endpoint(setting, settings.endpoint()));
        }
        return new S3Store(
                setting,
                builder.build(),
                settings.bucket(),
                settings.prefix(),
                partBytes,
                attempt.multipliedBy(attempts),
                attempt);
    }

    /** Limits what is read as a whole: a list of a thousand keys has two megabytes at most. */
    private static final class LimitedAnswers implements ExecutionInterceptor {

        private static final long LONGEST = 8L << 20;

        @Override
        public Optional<InputStream> modifyHttpResponseContent(
                Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
            boolean isFile = context.request() instanceof GetObjectRequest
                    && context.httpResponse().isSuccessful();
            return isFile ? context.responseBody() : context.responseBody().map(body -> Limited.stream(body, LONGEST));
        }
    }

    private static URI endpoint(String setting, String endpoint) {
        try {
            URI uri = URI.create(endpoint);
            InvalidSetting.unless(
                    uri.getHost() != null,
                    setting + ".endpoint",
                    endpoint,
                    "be an address such as https://s3.example.org");
            return uri;
        } catch (IllegalArgumentException e) {
            throw new InvalidSetting(setting + ".endpoint", endpoint, "be an address such as https://s3.example.org");
        }
    }

    private static AwsCredentialsProvider credentials(String setting, S3 settings) {
        if (settings.accessKey().isBlank()) {
            return DefaultCredentialsProvider.builder().build();
        }
        Secret secretKey = settings.secretKey();
        if (secretKey == null) {
            throw new InvalidSetting(
                    setting + ".secret-key", "", "be set when %s.access-key is set".formatted(setting));
        }
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(settings.accessKey(), secretKey.reveal()));
    }
}
