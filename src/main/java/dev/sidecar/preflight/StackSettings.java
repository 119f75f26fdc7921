package dev.sidecar.preflight;

import java.nio.file.FileSystems;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Looks at the form of every setting in {@code .env} before anything starts: what a service would refuse, or worse, what it would take for
 * something else, is told here with the setting's name. Settings with a form of their own ({@code EXTRA_TARGETS}, mail, limits at the edge)
 * are looked at by the steps that use them.
 */
final class StackSettings implements Step {

    static final int LAST_PORT = 65_535;
    /** Of an address or a URL; a scheme's colon is followed by no digit. */
    private static final Pattern PORT = Pattern.compile(":(\\d{1,5})(?=/|$)");

    private static final String HOST = "([A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}])";
    private static final String NAMES = "[A-Za-z0-9_.:/\\[\\]-]+(\\s*,\\s*[A-Za-z0-9_.:/\\[\\]-]+)*";
    private static final String PROOF = "[A-Z]{3}-\\d{1,2}";
    private static final String PROOFS = PROOF + "(\\s*,\\s*" + PROOF + ")*\\s*=[^;=]*\\S[^;=]*";

    /** The form that a value must have. */
    private enum Form {
        NUMBER_OF_PORT("\\d{1,5}", "a port, 1 to 65535"),
        ADDRESS("(\\d{1,3}\\.){3}\\d{1,3}|[0-9A-Fa-f:]{2,39}|\\[[0-9A-Fa-f:]{2,39}]", "an address, such as 127.0.0.1"),
        HOST_NAME(HOST, "a host's name or address, without port and without http://"),
        HOST_AND_PORT(HOST + ":(\\d{1,5})", "host:port, such as host.docker.internal:3000"),
        ENDPOINT(HOST + "(:\\d{1,5})?", "a host, with a port if it is not 443, without https://"),
        URL("https?://" + HOST + "(:\\d{1,5})?(/[!-~]*)?", "a URL that begins with http:// or https://"),
        OTLP(
                "(?!.*/v1/traces/?$)https?://" + HOST + "(:\\d{1,5})?(/[A-Za-z0-9._~/-]*)?",
                "the base of an OTLP receiver's URL, such as https://otlp.our-team.net, without /v1/traces"),
        STORE(
                "https?://" + HOST + "(:\\d{1,5})?(/[A-Za-z0-9._~:/-]*)?",
                "a URL that begins with http:// or https://, without user, password and query"),
        QUERIES(
                "(?!.*/api/v1(/.*)?$)https?://" + HOST + "(:\\d{1,5})?(/[A-Za-z0-9._~:/-]*)?",
                "the base of a Prometheus query API, such as https://metrics.our-team.net, without /api/v1, user, password and query"),
        TENANT("[A-Za-z0-9!_.*'()-]{1,150}", "the name of a tenant: letters, digits and !_.*'()-"),
        TENANT_HEADER(
                "(?i)X-(?!Prometheus-)[A-Z0-9-]{1,60}|THANOS-TENANT",
                "the header that names the tenant: X-Scope-OrgID (Mimir) or THANOS-TENANT"),
        USER("[!-9;-~]{1,128}", "a user without spaces and colons"),
        ORIGIN("http://" + HOST + "(:\\d{1,5})?/?", "http://host:port, without a path"),
        EDGE(
                "https://" + HOST + "(:\\d{1,5})?/?",
                "the edge's address as other hosts reach it, https://host or https://host:port"),
        PATH("/[!-~]*", "a path that begins with /"),
        FOLDER("(\\.{0,2}|~)/[^:\"'\\\\\\p{Cntrl}]*", "a folder that begins with / or ./, without colons"),
        FILES("[^'\"\\\\\\p{Cntrl}]{1,200}", "a pattern of files, such as shop-*.dump"),
        SWITCH("0|1", "0 or 1"),
        LABEL("[A-Za-z0-9]([A-Za-z0-9_.-]{0,62})?", "a name of letters, digits, dots, dashes and underscores"),
        SERVICES("[A-Za-z0-9._*+?|-]+", "services of compose, separated by |"),
        ROLE("[A-Za-z_][A-Za-z0-9_$-]{0,62}", "the name of a role"),
        DATABASE("[^'\"\\\\\\p{Cntrl}]{1,63}", "the name of a database"),
        // A part of the exporter's address, in which ? would begin its parameters, such as those of TLS.
        DATABASE_IN_ADDRESS(
                "[^'\"\\\\\\p{Cntrl}?#%/&\\s]{1,63}",
                "the name of a database without spaces and ? # % / &, such as postgres"),
        DURATION("\\d{1,9}(ms|s|m|h|d)|P(\\d{1,6}D)?(T[0-9HMS.]+)?", "a duration such as 90m, 26h or 2d"),
        BYTES("\\d{1,9}(B|KB|MB|GB|TB)?", "a size such as 800MB"),
        COUNT("[1-9]\\d{0,3}", "a number, 1 or more"),
        SECONDS("\\d{1,4}(s|min)", "a time such as 60s"),
        BUCKET("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket"),
        HOURS("[1-9]\\d{0,4}h", "a number of hours such as 72h"),
        SHARE("0(\\.\\d{1,6})?|1(\\.0{1,6})?", "a share between 0 and 1, such as 0.1"),
        ISSUER("https://" + HOST + "(:\\d{1,5})?(/[!-~&&[^?#]]*)?", "the issuer's address, which begins with https://"),
        CLIENT("[ -~]{1,255}", "the client ID that the issuer gave"),
        CLAIM("[!-~]{1,200}", "the name of a claim, such as groups or realm_access.roles"),
        SCOPES("[!-~&&[^,]]+(\\s*,\\s*[!-~&&[^,]]+)*", "scopes separated by commas, such as profile,email,groups"),
        GROUPS("[^\\p{Cntrl}]{1,2000}", "groups or roles of the issuer, separated by commas"),
        KEY_NAME("[!-~]{1,128}", "an access key without spaces"),
        PERCENT("\\d{1,3}(\\.\\d{1,3})?", "a number such as 2"),
        NETWORKS(NAMES, "addresses, networks or host names, separated by commas"),
        CHAT("-?[1-9]\\d{0,17}", "the number of a chat, which is negative for a group, such as -1001234567890"),
        USER_KEY("[A-Za-z0-9]{30}", "the 30 letters and digits of your user or group key"),
        CHANNEL("[#@]?[^\\s#@,]{1,80}", "one channel, such as #alerts"),
        // Those that both libpq and the exporter's driver know.
        TLS_MODE("disable|require|verify-ca|verify-full", "disable, require, verify-ca or verify-full"),
        OUTCOMES("none|failures|all", "none, failures or all"),
        WITHOUT(
                PROOFS + "(\\s*;\\s*" + PROOFS + ")*",
                "proofs with a reason, such as SEC-3=TLS ends at the load balancer");

