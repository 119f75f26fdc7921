package dev.sidecar.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class GrafanaViewerTest {

    @TempDir
    Path secrets;

    @Test
    void theTokenIsSignedByTheKeyThatGrafanaGetsAndNobodyCanSignAnother() throws Exception {
        run();

        String[] token = Files.readString(secrets.resolve("sidecar/grafana_viewer_token"))
                .split("\\.");
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(KeyFactory.getInstance("EC")
                .generatePublic(new X509EncodedKeySpec(
                        Base64.getMimeDecoder().decode(key().replaceAll("-----[A-Z ]+-----", "")))));
        signature.update((token[0] + "." + token[1]).getBytes(StandardCharsets.US_ASCII));
        assertThat(signature.verify(Base64.getUrlDecoder().decode(token[2]))).isTrue();
        assertThat(JsonMapper.shared()
                        .readTree(Base64.getUrlDecoder().decode(token[1]))
                        .toString())
                .isEqualTo("{\"iss\":\"preflight\",\"sub\":\"sidecar\"}");
        try (var files = Files.walk(secrets)) {
            assertThat(files.filter(Files::isRegularFile))
                    .hasSize(2)
                    .noneSatisfy(file -> assertThat(Files.readString(file)).contains("PRIVATE"));
        }
    }

    @Test
    void bothAreKeptOrMadeAnewTogether() throws Exception {
        run();
        String first = key();
        run();
        assertThat(key()).isEqualTo(first);

        Files.delete(secrets.resolve("sidecar/grafana_viewer_token"));
        run();
        assertThat(key()).isNotEqualTo(first);
    }

    private String key() throws Exception {
        return Files.readString(secrets.resolve("grafana/viewer_key.pem"));
    }

    private void run() throws Exception {
        Plan plan = new Plan();
        new GrafanaViewer(secrets).prepare(plan);
        plan.carryOut();
    }
}
