package dev.sidecar.preflight.farend;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The store elsewhere that Prometheus writes every sample to as well. {@code REMOTE_WRITE_URL} is its switch; the sidecar's settings for
 * reading back follow it, in files.
 */
public final class StoreElsewhere {

    /** The switch in {@code .env}: where to write to. */
    public static final String SWITCH = "REMOTE_WRITE_URL";

    /** Where to read back from. */
    public static final String QUERY = "REMOTE_WRITE_QUERY_URL";

    /** By this name a template asks if there is a token. */
    public static final String HAS_TOKEN = "REMOTE_WRITE_TOKEN";

    /** The token's file, in the folder of all secrets. */
    public static final String TOKEN = "prometheus/remote_write_token";

    private static final String USERNAME = "REMOTE_WRITE_USERNAME";
    private static final String TENANT = "REMOTE_WRITE_TENANT";
    private static final String TENANT_HEADER = "REMOTE_WRITE_TENANT_HEADER";
    private static final String PASSWORD = "prometheus/remote_write_password";
    private static final String QUERY_TOKEN = "sidecar/remote_query_token";
    private static final String QUERY_PASSWORD = "sidecar/remote_query_password";
    private static final List<String> LOGINS = List.of(TOKEN, PASSWORD, QUERY_TOKEN, QUERY_PASSWORD);

    /** Names that lead Prometheus or the sidecar to its own container, or to the Prometheus that writes. */
    private static final Set<String> SELF = Set.of("prometheus", "localhost", "[::1]", "0.0.0.0", "sidecar");

    /**
     * Tells what is wrong with a setting or a secret.
     *
     * @param subject its name in {@code .env}, or its file
     */
    public record Problem(String subject, String what, String fix) {}

    /**
     * Tells what a person should know.
     *
     * @param subject the name of the setting
     */
    public record Note(String subject, String what) {}

    private final Function<String, Optional<String>> settings;
    private final Function<Path, Optional<String>> kept;
    private final Path secrets;

    /**
     * @param settings the stack's settings, by their names in {@code .env}
     * @param kept what a file holds, or will
     * @param secrets folder with a folder for each service
     */
    public StoreElsewhere(
            Function<String, Optional<String>> settings, Function<Path, Optional<String>> kept, Path secrets) {
        this.settings = settings;
        this.kept = kept;
        this.secrets = secrets;
    }

    /** Where samples go, in words and without a login; empty if they stay here. */
    public Optional<String> destination() {
        return isSet(SWITCH)
                ? Optional.of("every sample is written to "
                        + address(SWITCH)
                                .map(uri -> uri.getHost() + uri.getPath())
                                .orElse("a store elsewhere") + " as well")
                : Optional.empty();
    }