        private static final Set<Form> ADDRESSES = EnumSet.of(URL, OTLP, STORE, QUERIES, ORIGIN, ISSUER);

        private final Pattern pattern;
        private final String must;

        Form(String pattern, String must) {
            this.pattern = Pattern.compile(pattern);
            this.must = must;
        }

        boolean fits(String value) {
            return pattern.matcher(value).matches()
                    && port(value).map(Form::isPort).orElse(true)
                    && (this != FILES || isGlob(value))
                    && (!ADDRESSES.contains(this) || SecretFile.address(value).isPresent());
        }

        /** For the report, without a login that somebody put where none belongs. */
        String shown(String value) {
            return switch (this) {
                case STORE, QUERIES -> value.replaceAll("//.*@", "//***@").replaceAll("[?].*", "?***");
                case USER -> value.replaceAll(":.*", ":***");
                default -> value;
            };
        }

        private Optional<String> port(String value) {
            return switch (this) {
                case NUMBER_OF_PORT -> Optional.of(value);
                case HOST_AND_PORT, ENDPOINT, URL, OTLP, STORE, QUERIES, ORIGIN, EDGE, ISSUER -> {
                    Matcher port = PORT.matcher(value);
                    yield port.find() ? Optional.of(port.group(1)) : Optional.empty();
                }
                default -> Optional.empty();
            };
        }

