package dev.sidecar.settings;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who this sidecar is: the values of the labels that its log lines and alarms carry.
 *
 * @param stack name of the stack it watches; label {@code stack}
 * @param host name of the machine; label {@code host}
 * @param service name of the sidecar itself; label {@code service}
 * @param environment what the stack is for, such as {@code staging}; field {@code environment} of a log line
 */
@ConfigurationProperties("sidecar")
public record Identity(
        @DefaultValue("local") String stack,
        @DefaultValue("localhost") String host,
        @DefaultValue("sidecar") String service,
        @DefaultValue("local") String environment) {

    /** Refuses what cannot be a label's value in every one of Prometheus, Loki and Alertmanager's routes. */
    public Identity {
        requireName("sidecar.stack", stack);
        requireName("sidecar.host", host);
        requireName("sidecar.service", service);
        requireName("sidecar.environment", environment);
    }

    private static void requireName(String setting, String value) {
        InvalidSetting.unless(
                value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}"),
                setting,
                value,
                "be 1 to 63 letters, digits, dots, dashes or underscores, beginning with a letter or digit");
    }
}
