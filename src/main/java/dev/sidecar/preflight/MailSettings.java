package dev.sidecar.preflight;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Switches mail on if a mail server is named, and then requires all its settings: Alertmanager would notice a missing one only when it sends. */
final class MailSettings implements Step {

    /** 1 to 65535. */
    private static final String PORT = "(0*[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])";

    private static final String ADDRESS = "[^\\s@,]+@[^\\s@,]+";
    private static final String ADDRESSES = ADDRESS + "(\\s*,\\s*" + ADDRESS + ")*";

    private final Settings settings;
    private final Path secrets;

    MailSettings(Settings settings, Path secrets) {
        this.settings = settings;
        this.secrets = secrets;
    }

    @Override
    public void prepare(Plan plan) {
        Optional<String> server = settings.get("SMTP_SMARTHOST");
        if (server.isEmpty()) {
            off(plan);
            return;
        }
        require("SMTP_SMARTHOST", server, "[A-Za-z0-9.-]+:" + PORT, "host:port, such as mail.our-team.net:587", plan);
        require("SMTP_FROM", settings.get("SMTP_FROM"), "(.*<)?" + ADDRESS + ">?", "a mail address", plan);
        require(
                "ALERT_MAIL_TO",
                settings.get("ALERT_MAIL_TO"),
                ADDRESSES,
                "one or more mail addresses, separated by commas",
                plan);
        require(
                "SMTP_REQUIRE_TLS",
                Optional.of(settings.get("SMTP_REQUIRE_TLS", "true")),
                "true|false",
                "true or false",
                plan);
        boolean user = settings.get("SMTP_USERNAME").isPresent();
        if (user) {
            require("SMTP_USERNAME", settings.get("SMTP_USERNAME"), ".*", "the user of the mail server", plan);
        }
        boolean password =
                plan.content(secrets.resolve("alertmanager/smtp_password")).isPresent();
        if (user != password) {
            plan.found(ReportLine.wrong(
                    user ? "SMTP_USERNAME" : "secrets/smtp_password",
                    user ? "is set, but there is no password for it" : "exists, but no user name is set",
                    user ? "write the password into secrets/smtp_password" : "set SMTP_USERNAME in .env"));
        }
        plan.found(ReportLine.on("mail", "through " + server.get() + " to " + settings.get("ALERT_MAIL_TO", "nobody")));
    }

    private void off(Plan plan) {
        for (String name : List.of("SMTP_FROM", "SMTP_USERNAME", "ALERT_MAIL_TO")) {
            if (settings.get(name).isPresent()) {
                plan.found(ReportLine.wrong(
                        name,
                        "is set, but mail is off",
                        "set SMTP_SMARTHOST=host:port in .env as well, or unset " + name));
            }
        }
        plan.found(ReportLine.off("mail", "SMTP_SMARTHOST is not set"));
    }

    private static void require(String name, Optional<String> value, String pattern, String must, Plan plan) {
        Optional<String> objection = value.flatMap(KnownDefaults::objectionToValue);
        if (value.isEmpty()) {
            plan.found(ReportLine.wrong(name, "is not set, but mail is on", "set it to " + must + " in .env"));
        } else if (objection.isPresent()) {
            plan.found(ReportLine.wrong(
                    name, "'" + value.get() + "' " + objection.get(), "set it to " + must + " in .env"));
        } else if (!value.get().matches(pattern)) {
            plan.found(ReportLine.wrong(name, "is '" + value.get() + "'", "set it to " + must + " in .env"));
        }
    }
}