        private static boolean isGlob(String value) {
            try {
                FileSystems.getDefault().getPathMatcher("glob:" + value);
                return true;
            } catch (PatternSyntaxException e) {
                return false;
            }
        }

        private static boolean isPort(String digits) {
            int port = Integer.parseInt(digits);
            return port > 0 && port <= LAST_PORT;
        }
    }

    /** A part that somebody brings, the switch that leaves ours out, and the setting that must then name theirs, with our own's value. */
    private record Replaced(String part, String whenOff, String setting, String ours) {}

    private static final List<Replaced> REPLACED = List.of(
            new Replaced("PostgreSQL", "STAGING_POSTGRES", "POSTGRES_HOST", "postgres"),
            new Replaced("Redis", "STAGING_REDIS", "REDIS_HOST", "redis"),
            new Replaced("API", "SAMPLE_API", "UPSTREAM_URL", "http://api:8081"),
            new Replaced("API", "SAMPLE_API", "API_METRICS_TARGET", "api:8081"));

    private static final List<String> PUBLISHED = List.of(
            "EDGE_PORT",
            "EDGE_TLS_PORT",
            "CONTROL_PORT",
            "GATEWAY_PORT",
            "GRAFANA_PORT",
            "PROMETHEUS_PORT",
            "ALERTMANAGER_PORT",
            "PITR_BESIDE_PORT");

    private static final Map<String, Form> FORMS = forms();

    private final Settings settings;

    StackSettings(Settings settings) {
        this.settings = settings;
    }

    private static Map<String, Form> forms() {
        Map<String, Form> forms = new LinkedHashMap<>();
        addresses(forms);
        partsAndNames(forms);
        databasesAndBudgets(forms);
        peopleAndChannels(forms);
        pointInTime(forms);
        farEnds(forms);
        return forms;
    }

    private static void addresses(Map<String, Form> forms) {
        PUBLISHED.forEach(name -> forms.put(name, Form.NUMBER_OF_PORT));
        forms.put("POSTGRES_PORT", Form.NUMBER_OF_PORT);
        forms.put("REDIS_PORT", Form.NUMBER_OF_PORT);
        forms.put("BIND_ADDRESS", Form.ADDRESS);
        forms.put("EDGE_BIND_ADDRESS", Form.ADDRESS);
        forms.put("POSTGRES_HOST", Form.HOST_NAME);
        forms.put("REDIS_HOST", Form.HOST_NAME);
        forms.put("API_METRICS_TARGET", Form.HOST_AND_PORT);
        forms.put("UPSTREAM_URL", Form.ORIGIN);
        for (String name : List.of(
                "GRAFANA_URL",
                "PROMETHEUS_URL",
                "ALERTMANAGER_URL",
                "RUNBOOKS_URL",
                "LOKI_ADDRESS",
                "PAGERDUTY_URL",
                "OPSGENIE_API_URL",
                "TELEGRAM_API_URL")) {
            forms.put(name, Form.URL);
        }
        forms.put("EDGE_URL", Form.EDGE);
        forms.put("API_METRICS_PATH", Form.PATH);
        forms.put("EDGE_PROBE_PATH", Form.PATH);
    }

