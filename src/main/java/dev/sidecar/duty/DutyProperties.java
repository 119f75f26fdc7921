package dev.sidecar.duty;

import dev.sidecar.settings.InvalidSetting;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of several sidecars that watch one stack.
 *
 * @param shared whether there are others, with the same {@code sidecar.stack} and the same server to back up; one of them is then on duty
 * @param name name of this one, for the others
 */
@ConfigurationProperties("sidecar.duty")
record DutyProperties(
        @DefaultValue("false") boolean shared,
        @DefaultValue("sidecar") String name) {

    DutyProperties {
        InvalidSetting.unlessLabel("sidecar.duty.name", name);
    }
}
