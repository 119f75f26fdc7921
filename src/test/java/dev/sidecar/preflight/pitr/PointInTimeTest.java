package dev.sidecar.preflight.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.support.MutableClock;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ssl.pem.PemContent;

class PointInTimeTest {

    private static final Path SECRETS = Path.of("/run/secrets");

    private final Map<String, String> settings = new HashMap<>(Map.of("PITR", "1", "PGDATA", "/data/18"));
    private final Map<Path, String> kept = new HashMap<>();
    private final MutableClock clock = new MutableClock("2026-11-28T05:00:00Z");

    @BeforeEach
    void secretsOfAnEarlierStep() {
        for (String service : List.of("sidecar", "pitr-archive")) {
            kept.put(SECRETS.resolve(service).resolve("pitr_cipher_pass"), "the-key-of-the-repository");
        }
        kept.put(SECRETS.resolve("pitr-source/pitr_password"), "the-password");
    }

    private PointInTime pitr() {
        return new PointInTime(
                name -> Optional.ofNullable(settings.get(name)),
                file -> Optional.ofNullable(kept.get(file)),
                SECRETS,
                clock);
    }

    /** @return how many changed */
    private long carryOut() {
        return pitr().files().entrySet().stream()
                .filter(file -> file.getValue()
                        .map(text -> !text.equals(kept.put(file.getKey(), text)))
                        .orElseGet(() -> kept.remove(file.getKey()) != null))
                .count();
    }

    private String file(String name) {
        return kept.getOrDefault(SECRETS.resolve(name), "");
    }