    private static void partsAndNames(Map<String, Form> forms) {
        for (String name : List.of(
                "SAMPLE_API",
                "STAGING_POSTGRES",
                "STAGING_REDIS",
                "PITR",
                "TRACING",
                "SATELLITES",
                "PITR_BUCKET_PATH_STYLE")) {
            forms.put(name, Form.SWITCH);
        }
        for (String name : List.of("SIDECAR_STACK", "SIDECAR_HOST", "SIDECAR_ENVIRONMENT", "UPSTREAM_SERVICE")) {
            forms.put(name, Form.LABEL);
        }
        forms.put("API_SERVICES", Form.SERVICES);
    }

    private static void databasesAndBudgets(Map<String, Form> forms) {
        forms.put("POSTGRES_DATABASE", Form.DATABASE);
        forms.put("POSTGRES_MONITOR_DATABASE", Form.DATABASE_IN_ADDRESS);
        forms.put("POSTGRES_SSLMODE", Form.TLS_MODE);
        forms.put("POSTGRES_BACKUP_USER", Form.ROLE);
        forms.put("POSTGRES_RESTORE_USER", Form.ROLE);
        forms.put("POSTGRES_MONITOR_USER", Form.ROLE);
        forms.put("BACKUP_RPO", Form.DURATION);
        forms.put("BACKUP_RTO", Form.DURATION);
        forms.put("DUMPS_FOLDER", Form.FOLDER);
        forms.put("DUMPS_PATTERN", Form.FILES);
        forms.put("DUMPS_DATABASE", Form.DATABASE);
        forms.put("REPORT_KEEP", Form.DURATION);
        forms.put("BACKUP_OUTCOMES", Form.OUTCOMES);
        forms.put("WATCHING_MEMORY_BUDGET", Form.BYTES);
        forms.put("WATCHING_CPU_BUDGET", Form.PERCENT);
    }

    private static void peopleAndChannels(Map<String, Form> forms) {
        forms.put("CONTROL_HOSTS", Form.NETWORKS);
        forms.put("CONTROL_TRUSTED_PROXIES", Form.NETWORKS);
        forms.put("GATEWAY_TRUSTED_PROXIES", Form.NETWORKS);
        forms.put("OIDC_ISSUER", Form.ISSUER);
        forms.put("OIDC_CLIENT_ID", Form.CLIENT);
        forms.put("OIDC_CLAIM", Form.CLAIM);
        forms.put("OIDC_SCOPES", Form.SCOPES);
        forms.put("OIDC_VIEWERS", Form.GROUPS);
        forms.put("OIDC_OPERATORS", Form.GROUPS);
        forms.put("SLACK_CHANNEL", Form.CHANNEL);
        forms.put("TELEGRAM_CHAT_ID", Form.CHAT);
        forms.put("PUSHOVER_USER_KEY", Form.USER_KEY);
        forms.put("PROOFS_WITHOUT", Form.WITHOUT);
    }

    private static void pointInTime(Map<String, Form> forms) {
        forms.put("PITR_ARCHIVE_HOST", Form.HOST_NAME);
        forms.put("PITR_SOURCE_HOST", Form.HOST_NAME);
        forms.put("PITR_PGDATA", Form.PATH);
        forms.put("PITR_QUEUE_MAX", Form.BYTES);
        forms.put("PITR_ARCHIVE_TIMEOUT", Form.SECONDS);
        forms.put("PITR_RPO", Form.DURATION);
        forms.put("PITR_RTO", Form.DURATION);
        for (String name : List.of("PITR_KEEP_FULL", "PITR_KEEP_DIFFERENTIAL", "PITR_PROCESSES")) {
            forms.put(name, Form.COUNT);
        }
    }

