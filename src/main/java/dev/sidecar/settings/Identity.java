package dev.sidecar.settings;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Names this sidecar and its place: the labels of its log lines and alerts.
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

    public Identity {
        InvalidSetting.unlessLabel("sidecar.stack", stack);
        InvalidSetting.unlessLabel("sidecar.host", host);
        InvalidSetting.unlessLabel("sidecar.service", service);
        InvalidSetting.unlessLabel("sidecar.environment", environment);
    }
}