    private X509Certificate certificate(String name) throws GeneralSecurityException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(file(name).getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void theRepositorysKeyIsWithThoseWhoKeepItAndNobodyElse() {
        carryOut();

        assertThat(kept.entrySet().stream()
                        .filter(entry -> entry.getKey().endsWith("pgbackrest.conf")
                                && entry.getValue().contains("the-key-of-the-repository"))
                        .map(entry ->
                                SECRETS.relativize(entry.getKey()).getName(0).toString())
                        .toList())
                .containsExactlyInAnyOrder("pitr-archive", "sidecar");
        assertThat(file("postgres/pitr/pgbackrest.conf"))
                .contains(
                        "repo1-host=pitr-archive",
                        "archive-async=y",
                        "compress-level=1",
                        "archive-push-queue-max=1073741824")
                .contains("pg1-path=/data/18");
        assertThat(file("pitr-source/pitr/pgbackrest.conf"))
                .contains("tls-server-auth=sidecar=main", "pg1-user=pitr")
                .doesNotContain("repo1");
        assertThat(file("pitr-archive/pitr/pgbackrest.conf"))
                .contains("tls-server-auth=postgres=main", "tls-server-auth=pitr-beside=main")
                .contains("repo1-cipher-type=aes-256-cbc");
        assertThat(file("postgres/pitr/postgresql.conf"))
                .contains("archive_mode = on", "archive_timeout = 60s", "wal_compression = lz4");
    }

    @Test
    void everyCertificateIsOfOneAuthorityAndBelongsToItsKey() throws Exception {
        carryOut();

        X509Certificate authority = certificate("postgres/pitr/ca.crt");
        for (String service : List.of("postgres", "sidecar", "pitr-archive", "pitr-source", "pitr-beside")) {
            X509Certificate own = certificate(service + "/pitr/own.crt");
            own.checkValidity(java.util.Date.from(clock.instant()));
            own.verify(authority.getPublicKey());
            assertThat(own.getSubjectX500Principal().getName()).isEqualTo("CN=" + service);
            assertThat(own.getIssuerX500Principal()).isEqualTo(authority.getSubjectX500Principal());
            assertThat(own.getSubjectAlternativeNames()).containsExactly(List.of(2, service));
            assertThat(own.getBasicConstraints()).as("no authority").isEqualTo(-1);
            assertThat(PemContent.of(file(service + "/pitr/key.pem"))
                            .getPrivateKey()
                            .getAlgorithm())
                    .isEqualTo("EC");
            assertThat(file(service + "/pitr/ca.crt")).isEqualTo(file("postgres/pitr/ca.crt"));
        }
        assertThat(authority.getBasicConstraints()).isGreaterThanOrEqualTo(0);
    }

    @Test
    void aStrangersCertificateIsNotOfOurAuthority() throws Exception {
        carryOut();
        X509Certificate ours = certificate("postgres/pitr/ca.crt");
        kept.remove(SECRETS.resolve("pitr-source/pitr/key.pem"));
        carryOut();

        assertThatThrownBy(() -> certificate("sidecar/pitr/own.crt").verify(ours.getPublicKey()))
                .as("all are made anew when one is missing")
                .isInstanceOf(SignatureException.class);
    }

    @Test
    void aSecondRunChangesNothingUntilTheyExpireOrAnotherNameIsNeeded() throws Exception {
        carryOut();
        assertThat(carryOut()).isZero();

        clock.tick(Duration.ofDays(3300));
        assertThat(carryOut()).isPositive();
        assertThat(carryOut()).isZero();

        settings.put("PITR_ARCHIVE_HOST", "archive.our-team.net");
        assertThat(carryOut()).isPositive();
        assertThat(certificate("pitr-archive/pitr/own.crt").getSubjectAlternativeNames())
                .containsExactly(List.of(2, "pitr-archive"), List.of(2, "archive.our-team.net"));
    }

    @Test
    void switchedOffNothingIsConfiguredAndTheKeyStays() {
        carryOut();
        settings.put("PITR", "0");
        carryOut();

        assertThat(kept.keySet())
                .noneMatch(file -> file.endsWith("pgbackrest.conf") || file.endsWith("postgresql.conf"))
                .noneMatch(file -> file.toString().contains("sidecar.pitr"))
                .contains(SECRETS.resolve("sidecar/pitr_cipher_pass"));
    }

    @Test
    void aBucketTakesThePlaceOfTheVolume() {
        settings.putAll(Map.of(
                "PITR_BUCKET", "sets",
                "PITR_BUCKET_ENDPOINT", "s3.our-team.net",
                "PITR_BUCKET_REGION", "eu-1",
                "PITR_BUCKET_ACCESS_KEY", "AK",
                "PITR_BUCKET_PATH_STYLE", "1"));
        assertThat(pitr().problem())
                .hasValueSatisfying(problem -> assertThat(problem.setting()).isEqualTo("secrets/pitr_s3_secret_key"));
        for (String service : List.of("sidecar", "pitr-archive")) {
            kept.put(SECRETS.resolve(service).resolve("pitr_s3_secret_key"), "the-secret");
        }
        carryOut();

        assertThat(pitr().problem()).isEmpty();
        for (String service : List.of("sidecar", "pitr-archive")) {
            assertThat(file(service + "/pitr/pgbackrest.conf"))
                    .contains("repo1-type=s3", "repo1-s3-bucket=sets", "repo1-s3-key-secret=the-secret")
                    .contains("repo1-s3-uri-style=path");
        }
        assertThat(file("sidecar/settings/sidecar.pitr.repository")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PITR_BUCKET_ENDPOINT", "PITR_BUCKET_REGION", "PITR_BUCKET_ACCESS_KEY"})
    void aBucketWithoutItsAddressIsRefused(String missing) {
        for (String name :
                List.of("PITR_BUCKET", "PITR_BUCKET_ENDPOINT", "PITR_BUCKET_REGION", "PITR_BUCKET_ACCESS_KEY")) {
            settings.put(name, "set");
        }
        settings.remove(missing);

        assertThat(pitr().problem())
                .hasValueSatisfying(problem -> assertThat(problem.setting()).isEqualTo(missing));
    }

    @Test
    void aDatabaseElsewhereNeedsWhoGivesItsFiles() {
        settings.put("POSTGRES_HOST", "db.our-team.net");
        assertThat(pitr().problem())
                .hasValueSatisfying(problem -> assertThat(problem.setting()).isEqualTo("PITR_SOURCE_HOST"));

        settings.put("PITR_SOURCE_HOST", "db.our-team.net");
        assertThat(pitr().problem()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "800MB=838860800",
                "1GB=1073741824",
                "2048=2048",
                "5B=5",
                "3TB=3298534883328",
                "<fill in>=1073741824"
            })
    void theQueuesLimitIsInBytes(String sizes) {
        settings.put("PITR_QUEUE_MAX", sizes.substring(0, sizes.indexOf('=')));
        carryOut();

        assertThat(file("postgres/pitr/pgbackrest.conf"))
                .contains("archive-push-queue-max" + sizes.substring(sizes.indexOf('=')) + "\n");
    }
}