    private static void farEnds(Map<String, Form> forms) {
        forms.put("TRACES_RETENTION", Form.HOURS);
        forms.put("TRACES_SAMPLING", Form.SHARE);
        forms.put("TRACES_ENDPOINT", Form.OTLP);
        forms.put("TRACED_SERVICES", Form.NETWORKS);
        forms.put("REMOTE_WRITE_URL", Form.STORE);
        forms.put("REMOTE_WRITE_QUERY_URL", Form.QUERIES);
        forms.put("REMOTE_WRITE_TENANT", Form.TENANT);
        forms.put("LOKI_TENANT", Form.TENANT);
        forms.put("REMOTE_WRITE_TENANT_HEADER", Form.TENANT_HEADER);
        forms.put("REMOTE_WRITE_USERNAME", Form.USER);
        forms.put("PITR_BUCKET_ENDPOINT", Form.ENDPOINT);
        forms.put("PITR_BUCKET", Form.BUCKET);
        forms.put("PITR_BUCKET_REGION", Form.LABEL);
        forms.put("PITR_BUCKET_ACCESS_KEY", Form.KEY_NAME);
        forms.put("PITR_BUCKET_PREFIX", Form.PATH);
    }

    @Override
    public void prepare(Plan plan) {
        List<String> wrong = new ArrayList<>();
        FORMS.forEach((name, form) -> settings.get(name).ifPresent(value -> {
            Optional<String> objection = form == Form.WITHOUT || form == Form.OUTCOMES
                    ? Optional.empty()
                    : KnownDefaults.objectionToValue(value);
            if (objection.isPresent() || !form.fits(value)) {
                wrong.add(name);
                plan.found(ReportLine.wrong(
                        name,
                        objection
                                .map(what -> "'" + form.shown(value) + "' " + what)
                                .orElse("is '" + form.shown(value) + "'"),
                        "set it to " + form.must + " in .env"));
            }
        }));
        REPLACED.forEach(part -> replaced(part, plan));
        sampleAlone(plan);
        samePorts(wrong, plan);
        open(wrong, plan);
    }

    private void replaced(Replaced part, Plan plan) {
        boolean ours = settings.get(part.setting()).map(part.ours()::equals).orElse(false);
        if (ours && settings.get(part.whenOff(), "1").equals("0")) {
            plan.found(ReportLine.wrong(
                    part.setting(),
                    "names the stack's own %s, which %s=0 leaves out".formatted(part.part(), part.whenOff()),
                    "set it to your own in .env"
                            + (part.setting().equals("API_METRICS_TARGET") ? ", or to nothing" : "")));
        }
    }

    /** The sample knows no other database and no other Redis. */
    private void sampleAlone(Plan plan) {
        for (String needed : List.of("STAGING_POSTGRES", "STAGING_REDIS")) {
            if (settings.get(needed, "1").equals("0")
                    && settings.get("SAMPLE_API", "1").equals("1")) {
                plan.found(ReportLine.wrong(
                        "SAMPLE_API",
                        "needs what " + needed + "=0 leaves out",
                        "set SAMPLE_API=0 in .env, with UPSTREAM_URL and API_METRICS_TARGET of your own API"));
            }
        }
    }

    private void samePorts(List<String> wrong, Plan plan) {
        Map<Integer, String> taken = new LinkedHashMap<>();
        for (String name : PUBLISHED) {
            settings.get(name)
                    .filter(value -> !wrong.contains(name))
                    .map(Integer::parseInt)
                    .ifPresent(port -> {
                        String other = taken.putIfAbsent(port, name);
                        if (other != null) {
                            plan.found(ReportLine.wrong(
                                    name, "is %d, as is %s".formatted(port, other), "give each its own port in .env"));
                        }
                    });
        }
    }

    private void open(List<String> wrong, Plan plan) {
        settings.get("BIND_ADDRESS")
                .filter(address -> !wrong.contains("BIND_ADDRESS"))
                .filter(address -> !address.matches("127\\..*|\\[?::1]?"))
                .ifPresent(address -> plan.found(ReportLine.note(
                        "BIND_ADDRESS",
                        ("is %s: other machines reach the console, the gateway, Prometheus, Alertmanager and Grafana, without TLS."
                                        + " Better keep 127.0.0.1 and open an SSH tunnel")
                                .formatted(address))));
    }
}
