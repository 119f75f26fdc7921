package dev.sidecar.proofs.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.grafana.TestGrafana;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Verdict;
import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is tried again because another program is away must not look like an attack: RedisAuthFailures fires at six refusals in ten minutes. */
class DefaultPasswordsProofTest {

    private final AtomicInteger passwords = new AtomicInteger();
    private final int grafana = FreePort.get();
    private ServerSocket redis;
    private String host = "127.0.0.1";
    private volatile String ping = "-NOAUTH Authentication required.";

    @BeforeEach
    void start() throws IOException {
        redis = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve);
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void stop() throws IOException {
        redis.close();
    }

    @Test
    void whileAnotherProgramIsAwayAPasswordThatWasRefusedIsNotTriedAgain() throws Exception {
        DefaultPasswordsProof proof = proof(Clock.systemUTC());

        for (int i = 0; i < 6; i++) {
            Finding found = proof.prove();
            assertThat(found.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
            assertThat(found.evidence())
                    .startsWith("Could not test Grafana (admin/admin): ")
                    .doesNotContain("..");
        }

        assertThat(passwords).hasValue(1);

        HttpServer back = grafanaIsBack();
        try {
            assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);
            assertThat(passwords).hasValue(1);
            assertThat(proof.prove().verdict()).isEqualTo(Verdict.HELD);
            assertThat(passwords).as("a new drill").hasValue(2);
        } finally {
            back.stop(0);
        }
    }

    /** A Redis without a password that still loads its data, or another program at that port, has not refused anybody. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-LOADING Redis is loading the dataset in memory",
                "-BUSY Redis is busy running a script.",
                "HTTP/1.1 400 Bad Request"
            })
    void whatIsNoAnswerToALoginProvesNothing(String answer) throws Exception {
        ping = answer;
        HttpServer back = grafanaIsBack();
        try {
            Finding found = proof(Clock.systemUTC()).prove();

            assertThat(found.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
            assertThat(found.evidence()).contains("'" + answer + "', which neither accepts nor rejects it");
        } finally {
            back.stop(0);
        }
    }

    @Test
    void whatIsNotSetUpIsNamed() throws Exception {
        HttpServer back = grafanaIsBack();
        try {
            assertThat(proof(Clock.systemUTC()).prove())
                    .isEqualTo(
                            Finding.held(
                                    "Rejected: Grafana (admin/admin), Redis (no password, foobared). Not set up, so not tested: PostgreSQL."));
        } finally {
            back.stop(0);
        }
    }

    @Test
    void afterTheWindowOfTheRulesItIsTriedAgain() {
        AtomicInteger minutes = new AtomicInteger();
        DefaultPasswordsProof proof = proof(new Clock() {
            @Override
            public java.time.ZoneId getZone() {
                return java.time.ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public java.time.Instant instant() {
                return java.time.Instant.EPOCH.plus(Duration.ofMinutes(minutes.get()));
            }
        });
        proof.prove();

        minutes.set(16);
        proof.prove();

        assertThat(passwords).hasValue(2);
    }

    @Test
    void aRedisAtAnAddressOfIpv6IsAskedToo() {
        host = "[::ffff:127.0.0.1]";

        proof(Clock.systemUTC()).prove();

        assertThat(passwords).hasValue(1);
    }

    private DefaultPasswordsProof proof(Clock clock) {
        return new DefaultPasswordsProof(
                TestGrafana.at(URI.create("http://127.0.0.1:" + grafana)),
                TestPostgres.of(Map.of()),
                new SecurityProofsProperties(host + ":" + redis.getLocalPort(), null),
                clock);
    }

    private HttpServer grafanaIsBack() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", grafana), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private void serve() {
        while (!redis.isClosed()) {
            try (Socket client = redis.accept()) {
                byte[] command = new byte[100];
                for (int length = client.getInputStream().read(command);
                        length > 0;
                        length = client.getInputStream().read(command)) {
                    boolean login = new String(command, 0, length, StandardCharsets.US_ASCII).startsWith("AUTH");
                    if (login) {
                        passwords.incrementAndGet();
                    }
                    String says = login ? "-WRONGPASS invalid username-password pair" : ping;
                    client.getOutputStream().write((says + "\r\n").getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException e) {
                // The test has ended, or a client has gone.
            }
        }
    }
}
