package dev.sidecar.dataplane;

import dev.sidecar.settings.InvalidSetting;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** A part of the sidecar that can run as a process of its own, without the control plane. */
public final class ProcessRole {

    private static final Set<String> HELP = Set.of("-h", "--help", "-V", "--version");

    private final String name;
    private final Class<?> context;
    private final String example;

    /**
     * @param name the first argument, which asks for it, and the profile of its settings
     * @param context the class of which its beans are made
     * @param example a setting that may follow, for the message about arguments that are none
     */
    public ProcessRole(String name, Class<?> context, String example) {
        this.name = name;
        this.context = context;
        this.example = example;
    }

    /** Tells the role's arguments from those of a command and of the server. */
    public boolean isAskedFor(String[] args) {
        return args.length > 0 && args[0].equals(name) && Arrays.stream(args).noneMatch(HELP::contains);
    }

    /** Starts the role; the process runs until it is told to stop. @param args the role's name, then {@code --name=value} settings */
    public void run(String[] args) {
        List<String> wrong =
                Arrays.stream(args).skip(1).filter(arg -> !arg.startsWith("--")).toList();
        if (!wrong.isEmpty()) {
            throw new InvalidSetting(name, String.join(" ", wrong), "be followed by settings only, such as " + example);
        }
        new SpringApplicationBuilder(context)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .profiles(name)
                .run(Arrays.copyOfRange(args, 1, args.length));
    }
}
