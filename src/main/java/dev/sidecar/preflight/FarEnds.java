package dev.sidecar.preflight;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Checks the settings of the store elsewhere that Prometheus writes to ({@code REMOTE_WRITE_URL}), which is the switch, and passes on to the
 * sidecar how to read back from there.
 */
final class FarEnds implements Step {

    /** By this name a template asks if there is a token. */
    static final String HAS_TOKEN = "REMOTE_WRITE_TOKEN";

    /** The token's file, in the folder of all secrets. */
    static final String TOKEN = "prometheus/remote_write_token";

    private static final String SWITCH = "REMOTE_WRITE_URL";
    private static final String QUERY = "REMOTE_WRITE_QUERY_URL";
    private static final String USERNAME = "REMOTE_WRITE_USERNAME";
    private static final String TENANT = "REMOTE_WRITE_TENANT";
    private static final String TENANT_HEADER = "REMOTE_WRITE_TENANT_HEADER";
    private static final String PASSWORD = "prometheus/remote_write_password";
    private static final String QUERY_TOKEN = "sidecar/remote_query_token";
    private static final String QUERY_PASSWORD = "sidecar/remote_query_password";

    /** What Prometheus would take for itself, or for its own container. */
    private static final Set<String> SELF = Set.of("prometheus", "localhost", "[::1]", "sidecar", "alertmanager");

    private final Settings settings;
    private final Path secrets;

    FarEnds(Settings settings, Path secrets) {
        this.settings = settings;
        this.secrets = secrets;
    }

    @Override
    public void prepare(Plan plan) {
        boolean on = settings.get(SWITCH).isPresent();
        if (on) {
            login(plan);
            Stream.of(SWITCH, QUERY).forEach(setting -> elsewhere(setting, plan));
            told(plan);
        } else {
            withoutSwitch(plan);
            plan.found(ReportLine.off("far end", SWITCH + " is not set: samples stay in Prometheus here"));
        }
        Optional<String> query = settings.get(QUERY).filter(url -> on);
        write(plan, "url", query);
        write(plan, "write-url", settings.get(SWITCH));
        write(plan, "tenant", settings.get(TENANT).filter(tenant -> query.isPresent()));
        write(plan, "tenant-header", settings.get(TENANT_HEADER).filter(header -> query.isPresent()));
        write(plan, "username", settings.get(USERNAME).filter(user -> query.isPresent()));
        write(plan, "password", either(QUERY_PASSWORD, PASSWORD, plan).filter(password -> query.isPresent()));
        write(plan, "token", either(QUERY_TOKEN, TOKEN, plan).filter(token -> query.isPresent()));
    }

    private void withoutSwitch(Plan plan) {
        for (String setting : List.of(QUERY, USERNAME, TENANT, TENANT_HEADER)) {
            if (settings.get(setting).isPresent()) {
                plan.found(ReportLine.wrong(
                        setting,
                        "is set, but " + SWITCH + " is not",
                        "set " + SWITCH + " in .env (docs/far-ends.md), or unset " + setting));
            }
        }
        for (String file : List.of(TOKEN, PASSWORD, QUERY_TOKEN, QUERY_PASSWORD)) {
            if (isGiven(file, plan)) {
                plan.found(ReportLine.wrong(
                        given(file),
                        "is given, but " + SWITCH + " is not set",
                        "set " + SWITCH + " in .env (docs/far-ends.md), or remove " + given(file)));
            }
        }
    }

    private void login(Plan plan) {
        boolean user = settings.get(USERNAME).isPresent();
        if (user && !isGiven(PASSWORD, plan)) {
            plan.found(ReportLine.wrong(
                    USERNAME,
                    "is set, but its password is missing",
                    "write it into " + given(PASSWORD) + ", or unset " + USERNAME));
        }
        for (String file : List.of(PASSWORD, QUERY_PASSWORD)) {
            if (!user && isGiven(file, plan)) {
                plan.found(ReportLine.wrong(
                        USERNAME,
                        "is not set, but " + given(file) + " is given",
                        "set it in .env, or remove the file"));
            }
        }
        for (String file : List.of(TOKEN, QUERY_TOKEN)) {
            if (user && isGiven(file, plan)) {
                plan.found(ReportLine.wrong(
                        given(file),
                        "is given, and " + USERNAME + " is set, too",
                        "choose one of them: a token, or a user and a password"));
            }
        }
        if (!user && isGiven(QUERY_TOKEN, plan) && !isGiven(TOKEN, plan)) {
            plan.found(ReportLine.note("far end", given(QUERY_TOKEN) + " is given, and nothing for writing"));
        }
        if (settings.get(TENANT_HEADER).isPresent() && settings.get(TENANT).isEmpty()) {
            plan.found(ReportLine.wrong(
                    TENANT_HEADER,
                    "is set, but " + TENANT + " is not",
                    "set " + TENANT + ", or unset " + TENANT_HEADER));
        }
    }

    private void elsewhere(String setting, Plan plan) {
        Optional<URI> address = settings.get(setting).flatMap(SecretFile::address);
        address.map(URI::getHost)
                .filter(FarEnds::isSelf)
                .ifPresent(host -> plan.found(ReportLine.wrong(
                        setting,
                        "names '" + host + "', which is the stack itself or the container that asks",
                        "set it to the store elsewhere; a port of this machine is host.docker.internal:PORT")));
        boolean login = Stream.of(TOKEN, PASSWORD, QUERY_TOKEN, QUERY_PASSWORD).anyMatch(file -> isGiven(file, plan));
        address.filter(uri -> login && "http".equals(uri.getScheme()))
                .ifPresent(uri -> plan.found(ReportLine.note(
                        setting, "is no https:// address: samples and login can be read on their way")));
    }

    private static boolean isSelf(String host) {
        return SELF.contains(host) || host.startsWith("127.") || host.equals("0.0.0.0");
    }

    private void told(Plan plan) {
        String where = settings.get(SWITCH, "");
        plan.found(ReportLine.on(
                "far end",
                "every sample is written to " + where + " as well"
                        + settings.get(TENANT)
                                .map(tenant -> ", tenant " + tenant)
                                .orElse("")));
        if (settings.get(QUERY).isEmpty()) {
            plan.found(ReportLine.note(
                    QUERY, "is not set: nobody reads back what was written, and the proof MET-7 is not set up"));
        }
    }

    private Optional<String> either(String first, String second, Plan plan) {
        return plan.content(secrets.resolve(first)).or(() -> plan.content(secrets.resolve(second)));
    }

    private boolean isGiven(String file, Plan plan) {
        return plan.content(secrets.resolve(file)).isPresent();
    }

    private static String given(String file) {
        return "secrets/" + file.substring(file.indexOf('/') + 1);
    }

    private void write(Plan plan, String setting, Optional<String> value) {
        Path file = secrets.resolve("sidecar/settings/sidecar.far-end." + setting);
        value.ifPresentOrElse(text -> plan.write(file, text), () -> plan.remove(file));
    }
}