    /** Reports settings that cannot work. */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        if (!isSet(SWITCH)) {
            withoutSwitch(problems);
            return problems;
        }
        login(problems);
        if (isSet(TENANT_HEADER) && !isSet(TENANT)) {
            problems.add(new Problem(
                    TENANT_HEADER,
                    "is set, but " + TENANT + " is not",
                    "set " + TENANT + " in .env, or unset " + TENANT_HEADER));
        }
        for (String setting : List.of(SWITCH, QUERY)) {
            address(setting)
                    .map(URI::getHost)
                    .filter(StoreElsewhere::isSelf)
                    .ifPresent(
                            host -> problems.add(
                                    new Problem(
                                            setting,
                                            "names '" + host
                                                    + "', which is the stack itself or the container that asks",
                                            "set it to the store elsewhere in .env; a port of this machine is host.docker.internal:PORT")));
        }
        return problems;
    }

    /** Notes on settings that work, but with a restriction. */
    public List<Note> notes() {
        List<Note> notes = new ArrayList<>();
        if (isSet(SWITCH) && !isSet(QUERY)) {
            notes.add(new Note(
                    QUERY, "is not set: written samples are not read back, and the proof MET-7 is not set up"));
        }
        for (String setting : List.of(SWITCH, QUERY)) {
            address(setting)
                    .filter(uri -> "http".equals(uri.getScheme()))
                    .filter(uri -> LOGINS.stream().anyMatch(this::isGiven))
                    .ifPresent(uri -> notes.add(
                            new Note(setting, "is no https:// address: samples and login can be read on their way")));
        }
        return notes;
    }

    /** Each file with what it holds from now on; empty for one that goes. */
    public Map<Path, Optional<String>> files() {
        Map<Path, Optional<String>> files = new LinkedHashMap<>();
        put(files, "write-url", setting(SWITCH));
        boolean read = isSet(SWITCH) && isSet(QUERY);
        put(files, "url", setting(QUERY).filter(url -> read));
        put(files, "tenant", setting(TENANT).filter(tenant -> read));
        put(files, "tenant-header", setting(TENANT_HEADER).filter(header -> read));
        put(files, "username", setting(USERNAME).filter(user -> read));
        put(files, "password", secret(QUERY_PASSWORD).or(() -> secret(PASSWORD)).filter(password -> read));
        put(files, "token", secret(QUERY_TOKEN).or(() -> secret(TOKEN)).filter(token -> read));
        return files;
    }

    private void withoutSwitch(List<Problem> problems) {
        Stream.of(QUERY, USERNAME, TENANT, TENANT_HEADER)
                .filter(this::isSet)
                .forEach(setting -> problems.add(new Problem(
                        setting,
                        "is set, but " + SWITCH + " is not",
                        "set " + SWITCH + " in .env (docs/far-ends.md), or unset " + setting)));
        LOGINS.stream()
                .filter(this::isGiven)
                .forEach(file -> problems.add(new Problem(
                        given(file),
                        "is given, but " + SWITCH + " is not set",
                        "set " + SWITCH + " in .env (docs/far-ends.md), or remove " + given(file))));
    }

    private void login(List<Problem> problems) {
        boolean user = isSet(USERNAME);
        if (user && !isGiven(PASSWORD)) {
            problems.add(new Problem(
                    USERNAME,
                    "is set, but its password is missing",
                    "write it into " + given(PASSWORD) + ", or unset " + USERNAME));
        }
        Stream.of(PASSWORD, QUERY_PASSWORD)
                .filter(file -> !user && isGiven(file))
                .forEach(file -> problems.add(new Problem(
                        USERNAME,
                        "is not set, but " + given(file) + " is given",
                        "set it in .env, or remove the file")));
        Stream.of(TOKEN, QUERY_TOKEN)
                .filter(file -> user && isGiven(file))
                .forEach(file -> problems.add(new Problem(
                        given(file),
                        "is given, and " + USERNAME + " is set, too",
                        "choose one of them: a token, or a user and a password")));
    }

    private Optional<URI> address(String setting) {
        return setting(setting).flatMap(value -> {
            try {
                return Optional.of(new URI(value)).filter(uri -> uri.getHost() != null);
            } catch (URISyntaxException e) {
                // Its form is looked at elsewhere.
                return Optional.empty();
            }
        });
    }

    private static boolean isSelf(String host) {
        return SELF.contains(host) || host.startsWith("127.");
    }

    private Optional<String> setting(String name) {
        return settings.apply(name);
    }

    private boolean isSet(String name) {
        return setting(name).isPresent();
    }

    private Optional<String> secret(String file) {
        return kept.apply(secrets.resolve(file));
    }

    private boolean isGiven(String file) {
        return secret(file).isPresent();
    }

    private static String given(String file) {
        return "secrets/" + file.substring(file.indexOf('/') + 1);
    }

    private void put(Map<Path, Optional<String>> files, String setting, Optional<String> content) {
        files.put(secrets.resolve("sidecar/settings/sidecar.far-end." + setting), content);
    }
}
