package dev.sidecar.duty;

import dev.sidecar.SidecarApplication;
import java.time.Clock;
import java.time.Duration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.support.GenericApplicationContext;

/** A sidecar on a machine whose clock is wrong. */
public final class SkewedSidecar {

    private SkewedSidecar() {}

    /** @param arguments how far the clock is ahead, such as {@code PT70S}, then settings */
    public static void main(String[] arguments) {
        Clock skewed = Clock.offset(Clock.systemUTC(), Duration.parse(arguments[0]));
        String[] settings = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        new SpringApplicationBuilder(SidecarApplication.class)
                .initializers(context -> ((GenericApplicationContext) context)
                        .registerBean("skewed", Clock.class, () -> skewed, bean -> bean.setPrimary(true)))
                .run(settings);
    }
}
