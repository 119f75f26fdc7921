package dev.sidecar.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Something goes wrong while all run: troubles of the API, a cache, a certificate, backups, and of the alarm system itself. */
class FireDrillTest extends FireDrills {

    @Test
    @Order(1)
    void theWatchdogComesAgainAndAgain() {
        Awaitility.await("Watchdogs")
                .atMost(Duration.ofMinutes(2))
                .until(() -> told("Watchdog", "firing", "prometheus").count() >= 3);

        assertThat(mails("Watchdog")).isEmpty();
    }

    /** The proof of the control plane knocks at every door unannounced; far from the ten refusals in ten minutes that are an attack. */
    @Test
    @Order(2)
    void ourOwnProofIsNotTakenForAnAttack() {
        stack.sidecar().prove("SEC-6");
        double before = stack.sidecar().refused();

        stack.sidecar().prove("SEC-6");

        assertThat(stack.sidecar().refused() - before).isLessThanOrEqualTo(1);
        assertThat(told("ControlPlaneAuthFailures", "firing", "sidecar")).isEmpty();
    }

    /** An expired certificate, no backup, an API that fails, is slow and refuses logins, a Redis that fills up, guessed passwords. */
    @Test
    @Order(3)
    void faultsOfManyKindsAtOnceAreEachToldAndTheirEndToo() throws IOException {
        assertThat(stack.sidecar().takeBackup()).isEqualTo("DONE");
        stack.sidecar().trouble();
        fillRedis();
        assertThat(stack.sidecar().guessPasswords(15)).containsOnly(401);

        awaitTold("ControlPlaneAuthFailures", "firing", "sidecar");
        awaitTold("TlsCertificateExpiring", "firing", "nginx");
        awaitTold("AuthFailuresHigh", "firing", "api");
        awaitTold("ApiErrorRateHigh", "firing", "api");
        awaitTold("ApiLatencyP95High", "firing", "api");
        awaitTold("RedisMemoryHigh", "firing", "redis");
        awaitTold("BackupLate", "firing", "sidecar");
        awaitMail("ControlPlaneAuthFailures", "FIRING");
        awaitMail("TlsCertificateExpiring", "FIRING");
        awaitMail("AuthFailuresHigh", "FIRING");
        awaitMail("BackupLate", "FIRING");
        awaitMail("ApiErrorRateHigh", "FIRING");
        awaitMail("RedisMemoryHigh", "FIRING");

        stack.sidecar().calm();
        redis("FLUSHALL");
        assertThat(stack.sidecar().takeBackup()).isEqualTo("DONE");
        awaitTold("ControlPlaneAuthFailures", "resolved", "sidecar");
        awaitTold("AuthFailuresHigh", "resolved", "api");
        awaitTold("ApiErrorRateHigh", "resolved", "api");
        awaitTold("ApiLatencyP95High", "resolved", "api");
        awaitTold("RedisMemoryHigh", "resolved", "redis");
        awaitTold("BackupLate", "resolved", "sidecar");
    }

    /** Slack refuses; mail tells so. The file is broken; what runs goes on and tells that. */
    @Test
    @Order(4)
    void theAlarmSystemTellsItsOwnFaults() throws IOException {
        stack.outside.answer("/slack", request -> new Outside.Answer(403, java.util.Map.of(), "invalid_token"));
        Path config = stack.alertmanagerConfig();
        String right = Files.readString(config);
        Files.writeString(config, right.replace("receiver: default", "receiver: nobody"));
        assertThat(stack.reloadAlertmanager()).isEqualTo(500);

        awaitTold("ConfigReloadFailed", "firing", "alertmanager");
        awaitMail("NotificationsFailing", "FIRING");

        Files.writeString(config, right);
        assertThat(stack.reloadAlertmanager()).isEqualTo(200);
        awaitTold("ConfigReloadFailed", "resolved", "alertmanager");
    }

    private void fillRedis() throws IOException {
        for (int i = 0; i < 17; i++) {
            redis("SET", "key-" + i, "x".repeat(1_000_000));
        }
    }

    private void redis(String... words) throws IOException {
        StringBuilder command = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            command.append('$')
                    .append(word.length())
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        try (Socket socket = new Socket("127.0.0.1", stack.redisPort)) {
            OutputStream out = socket.getOutputStream();
            out.write(command.toString().getBytes(StandardCharsets.US_ASCII));
            out.flush();
            assertThat(new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII))
                    .isEqualTo("+OK");
        }
    }
}
