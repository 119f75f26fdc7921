package dev.sidecar.preflight;

import dev.sidecar.preflight.SecretFile.Origin;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Settles every secret: uses the given one, or keeps the one of the last run, or generates one. */
final class Secrets implements Step {

    /** One text for both, so that a second run prints the same as the first; a kept secret may once have been given. */
    private static final String NOT_GIVEN = "generated, or kept from an earlier start";

    private final List<SecretFile> secrets;
    private final GivenFiles given;
    private final Path root;
    private final Supplier<String> generator;

    Secrets(List<SecretFile> secrets, GivenFiles given, Path root, Supplier<String> generator) {
        this.secrets = secrets;
        this.given = given;
        this.root = root;
        this.generator = generator;
    }

    @Override
    public void prepare(Plan plan) {
        for (SecretFile secret : secrets) {
            boolean switchedOff = secret.offWhenEmpty() && given.isEmpty(secret.name());
            Optional<String> value = switchedOff ? Optional.empty() : given.read(secret.name(), plan);
            Optional<String> objection = value.flatMap(secret.objection());
            if (objection.isPresent()) {
                plan.found(ReportLine.wrong(
                        "secrets/" + secret.name(),
                        secret.purpose() + ": it " + objection.get(),
                        secret.origin() == Origin.OPTIONAL
                                ? "put the real value into the file, or remove the file to switch this off"
                                : "put another value into the file, or remove the file to have one generated"));
            } else {
                settle(secret, value, plan);
            }
        }
    }

    private void settle(SecretFile secret, Optional<String> value, Plan plan) {
        Optional<String> kept = secret.copies().stream()
                .map(copy -> Plan.stored(root.resolve(copy)))
                .flatMap(Optional::stream)
                .findFirst();
        if (secret.origin() == Origin.GENERATED_ONCE && value.isPresent() && kept.isPresent() && !kept.equals(value)) {
            plan.found(changedTooLate(secret));
        } else if (value.isPresent()) {
            keep(secret, value.get(), "given in secrets/" + secret.name(), plan);
        } else if (secret.origin() == Origin.OPTIONAL) {
            secret.copies().forEach(copy -> plan.remove(root.resolve(copy)));
            plan.found(ReportLine.off(
                    secret.purpose(),
                    given.has(secret.name())
                            ? "secrets/" + secret.name() + " is empty"
                            : "no secrets/" + secret.name()));
        } else if (kept.isPresent()) {
            keep(secret, kept.get(), NOT_GIVEN, plan);
        } else {
            keep(secret, generator.get(), NOT_GIVEN, plan);
        }
    }

    private void keep(SecretFile secret, String value, String how, Plan plan) {
        secret.copies().forEach(copy -> plan.write(root.resolve(copy), value));
        plan.found(ReportLine.on(secret.purpose(), how + "; for " + services(secret)));
    }

    private static String services(SecretFile secret) {
        return secret.copies().stream()
                .map(copy -> copy.substring(0, copy.indexOf('/')))
                .collect(Collectors.joining(", "));
    }

    private static ReportLine changedTooLate(SecretFile secret) {
        String files =
                secret.copies().stream().map(copy -> "/run/secrets/" + copy).collect(Collectors.joining(" "));
        return ReportLine.wrong(
                "secrets/" + secret.name(),
                secret.purpose() + ": differs from the one in use, which the service stored at its first start",
                "to use the new one, first change it in the running service (docs/stack.md, \"Changing a password\"), then run: docker compose -f"
                        + " docker-compose.staging.yml run --rm --no-deps --entrypoint rm preflight " + files
                        + " — or remove the file to keep the one in use");
    }
}
