package dev.sidecar.preflight;

import dev.sidecar.preflight.farend.StoreElsewhere;
import java.util.Optional;

/**
 * Renders the configuration of a service that cannot read the environment from the file in the clone, then checks every file that it
 * names. Alertmanager, for one, reads a password's file only when it is about to send.
 */
final class RenderedConfiguration implements Step {

    private final String service;
    private final String name;
    private final PreflightProperties directories;
    private final Settings settings;

    RenderedConfiguration(String service, PreflightProperties directories, Settings settings) {
        this(service, service + "/" + service + ".yml", directories, settings);
    }

    /** @param template file of the clone that it is made from; it keeps its name */
    RenderedConfiguration(String service, String template, PreflightProperties directories, Settings settings) {
        this.service = service;
        this.name = template;
        this.directories = directories;
        this.settings = settings;
    }

    @Override
    public void prepare(Plan plan) {
        Optional<String> template = Plan.stored(directories.stack().resolve(name));
        if (template.isEmpty()) {
            plan.found(ReportLine.wrong(name, "is missing", "git checkout -- " + name));
            return;
        }
        try {
            String rendered = ConfigTemplate.render(template.get(), variable -> value(variable, plan));
            plan.write(
                    directories.config().resolve(service).resolve(name.substring(name.lastIndexOf('/') + 1)), rendered);
            new ReferencedFiles(service, directories, plan).check(rendered);
        } catch (IllegalArgumentException e) {
            plan.found(ReportLine.wrong(
                    name, String.valueOf(e.getMessage()), "set the variable in .env, or correct the file"));
        }
    }

    private Optional<String> value(String variable, Plan plan) {
        if (variable.startsWith("PART_")) {
            return SmallStack.has(variable.substring("PART_".length()), settings)
                    ? Optional.of("on")
                    : Optional.empty();
        }
        if (variable.equals(StoreElsewhere.HAS_TOKEN)) {
            return plan.content(directories.secrets().resolve(StoreElsewhere.TOKEN))
                    .map(value -> "in its file");
        }
        // A template asks by a setting's name if a channel is on; the value stays in its file.
        String secret = variable.equals("SMTP_PASSWORD") ? "smtp_password" : Channels.SECRETS.get(variable);
        return secret == null
                ? settings.get(variable)
                : plan.content(directories.secrets().resolve("alertmanager").resolve(secret))
                        .map(value -> "in its file");
    }
}
