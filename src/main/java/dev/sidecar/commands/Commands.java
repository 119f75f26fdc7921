package dev.sidecar.commands;

import dev.sidecar.settings.InvalidSetting;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Runs a command in an application context of its own rooms, without a web server, without scheduled jobs, and with beans made only when needed.
 * What belongs to the server alone is declared with {@code @ConditionalOnWebApplication}.
 */
public final class Commands {

    private static final Set<String> HELP = Set.of("-h", "--help", "-V", "--version");

    /** Colours would be written out like any other control sequence. */
    private static final CommandLine.Help.ColorScheme PLAIN =
            CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF);

    private Commands() {}

    /** Tells arguments of a command from Spring's own {@code --name=value} arguments, which belong to the server. */
    public static boolean isCommand(String[] args) {
        return args.length > 0 && (!args[0].startsWith("-") || HELP.contains(args[0]));
    }

    /**
     * Runs one command from start to end.
     *
     * @param application the class of the application whose beans of type {@link SidecarCommand} are the commands
     * @param args the command's name and arguments
     * @return the exit code
     */
    public static int run(Class<?> application, String[] args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        System.setOut(new TerminalOutput(out));
        System.setErr(new TerminalOutput(err));
        try {
            return runCleaned(application, args);
        } finally {
            System.out.flush();
            System.err.flush();
            System.setOut(out);
            System.setErr(err);
        }
    }

    private static int runCleaned(Class<?> application, String[] args) {
        if (Help.print(args, plain(), System.out)) {
            return CommandLine.ExitCode.OK;
        }
        Optional<Class<? extends SidecarCommand>> asked = Help.named(args[0]);
        SpringApplicationBuilder builder = new SpringApplicationBuilder(
                        asked.map(Commands::whatItNeeds).orElse(new Class<?>[] {application}))
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .lazyInitialization(true)
                .logStartupInfo(false)
                .profiles("command")
                // Spring's shutdown hook would close the context under a command that Ctrl-C has just interrupted.
                .properties(Map.of("spring.main.keep-alive", "false"));
        try (ConfigurableApplicationContext context = builder.run()) {
            CommandLine commandLine = plain();
            try {
                asked.map(type -> List.<SidecarCommand>of(context.getBean(type)))
                        .orElseGet(() -> List.copyOf(
                                context.getBeansOfType(SidecarCommand.class).values()))
                        .forEach(commandLine::addSubcommand);
            } catch (RuntimeException e) {
                // Beans are made only now, so a wrong setting shows only now.
                return explained(e, commandLine).orElseThrow(() -> e);
            }
            return commandLine
                    .setExecutionExceptionHandler(Commands::failed)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .setColorScheme(PLAIN)
                    .execute(args);
        }
    }

    /** A command that is listed gets its own room and what this may use; any other the whole application, which knows what is wrong. */
    static Class<?>[] whatItNeeds(Class<? extends SidecarCommand> command) {
        return Stream.concat(Stream.of(Needed.class), Rooms.configurationsFor(command))
                .toArray(Class<?>[]::new);
    }

    static CommandLine plain() {
        return new CommandLine(new Root()).setColorScheme(PLAIN);
    }

    private static int failed(Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed)
            throws Exception {
        Optional<Integer> exitCode = explained(failure, commandLine);
        if (exitCode.isEmpty()) {
            throw failure;
        }
        return exitCode.get();
    }

    /** Prints in one line what an operator can fix. @return the exit code; empty if it is a bug */
    private static Optional<Integer> explained(Exception failure, CommandLine commandLine) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CommandFailure expected) {
                return Optional.of(say(commandLine, expected.getMessage(), expected.exitCode()));
            }
            if (cause instanceof InvalidSetting invalid) {
                return Optional.of(say(commandLine, invalid.getMessage(), CommandLine.ExitCode.USAGE));
            }
        }
        return Optional.empty();
    }

    private static int say(CommandLine commandLine, String message, int exitCode) {
        commandLine.getErr().println(commandLine.getColorScheme().errorText(message));
        return exitCode;
    }

    @Command(
            name = "sidecar",
            description = "Logs, metrics, alerts, dashboards and backups, each proven by a drill.",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND",
            footer = {"", "Without a command, sidecar runs the server: web console, API, gateway and scheduled jobs."},
            versionProvider = BuildVersion.class)
    static final class Root {}

    /** What Spring Boot gives to the whole application and a command needs as well. */
    @ImportAutoConfiguration(PropertyPlaceholderAutoConfiguration.class)
    static final class Needed {

        /** Nobody reads the metrics of a command. */
        @Bean
        static MeterRegistry unread() {
            return new CompositeMeterRegistry();
        }
    }
}
