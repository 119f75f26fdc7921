package dev.sidecar.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sidecar.stack.ComposeStack.Result;
import dev.sidecar.support.TestCertificate;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The stack as it is started on a fresh clone, without Loki, Alloy and Grafana (FullStackTest has them). The tests share one start;
 * those that disturb it come last.
 */
@Tag("docker")
@Tag("stack")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StackTest {

    @TempDir
    static Path given;

    private static ComposeStack stack;
    private static List<String> services;
    private static HttpClient client;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(given, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        stack = new ComposeStack("stack", given);
        stack.build();
        services = stack.servicesFromStandIns();
        stack.up(services);
    }

    @AfterAll
    static void stop() {
        if (stack != null) {
            stack.close();
        }
    }

    private static List<String> longRunning() {
        return services.stream().filter(service -> !service.equals("preflight")).toList();
    }

    @Test
    void theFileIsCleanWithNothingSet() {
        Result config = stack.compose("config", "--quiet");

        assertThat(config.exitCode()).isZero();
        assertThat(config.all()).as("no warning about a variable or a field").isEmpty();
    }

    @Test
    void everyServiceRunsAndIsHealthyWhereItsImageCanTell() {
        assertThat(services).hasSizeGreaterThanOrEqualTo(13);
        for (String service : longRunning()) {
            assertThat(stack.inspect(service).at("/State/Status").asString())
                    .as(service)
                    .isEqualTo("running");
            if (!service.equals("nginx-exporter")) {
                assertThat(stack.inspect(service).at("/State/Health/Status").asString())
                        .as(service)
                        .isEqualTo("healthy");
            }
        }
        assertThat(stack.inspect("preflight").at("/State/ExitCode").asInt()).isZero();
    }

    @Test
    void preflightTellsWhatIsOnAndWhatIsOffAndASecondRunChangesNothing() {
        assertThat(stack.logs("preflight"))
                .contains("preflight: ready,")
                .containsPattern("ON\\s+isolation\\s+25 services; user 0: alloy")
                .containsPattern("OFF\\s+Slack\\s+no secrets/slack_webhook_url");
        Result again = stack.preflight(Map.of());
        assertThat(again.exitCode()).isZero();
        assertThat(again.out()).contains("preflight: ready, nothing had to be changed.");
    }

    @Test
    void everyTargetIsUpAndCarriesTheFourLabels() {
        await().atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofSeconds(2))
                .untilAsserted(() -> {
                    Map<String, String> health = new TreeMap<>();
                    for (JsonNode target :
                            json("PROMETHEUS_PORT", "/api/v1/targets").at("/data/activeTargets")) {
                        JsonNode labels = target.get("labels");
                        if (!List.of("loki", "alloy", "grafana")
                                .contains(labels.at("/job").asString())) {
                            health.put(
                                    labels.at("/job").asString() + " "
                                            + labels.at("/instance").asString(),
                                    target.get("health").asString()
                                            + target.get("lastError").asString());
                            assertThat(labels.at("/stack").asString())
                                    .as("stack of %s", labels)
                                    .isEqualTo("staging");
                            assertThat(labels.at("/host").asString())
                                    .as("host of %s", labels)
                                    .isNotEmpty();
                            assertThat(labels.at("/service").asString())
                                    .as("service of %s", labels)
                                    .isNotEmpty();
                            assertThat(labels.at("/role").asString())
                                    .as("role of %s", labels)
                                    .isIn("app", "exporter", "infra");
                        }
                    }
                    assertThat(health.keySet().stream()
                                    .map(target -> target.substring(0, target.indexOf(' ')))
                                    .distinct())
                            .contains(
                                    "sidecar",
                                    "api",
                                    "postgres",
                                    "redis",
                                    "node",
                                    "nginx",
                                    "blackbox",
                                    "prometheus",
                                    "alertmanager");
                    assertThat(health)
                            .allSatisfy((target, state) ->
                                    assertThat(state).as(target).isEqualTo("up"));
                });
    }

    @Test
    void theExportersReachWhatTheyWatch() {
        for (String metric : new String[] {"pg_up", "redis_up", "nginx_up"}) {
            await().atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofSeconds(2))
                    .untilAsserted(() -> assertThat(query(metric)).as(metric).isEqualTo("1"));
        }
    }

    @Test
    void noContainerIsRootOrHasARightThatItDoesNotNeed() throws IOException {
        for (String service : longRunning()) {
            JsonNode host = stack.inspect(service).get("HostConfig");
            assertThat(host.get("Privileged").asBoolean()).as(service).isFalse();
            assertThat(host.get("ReadonlyRootfs").asBoolean())
                    .as(service + " read only")
                    .isTrue();
            assertThat(host.get("CapDrop").toString()).as(service).isEqualTo("[\"ALL\"]");
            assertThat(host.get("CapAdd").toString()).as(service).isIn("null", "[]");
            assertThat(host.get("SecurityOpt").toString()).as(service).contains("no-new-privileges:true");
            assertThat(host.get("Memory").asLong()).as(service + " memory").isPositive();
            assertThat(host.get("NanoCpus").asLong()).as(service + " cpus").isPositive();
            assertThat(host.get("PidsLimit").asLong()).as(service + " pids").isPositive();
            assertThat(host.get("RestartPolicy").toString()).as(service).contains("unless-stopped");
            assertThat(host.get("LogConfig").toString()).as(service).contains("max-size", "com.docker.compose.service");
            assertThat(stack.inspect(service).get("Mounts").toString())
                    .as(service)
                    .doesNotContain("docker.sock");
            String status = Files.readString(
                    Path.of("/proc", stack.inspect(service).at("/State/Pid").asString(), "status"));
            assertThat(status).as(service).doesNotContainPattern("Uid:(\\t\\d+)*\\t0\\b");
            assertThat(status).as(service).containsPattern("CapEff:\\t0{16}").containsPattern("CapBnd:\\t0{16}");
        }
    }

    @Test
    void onlyTheEdgeIsPublishedBeyondThisMachine() {
        for (String service : longRunning()) {
            for (JsonNode bindings : stack.inspect(service).at("/NetworkSettings/Ports")) {
                for (JsonNode binding : bindings) {
                    if (!service.equals("nginx")) {
                        assertThat(binding.get("HostIp").asString()).as(service).isEqualTo("127.0.0.1");
                    }
                }
            }
        }
        assertThat(stack.inspect("postgres").at("/HostConfig/PortBindings").toString())
                .isIn("null", "{}");
        assertThat(stack.inspect("redis").at("/HostConfig/PortBindings").toString())
                .isIn("null", "{}");
    }

    @Test
    void theDatabaseIsClosedFromTheEdge() {
        assertThat(stack.exec("nginx", "nc", "-w", "3", "gateway", "8000").exitCode())
                .as("the probe itself works, from nginx")
                .isZero();
        for (String service : new String[] {"postgres", "redis"}) {
            String port = service.equals("postgres") ? "5432" : "6379";
            String address = stack.inspect(service)
                    .at("/NetworkSettings/Networks")
                    .iterator()
                    .next()
                    .get("IPAddress")
                    .asString();
            assertThat(stack.exec("nginx", "nc", "-w", "3", service, port).exitCode())
                    .as("nginx reaches %s by name", service)
                    .isNotZero();
            assertThat(stack.exec("nginx", "nc", "-w", "3", address, port).exitCode())
                    .as("nginx reaches %s by address", service)
                    .isNotZero();
            assertThat(stack.exec("sidecar", "bash", "-c", "exec 3<>/dev/tcp/" + address + "/" + port)
                            .exitCode())
                    .as("%s is there, seen from the sidecar", service)
                    .isZero();
        }
    }

    /** A compromised container, a local user and a web page: silences, deleted lines and figures are not for them. */
    @Test
    void theWatchersAreClosedToTheirNeighbours() throws Exception {
        for (String path : List.of("/api/v1/targets", "/metrics", "/")) {
            assertThat(status("PROMETHEUS_PORT", path, null)).as(path).isEqualTo(401);
        }
        for (String path : List.of("/api/v2/silences", "/api/v2/alerts", "/metrics", "/")) {
            assertThat(status("ALERTMANAGER_PORT", path, null)).as(path).isEqualTo(401);
        }
        assertThat(stack.exec("alertmanager", "nc", "-w", "3", "prometheus", "9090")
                        .exitCode())
                .as("the probe itself works")
                .isZero();
        for (String service : List.of("nginx", "redis")) {
            for (String watcher : List.of(
                    "prometheus:9090",
                    "alertmanager:9093",
                    "blackbox-exporter:9115",
                    "node-exporter:9100",
                    "postgres-exporter:9187")) {
                String[] address = watcher.split(":");
                boolean meets = service.equals("nginx") && watcher.startsWith("blackbox")
                        || service.equals("redis")
                                && (watcher.startsWith("postgres-") || watcher.startsWith("prometheus"));
                Result asked = stack.exec(
                        service,
                        "wget",
                        "-T",
                        "3",
                        "-O",
                        "/dev/null",
                        "http://" + watcher + "/probe?target=postgres:5432&module=tcp");
                assertThat(asked.exitCode())
                        .as("%s asks %s", service, address[0])
                        .isNotZero();
                assertThat(asked.all())
                        .as("%s asks %s", service, address[0])
                        .contains(meets ? "401 Unauthorized" : "bad address");
            }
        }
        assertThat(stack.compose("config").out()).as("Loki is not published").doesNotContain("3100:3100");
    }

    /** The owner of the database makes a view in the place of the one that the exporter reads. */
    @Test
    void theExporterReadsNothingThatTheApplicationMade() throws Exception {
        sql("app", """
                SET ROLE app;
                CREATE SCHEMA IF NOT EXISTS monitor;
                CREATE OR REPLACE FUNCTION public.caught() RETURNS bigint LANGUAGE plpgsql AS $$
                  BEGIN PERFORM 1 / 0; RETURN 1; END $$;
                CREATE VIEW public.pg_stat_statements AS SELECT 1 AS userid, 1 AS dbid, public.caught() AS queryid;
                CREATE VIEW public.pg_stat_database AS SELECT 1::oid AS datid, 'forged'::name AS datname, public.caught() AS numbackends;
                RESET ROLE;
                ALTER DATABASE app SET search_path = public, pg_catalog;
                """);
        try {
            stack.compose("restart", "postgres-exporter");
            await().atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofSeconds(2))
                    .untilAsserted(() -> assertThat(query("pg_scrape_collector_success{collector=\"stat_statements\"}"))
                            .isEqualTo("1"));
            assertThat(query("pg_stat_database_numbackends{datname=\"forged\"}"))
                    .isEmpty();
            assertThat(query("count(pg_stat_statements_calls_total) > 0")).isNotEmpty();
        } finally {
            sql("app", "ALTER DATABASE app RESET search_path");
            sql(
                    "app",
                    "DROP VIEW public.pg_stat_statements, public.pg_stat_database; DROP FUNCTION public.caught(); DROP SCHEMA monitor");
        }
    }

    @Test
    void eachServiceSeesItsOwnSecretsAlone() {
        List<String> withSecrets = List.of(
                "nginx",
                "gateway",
                "sidecar",
                "api",
                "postgres",
                "redis",
                "prometheus",
                "alertmanager",
                "postgres-exporter",
                "redis-exporter",
                "nginx-exporter",
                "node-exporter",
                "blackbox-exporter");
        for (String service : longRunning()) {
            List<String> mounted = new ArrayList<>();
            for (JsonNode mount : stack.inspect(service).get("Mounts")) {
                if (mount.get("Destination").asString().equals("/run/prover")) {
                    // The socket between the two; only the prover may put anything beside it.
                    assertThat(service).isIn("prover", "sidecar");
                    assertThat(mount.get("RW").asBoolean()).isEqualTo(service.equals("prover"));
                } else if (mount.get("Destination").asString().equals("/run/pitr-beside")) {
                    // It holds what the console asks of the instance beside, and what that answers.
                    assertThat(service).isIn("pitr-beside", "sidecar");
                } else if (mount.get("Destination").asString().startsWith("/run/")) {
                    mounted.add(mount.get("Destination").asString());
                    assertThat(mount.get("RW").asBoolean())
                            .as("%s may write %s", service, mount)
                            .isFalse();
                }
            }
            assertThat(mounted)
                    .as(service)
                    .isEqualTo(withSecrets.contains(service) ? List.of("/run/secrets/" + service) : List.of());
            // The image of nginx' exporter has no shell.
            if (withSecrets.contains(service) && !service.equals("nginx-exporter")) {
                Result found = stack.exec(
                        service,
                        "sh",
                        "-c",
                        "for f in /run/secrets/*/*; do if [ -f $f ]; then cat $f >/dev/null && echo $f; fi; done");
                assertThat(found.exitCode())
                        .as("%s reads its own: %s", service, found.err())
                        .isZero();
                assertThat(found.out().lines())
                        .as("what %s finds", service)
                        .allSatisfy(file -> assertThat(file).startsWith("/run/secrets/" + service + "/"));
            }
        }
        assertThat(stack.exec("sidecar", "bash", "-c", "stat -c '%a %u:%g' /run/secrets/sidecar/admin_password")
                        .out())
                .isEqualTo("640 10010:10010\n");
        assertThat(stack.exec("postgres", "bash", "-c", "stat -c '%a %u:%g' /run/secrets/postgres/app_password")
                        .out())
                .isEqualTo("640 10010:999\n");
    }

    @Test
    void noSecretIsInALogInTheEnvironmentOrInAnArgument() {
        Map<String, String> secrets = secrets();
        assertThat(secrets).hasSizeGreaterThan(12);
        StringBuilder seen =
                new StringBuilder(stack.compose("logs", "--no-color").all());
        for (String service : services) {
            seen.append(stack.docker("inspect", stack.container(service)).out());
            if (!service.equals("preflight")) {
                seen.append(stack.docker("top", stack.container(service), "-o", "pid,args")
                        .out());
            }
        }
        assertThat(seen).hasSizeGreaterThan(10_000);
        secrets.forEach(
                (file, value) -> assertThat(seen.indexOf(value)).as(file).isNegative());
    }

    @Test
    void theReadmesLineShowsGrafanasPassword() {
        Result shown = stack.compose(
                "run", "--rm", "--no-deps", "--entrypoint", "cat", "preflight", "/run/secrets/grafana/admin_password");
        assertThat(shown.out()).matches("[A-Za-z0-9]{32}");
    }

    @Test
    void thePasswordsInUseAreTheGeneratedOnesAndNoDefault() {
        assertThat(stack.exec("redis", "redis-cli", "ping").all()).contains("NOAUTH");
        assertThat(stack.exec("redis", "sh", "-c", "REDISCLI_AUTH=redis redis-cli ping")
                        .all())
                .contains("WRONGPASS");
        for (String password : new String[] {"postgres", "app", ""}) {
            Result login = stack.exec(
                    "sidecar",
                    "bash",
                    "-c",
                    "PGPASSWORD='" + password + "' psql -w -h postgres -U postgres -c 'SELECT 1'");
            assertThat(login.exitCode())
                    .as("PostgreSQL with password '%s'", password)
                    .isNotZero();
            assertThat(login.err()).containsAnyOf("password authentication failed", "no password supplied");
        }
        assertThat(stack.exec(
                                "sidecar",
                                "bash",
                                "-c",
                                "PGPASSWORD=$(cat /run/secrets/sidecar/db_password) psql -w -h postgres -U backup -d app -Atc 'SELECT current_user'")
                        .out())
                .isEqualTo("backup\n");
    }

    /** Its superuser backs up and restores until the documented command is run, and runs on while it is. */
    @Test
    void aStackFromBeforeGetsTheRolesByOneCommand() {
        String roles =
                "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname IN ('backup', 'restore') ORDER BY 1";
        assertThat(sql("postgres", roles)).isEqualTo("backup|f|t\nrestore|t|f\n");
        sql("postgres", "ALTER ROLE backup SUPERUSER NOBYPASSRLS");
        sql("postgres", "ALTER ROLE backup RESET ALL");
        sql("postgres", "REVOKE pg_read_all_data, pg_read_all_settings, pg_read_all_stats FROM backup");
        sql("postgres", "ALTER ROLE restore RENAME TO restore_later");
        sql("app", "REVOKE CONNECT ON DATABASE app FROM backup");
        sql("app", "CREATE TABLE owned_by_backup ()");
        sql("app", "ALTER TABLE owned_by_backup OWNER TO backup");

        for (int run = 0; run < 2; run++) {
            Result made = stack.exec("postgres", "/docker-entrypoint-initdb.d/20-backup-roles.sh");
            assertThat(made.exitCode()).as(made.all()).isZero();
            assertThat(made.all()).isEmpty();
            assertThat(sql("postgres", roles)).isEqualTo("backup|f|t\nrestore|t|f\n");
        }

        assertThat(sql("app", "SELECT tableowner FROM pg_tables WHERE tablename = 'owned_by_backup'"))
                .isEqualTo("restore\n");
        assertThat(sql("app", "SELECT has_database_privilege('backup', 'app', 'CONNECT')"))
                .isEqualTo("t\n");
        for (String login : List.of("backup db_password", "restore settings/sidecar.backup.restore.password")) {
            String role = login.split(" ")[0];
            assertThat(stack.exec(
                                    "sidecar",
                                    "bash",
                                    "-c",
                                    "PGPASSWORD=$(cat /run/secrets/sidecar/%s) psql -w -h postgres -U %s -d app -Atc 'SELECT current_user'"
                                            .formatted(login.split(" ")[1], role))
                            .out())
                    .isEqualTo(role + "\n");
        }
        sql("postgres", "COMMENT ON ROLE restore IS 'of the team'");
        Result refused = stack.exec("postgres", "/docker-entrypoint-initdb.d/20-backup-roles.sh");
        assertThat(refused.exitCode()).isNotZero();
        assertThat(refused.all()).contains("which this stack did not make");
        sql("postgres", "COMMENT ON ROLE restore IS 'restores backups, made by the sidecar'");
        sql("app", "DROP TABLE owned_by_backup");
        sql("postgres", "DROP ROLE restore_later");
    }

    @Test
    void theDatabaseRecordsStatementsAndAuditsWhatIsChanged() {
        Result extensions = stack.exec(
                "postgres",
                "psql",
                "-U",
                "postgres",
                "-d",
                "app",
                "-Atc",
                "SELECT extname FROM pg_extension ORDER BY 1");
        assertThat(extensions.out()).contains("pg_stat_statements", "pgaudit");
        String table = "audit_" + UUID.randomUUID().toString().substring(0, 8);
        stack.exec(
                "postgres",
                "psql",
                "-U",
                "postgres",
                "-d",
                "app",
                "-c",
                "CREATE TABLE " + table + " (); DROP TABLE " + table);
        String log = stack.exec("postgres", "sh", "-c", "cat /var/log/postgresql/*.json")
                .out();
        assertThat(log.lines().filter(line -> line.contains("AUDIT:") && line.contains("CREATE TABLE " + table)))
                .hasSize(1)
                .allSatisfy(line -> assertThat(
                                JsonMapper.shared().readTree(line).get("dbname").asString())
                        .isEqualTo("app"));
        assertThat(log).contains("connection authorized");
    }

    @Test
    void theControlPlaneLetsNobodyInWithoutWhatItTakes() throws Exception {
        Map<String, String> secrets = secrets();
        assertThat(status("CONTROL_PORT", "/api/report", null)).isEqualTo(401);
        assertThat(status("CONTROL_PORT", "/actuator/prometheus", null))
                .as("not from inside")
                .isEqualTo(401);
        assertThat(status("CONTROL_PORT", "/actuator/prometheus", "Bearer wrong"))
                .isEqualTo(401);
        assertThat(status("CONTROL_PORT", "/actuator/prometheus", "Bearer " + secrets.get("prometheus/metrics_token")))
                .isEqualTo(200);
        assertThat(status("CONTROL_PORT", "/actuator/env", "Bearer " + secrets.get("prometheus/metrics_token")))
                .isEqualTo(404);
        assertThat(status("CONTROL_PORT", "/hooks/alerts/webhook", "Bearer wrong"))
                .isEqualTo(401);
        assertThat(status("CONTROL_PORT", "/hooks/no-such", "Bearer " + secrets.get("alertmanager/sidecar_token")))
                .isEqualTo(404);
    }

    @Test
    void oneRequestCarriesOneIdThroughTheLogsOfAllItCrosses() throws Exception {
        String id = "stack-test-" + UUID.randomUUID();
        HttpResponse<String> response = get("EDGE_PORT", "/api/products", "X-Request-ID", id);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().allValues("X-Request-ID")).containsExactly(id);

        for (String service : new String[] {"nginx", "gateway", "api"}) {
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(stack.logs(service)
                                    .lines()
                                    .filter(line -> line.contains("\"request_id\":\"" + id + "\"")))
                            .as("lines of " + service)
                            .isNotEmpty()
                            .allSatisfy(line -> assertThat(
                                            JsonMapper.shared().readTree(line).isObject())
                                    .isTrue()));
        }
    }

    @Test
    void anIdThatIsMissingOrMalformedIsMadeByTheGatewayAndLoggedByNginx() throws Exception {
        for (HttpResponse<String> response : List.of(
                get("EDGE_PORT", "/api/products", "Accept", "*/*"),
                get("EDGE_PORT", "/api/products", "X-Request-ID", "not well formed!"))) {
            List<String> ids = response.headers().allValues("X-Request-ID");
            assertThat(ids)
                    .hasSize(1)
                    .allSatisfy(id -> assertThat(UUID.fromString(id).version()).isEqualTo(7));
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () -> assertThat(stack.logs("nginx")).contains("\"request_id\":\"" + ids.get(0) + "\""));
        }
    }

    @Test
    void nginxLogsOneJsonObjectPerRequestWithoutTheQueryString() throws Exception {
        get("EDGE_PORT", "/api/products?token=do-not-log&x=%22%5C", "User-Agent", "quote\" and back\\slash");
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            List<JsonNode> lines = stack.logs("nginx")
                    .lines()
                    .filter(line -> line.contains("back") && line.startsWith("{"))
                    .map(line -> JsonMapper.shared().readTree(line))
                    .toList();
            assertThat(lines).isNotEmpty().allSatisfy(line -> {
                assertThat(line.get("path").asString()).isEqualTo("/api/products");
                assertThat(line.get("user_agent").asString()).isEqualTo("quote\" and back\\slash");
                assertThat(line.get("duration_ms").isNumber()).isTrue();
                assertThat(line.get("status").isNumber()).isTrue();
            });
        });
        assertThat(stack.logs("nginx")).doesNotContain("do-not-log");
    }

    @Test
    void aBackupTakenOnTheHostIsProvenAndRestoredInTheStack() {
        String table = "kept_" + UUID.randomUUID().toString().substring(0, 8);
        sql("app", "CREATE TABLE " + table + " AS SELECT i FROM generate_series(1, 1000) i");

        // The first backup by itself waits for the API's tables, and may be running now: on a busy machine for minutes.
        Result taken = await().atMost(Duration.ofMinutes(10))
                .until(() -> stack.script("backup/backup-postgres.sh", "app"), result -> result.exitCode() != 5);
        assertThat(taken.exitCode()).as(taken.all()).isZero();
        JsonNode backups = JsonMapper.shared()
                .readTree(stack.script("backup/sidecar.sh", "list", "--database", "app", "--json")
                        .out());
        assertThat(backups.toString()).as("what was taken: %s", taken.all()).contains("\"manual\"", "\"L4\"");

        String restored = table + "_restored";
        Result restore = stack.script(
                "backup/restore-postgres.sh", "latest", "--database", "app", "--into", restored, "--privileged");
        assertThat(restore.exitCode()).as(restore.all()).isZero();
        assertThat(sql(restored, "SELECT count(*), sum(i) FROM " + table)).isEqualTo("1000|500500\n");
        assertThat(sql(restored, "SELECT extname FROM pg_extension ORDER BY 1"))
                .contains("pg_stat_statements", "pgaudit");

        assertThat(stack.script("backup/restore-postgres.sh", "latest", "--database", "app", "--into", restored)
                        .exitCode())
                .as("a database of that name is there")
                .isEqualTo(6);
        assertThat(stack.script("backup/verify-backup.sh", "app.20200101T020000Z.daily.00000000")
                        .exitCode())
                .as("no such backup")
                .isEqualTo(4);
        assertThat(stack.script("backup/backup-postgres.sh", "--no-such-option").exitCode())
                .isEqualTo(2);
        sql("postgres", "DROP DATABASE " + restored);
        sql("app", "DROP TABLE " + table);
    }

    @Test
    void aServiceThatIsLoosenedBreaksTheProofOfIsolationByItsName(@TempDir Path folder) throws Exception {
        Path loosened = folder.resolve("loosened.yml");
        Files.writeString(
                loosened,
                Files.readString(Path.of(ComposeStack.FILE))
                        .replace(
                                "  redis:\n    <<: *hardened\n",
                                "  redis:\n    <<: *hardened\n    privileged: true\n"));
        Files.setPosixFilePermissions(folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(isolation()).startsWith("HELD 25 services");

        Result preflight = stack.compose(
                "run", "--rm", "--no-deps", "--volume", loosened + ":/stack/" + ComposeStack.FILE + ":ro", "preflight");
        assertThat(preflight.out()).containsPattern("NOTE\\s+isolation of redis\\s+privileged");
        assertThat(isolation()).startsWith("BROKEN 1 weaknesses: redis: privileged");

        assertThat(stack.preflight(Map.of()).exitCode()).isZero();
        assertThat(isolation()).startsWith("HELD 25 services");
    }

    /** Runs the drill now, and what it found. */
    private static String isolation() throws Exception {
        String login = "Basic "
                + java.util.Base64.getEncoder()
                        .encodeToString(("admin:" + secrets().get("sidecar/admin_password")).getBytes());
        Instant asked = Instant.now();
        HttpResponse<String> accepted = client.send(
                HttpRequest.newBuilder(URI.create(stack.url("CONTROL_PORT", "/api/report/drills/SEC-4")))
                        .header("Authorization", login)
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        return await().atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofSeconds(1))
                .until(
                        () -> {
                            for (JsonNode proof : JsonMapper.shared()
                                    .readTree(get("CONTROL_PORT", "/api/report", "Authorization", login)
                                            .body())
                                    .get("proofs")) {
                                if (proof.get("id").asString().equals("SEC-4")
                                        && Instant.parse(proof.get("at").asString())
                                                .isAfter(asked)) {
                                    return proof.get("verdict").asString() + " "
                                            + proof.get("evidence").asString();
                                }
                            }
                            return "";
                        },
                        found -> !found.isEmpty());
    }

    private static String sql(String database, String statement) {
        Result result = stack.exec("postgres", "psql", "-U", "postgres", "-d", database, "-Atc", statement);
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    /**
     * A crash of the control plane, a stop and a restart, each under load through nginx, gateway and API. Meanwhile the gateway keeps to
     * its memory: the figure that the engine shows, which leaves out file pages that the kernel may take back at any time.
     */
    @Test
    @Order(Integer.MAX_VALUE - 5)
    void whateverHappensToTheControlPlaneCostsTheApiNoRequestAndTheGatewayStaysSmall() throws Exception {
        String gateway = stack.inspect("gateway").at("/State/StartedAt").asString();
        try (SteadyLoad load = new SteadyLoad(URI.create(stack.url("EDGE_PORT", "/api/products/1")), 170)) {
            load.awaitMore(1000);
            String crashed = stack.inspect("sidecar").at("/State/StartedAt").asString();
            stack.crash("sidecar");
            awaitRestart("sidecar", crashed);
            load.awaitMore(2000);

            assertThat(stack.compose("stop", "--timeout", "30", "sidecar").exitCode())
                    .isZero();
            load.awaitMore(2000);
            assertThat(stack.inspect("sidecar").at("/State/Status").asString()).isEqualTo("exited");
            String stopped = stack.inspect("sidecar").at("/State/StartedAt").asString();
            assertThat(stack.compose("start", "sidecar").exitCode()).isZero();
            awaitRestart("sidecar", stopped);

            String restarted = stack.inspect("sidecar").at("/State/StartedAt").asString();
            assertThat(stack.compose("restart", "sidecar").exitCode()).isZero();
            awaitRestart("sidecar", restarted);
            load.awaitMore(Math.max(2000, 60 * 170 - load.served()));

            assertThat(load.failures()).isEmpty();
            assertThat(load.served()).isGreaterThanOrEqualTo(60 * 170);
            assertThat(mebibytes("gateway")).as("MiB of the gateway").isLessThanOrEqualTo(120);
        }
        assertThat(stack.inspect("gateway").at("/State/StartedAt").asString())
                .as("start of the gateway")
                .isEqualTo(gateway);
    }

    /** Of one address: half a head, which nginx or the gateway holds itself, and a body that never ends. Another address asks meanwhile. */
    @Test
    @Order(Integer.MAX_VALUE - 4)
    void elevenHundredSlowClientsOfOneAddressCostAnotherNothing() throws Exception {
        String half = "GET /api/products/1 HTTP/1.1\r\nHost: a\r\n";
        String endless = "POST /api/products HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx";
        // nginx is a neighbour of itself; to the gateway, whose trusted proxy it is, the neighbour is Redis' container.
        Map<String, String> neighbours =
                Map.of("EDGE_PORT", "nginx http://127.0.0.1:8080", "GATEWAY_PORT", "redis http://gateway:8000");
        for (Map.Entry<String, String> neighbour : neighbours.entrySet()) {
            String[] who = neighbour.getValue().split(" ");
            for (String slow : List.of(half, endless)) {
                List<Socket> flood = new ArrayList<>();
                try {
                    URI flooded = URI.create(stack.url(neighbour.getKey(), "/"));
                    for (int i = 0; i < 1100; i++) {
                        flood.add(slowClient(flooded, slow));
                    }
                    Result asked = stack.exec(
                            who[0],
                            "sh",
                            "-c",
                            "for i in $(seq 50); do wget -q -T 10 -O /dev/null %s/api/products/1 && echo served; done"
                                    .formatted(who[1]));
                    assertThat(asked.out().lines())
                            .as("%s, flooded with %s: %s", who[1], slow, asked.err())
                            .hasSize(50);
                } finally {
                    for (Socket socket : flood) {
                        socket.close();
                    }
                }
            }
        }
        await("what RateLimitExceeded counts")
                .atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(Double.parseDouble(
                                query("sum(sidecar_gateway_connections_closed_total{reason=\"client_limit\"})")))
                        .isGreaterThan(100));
    }

    /** The gateway may refuse it or close it at once. */
    private static Socket slowClient(URI address, String request) throws IOException {
        Socket socket = new Socket(address.getHost(), address.getPort());
        try {
            socket.getOutputStream().write(request.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // That is the point.
        }
        return socket;
    }

    private static void awaitRestart(String service, String before) {
        await("start of " + service).atMost(Duration.ofMinutes(5)).until(() -> {
            JsonNode state = stack.inspect(service).get("State");
            return !state.get("StartedAt").asString().equals(before)
                    && state.get("Status").asString().equals("running")
                    && (state.get("Health") == null
                            || state.at("/Health/Status").asString().equals("healthy"));
        });
    }

    /** @return the container's memory as the engine shows it */
    private static double mebibytes(String service) {
        String shown = stack.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", stack.container(service))
                .out();
        assertThat(shown).matches("[0-9.]+MiB / .*\\s*");
        return Double.parseDouble(shown.substring(0, shown.indexOf("MiB")));
    }

    @Test
    @Order(Integer.MAX_VALUE - 3)
    void preflightStopsTheStackWhenSomethingIsWrong() throws IOException {
        Path bad = Files.createDirectory(given.resolve(".bad"));
        Files.setPosixFilePermissions(bad, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(bad.resolve("redis_password"), "changeme");
        Files.writeString(bad.resolve("smtp_pasword"), "misspelt-but-long");
        Files.writeString(bad.resolve("tls.crt"), "no certificate");
        Files.writeString(bad.resolve("webhook_token"), "another-token-of-this-stack");
        Files.setPosixFilePermissions(
                bad.resolve("webhook_token"), java.nio.file.attribute.PosixFilePermissions.fromString("---------"));
        Map<String, String> before = secrets();

        Result result = stack.preflight(Map.of(
                "SECRETS_DIR", bad.toString(),
                "SMTP_SMARTHOST", "mail.our-team.test",
                "ALERT_MAIL_TO", "ops@our-team.test",
                "EXTRA_TARGETS", "worker:9400"));

        assertThat(result.exitCode()).as(result.all()).isEqualTo(1);
        for (String subject : new String[] {
            "secrets/redis_password",
            "secrets/smtp_pasword",
            "secrets/tls.key",
            "secrets/webhook_token",
            "SMTP_SMARTHOST",
            "SMTP_FROM",
            "EXTRA_TARGETS"
        }) {
            assertThat(result.out()).containsPattern("WRONG\\s+" + subject + "\\s.*Fix: ");
        }
        assertThat(result.out()).doesNotContain("changeme", "misspelt-but-long").contains("nothing was written");
        assertThat(secrets()).isEqualTo(before);
        Result wrongIdentity = stack.preflight(Map.of("SIDECAR_STACK", "not a label"));
        assertThat(wrongIdentity.exitCode()).isNotZero();
        assertThat(wrongIdentity.all()).contains("sidecar.stack is 'not a label'");
    }

    @Test
    @Order(Integer.MAX_VALUE - 2)
    void whateverIsKilledComesBackAndNothingElseFailsForGood() throws Exception {
        for (String service : longRunning()) {
            String before = stack.inspect(service).at("/State/StartedAt").asString();
            stack.crash(service);
            awaitRestart(service, before);
        }
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(get("EDGE_PORT", "/api/products", "Accept", "*/*")
                                .statusCode())
                        .isEqualTo(200));
        everyServiceRunsAndIsHealthyWhereItsImageCanTell();
        everyTargetIsUpAndCarriesTheFourLabels();
        theExportersReachWhatTheyWatch();
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void aRestartOfTheWholeStackKeepsDataAndSecrets() throws Exception {
        Map<String, String> before = secrets();
        String marker = "kept_" + UUID.randomUUID().toString().substring(0, 8);
        stack.exec(
                "postgres",
                "psql",
                "-U",
                "postgres",
                "-d",
                "app",
                "-c",
                "CREATE TABLE " + marker + " AS SELECT 1 AS one");
        stack.exec(
                "redis",
                "sh",
                "-c",
                "REDISCLI_AUTH=$(cat /run/secrets/redis/password) redis-cli set " + marker + " yes");
        stack.exec("sidecar", "bash", "-c", "touch /var/lib/sidecar/backups/" + marker);
        long scraped = Math.round(Double.parseDouble(query("min(process_start_time_seconds{job=\"prometheus\"})")));

        TestCertificate certificate =
                TestCertificate.make(given, "EC", Instant.now().minusSeconds(60), Duration.ofDays(90));
        Files.writeString(given.resolve("tls.crt"), certificate.certificate());
        Files.writeString(given.resolve("tls.key"), certificate.key());

        Result down = stack.compose("down", "--timeout", "30");
        assertThat(down.exitCode()).as(down.all()).isZero();
        stack.up(services);

        Map<String, String> after = secrets();
        assertThat(after.remove("nginx/tls.key")).as("the edge's key").isNotNull();
        assertThat(after).isEqualTo(before);
        assertThat(stack.exec("postgres", "psql", "-U", "postgres", "-d", "app", "-Atc", "TABLE " + marker)
                        .out())
                .isEqualTo("1\n");
        assertThat(stack.exec(
                                "redis",
                                "sh",
                                "-c",
                                "REDISCLI_AUTH=$(cat /run/secrets/redis/password) redis-cli get " + marker)
                        .out())
                .isEqualTo("yes\n");
        assertThat(stack.exec("sidecar", "bash", "-c", "ls /var/lib/sidecar/backups/")
                        .out())
                .contains(marker);
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofSeconds(2))
                .untilAsserted(() -> assertThat(Math.round(Double.parseDouble(
                                query("min_over_time(process_start_time_seconds{job=\"prometheus\"}[1h])"))))
                        .as("samples from before the restart")
                        .isLessThanOrEqualTo(scraped));
        assertThat(certificateOfTheEdge()).isEqualTo(certificate.certificate());
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofSeconds(2))
                .untilAsserted(() ->
                        assertThat(query("probe_ssl_earliest_cert_expiry")).isNotEmpty());
    }

    private static String certificateOfTheEdge() throws Exception {
        TrustManager everybody = new X509ExtendedTrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {everybody}, null);
        URI edge = URI.create(stack.url("EDGE_TLS_PORT", "/"));
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(edge.getHost(), edge.getPort())) {
            socket.startHandshake();
            return TestCertificate.pem(
                    "CERTIFICATE", socket.getSession().getPeerCertificates()[0].getEncoded());
        }
    }

    /** Every secret of the stack by file; those that are part of others (a rendered line, a report) are left out. */
    private static Map<String, String> secrets() {
        Result listed = stack.compose(
                "run",
                "--rm",
                "--no-deps",
                "--entrypoint",
                "bash",
                "preflight",
                "-c",
                "cd /run/secrets && for f in */*; do [ -f $f ] && printf '%s=%s\\n' $f \"$(head -n 1 $f)\"; done; true");
        Map<String, String> secrets = new TreeMap<>();
        listed.out()
                .lines()
                .map(line -> line.split("=", 2))
                .filter(entry -> entry.length == 2 && !entry[0].matches(".*\\.(conf|json|crt|yml|pem)"))
                .forEach(entry -> secrets.put(entry[0], entry[1]));
        return secrets;
    }

    private static String query(String expression) throws Exception {
        JsonNode results = json(
                        "PROMETHEUS_PORT",
                        "/api/v1/query?query="
                                + java.net.URLEncoder.encode(expression, java.nio.charset.StandardCharsets.UTF_8))
                .at("/data/result");
        return results.isEmpty() ? "" : results.get(0).get("value").get(1).asString();
    }

    private static JsonNode json(String port, String path) throws Exception {
        return JsonMapper.shared()
                .readTree(get(port, path, "Authorization", stack.prometheusLogin())
                        .body());
    }

    private static HttpResponse<String> get(String port, String path, String header, String value) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(stack.url(port, path)))
                        .timeout(Duration.ofSeconds(20))
                        .header(header, value)
                        .build(),
                BodyHandlers.ofString());
    }

    private static int status(String port, String path, String authorization) throws Exception {
        return authorization == null
                ? get(port, path, "Accept", "*/*").statusCode()
                : get(port, path, "Authorization", authorization).statusCode();
    }
}
