package dev.sidecar.preflight.issuer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Switches the login at an issuer on if {@code OIDC_ISSUER} names one, and then requires all that it needs: otherwise the sidecar would not
 * start, or would let nobody in.
 */
public final class LoginIssuer {

    /** Names the issuer in {@code .env}. */
    public static final String SWITCH = "OIDC_ISSUER";

    private static final String CA = "oidc_ca";
    private static final String SECRET = "oidc_client_secret";

    /**
     * Tells what is wrong with a setting or a given file.
     *
     * @param subject its name in {@code .env}, or its file
     */
    public record Missing(String subject, String what, String fix) {}

    private final Function<String, Optional<String>> settings;
    private final Function<Path, Optional<String>> kept;
    private final Path sidecar;

    /**
     * @param settings the stack's settings, by their names in {@code .env}
     * @param kept what a file holds, or will
     * @param sidecar folder of the sidecar's secrets
     */
    public LoginIssuer(
            Function<String, Optional<String>> settings, Function<Path, Optional<String>> kept, Path sidecar) {
        this.settings = settings;
        this.kept = kept;
        this.sidecar = sidecar;
    }

    /** Reports settings that are missing, or have no effect. */
    public List<Missing> problems() {
        return settings.apply(SWITCH).isPresent() ? lacking() : left();
    }

    private List<Missing> lacking() {
        List<Missing> problems = new ArrayList<>();
        if (settings.apply("OIDC_CLIENT_ID").isEmpty()) {
            problems.add(new Missing(
                    "OIDC_CLIENT_ID",
                    "is not set, but OIDC_ISSUER is",
                    "set it in .env to the client ID that the issuer gave"));
        }
        if (!hasSecret()) {
            problems.add(new Missing(
                    SWITCH,
                    "is set, but there is no client secret",
                    "write the secret that the issuer gave into secrets/" + SECRET));
        }
        if (settings.apply("OIDC_VIEWERS").isEmpty()
                && settings.apply("OIDC_OPERATORS").isEmpty()) {
            problems.add(new Missing(
                    SWITCH,
                    "is set, but no group has a role, so nobody could log in there",
                    "name groups in OIDC_VIEWERS or OIDC_OPERATORS in .env"));
        }
        return problems;
    }

    private List<Missing> left() {
        List<String> there = new ArrayList<>();
        for (String name : List.of("OIDC_CLIENT_ID", "OIDC_VIEWERS", "OIDC_OPERATORS")) {
            settings.apply(name).ifPresent(value -> there.add(name));
        }
        if (hasSecret()) {
            there.add("secrets/" + SECRET);
        }
        if (hasCa()) {
            there.add("secrets/" + CA);
        }
        return there.stream()
                .map(name -> new Missing(
                        name,
                        "is there, but the login at an issuer is off",
                        "set OIDC_ISSUER=https://… in .env as well, or remove it"))
                .toList();
    }

    /** Describes who may log in where; empty if that is off. */
    public Optional<String> description() {
        return settings.apply(SWITCH)
                .map(issuer -> "%s; viewers: %s; operators: %s"
                        .formatted(
                                issuer,
                                settings.apply("OIDC_VIEWERS").orElse("nobody"),
                                settings.apply("OIDC_OPERATORS").orElse("nobody")));
    }

    /** Each file with what it holds from now on; empty for one that goes. */
    public Map<Path, Optional<String>> files() {
        return Map.of(
                sidecar.resolve("settings/sidecar.access.oidc.ca-file"),
                hasCa() ? Optional.of("/run/secrets/sidecar/" + CA) : Optional.empty());
    }

    private boolean hasSecret() {
        return kept.apply(sidecar.resolve("settings/sidecar.access.oidc.client-secret"))
                .isPresent();
    }

    private boolean hasCa() {
        return kept.apply(sidecar.resolve(CA)).isPresent();
    }
}
