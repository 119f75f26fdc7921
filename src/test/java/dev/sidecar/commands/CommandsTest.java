package dev.sidecar.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@ExtendWith(OutputCaptureExtension.class)
class CommandsTest {

    @Test
    void tellsACommandFromTheServersArguments() {
        assertThat(Commands.isCommand(new String[] {})).isFalse();
        assertThat(Commands.isCommand(new String[] {"--server.port=0"})).isFalse();
        assertThat(Commands.isCommand(new String[] {"backup"})).isTrue();
        assertThat(Commands.isCommand(new String[] {"--help"})).isTrue();
    }

    @Test
    void runsACommandAndReturnsItsExitCode() {
        assertThat(Commands.run(Greetings.class, new String[] {"greet", "--code", "12"}))
                .isEqualTo(12);
    }

    @Test
    void helpNeedsNoApplication(CapturedOutput output) {
        for (String[] asked : new String[][] {{"--help"}, {"restore", "-h"}, {"--version"}}) {
            assertThat(Commands.run(FailingApplication.class, asked)).isZero();
        }
        assertThat(output.getOut())
                .contains("Usage: sidecar [-hV] COMMAND", "Usage: sidecar restore ", "Restores a backup")
                .containsPattern("(?m)^sidecar \\S+$");
    }

    /** A command that is not listed in META-INF/services would have no help; a default made by a bean would be wrong in it. */
    @Test
    void helpWithoutTheApplicationIsTheSame() {
        CommandLine quick = Commands.plain();
        Help.print(new String[] {"--help"}, quick, new PrintStream(OutputStream.nullOutputStream()));
        CommandLine whole = Commands.plain();
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(SidecarApplication.class)
                .web(WebApplicationType.NONE)
                .lazyInitialization(true)
                .profiles("command")
                .run()) {
            context.getBeansOfType(SidecarCommand.class).values().forEach(whole::addSubcommand);

            assertThat(texts(quick))
                    .isEqualTo(texts(whole))
                    .containsKeys("sidecar", "sidecar backup", "sidecar alert test");
        }
    }

    private static Map<String, String> texts(CommandLine command) {
        Map<String, String> texts = new TreeMap<>();
        texts.put(command.getCommandSpec().qualifiedName(), sorted(command.getUsageMessage(CommandLine.Help.Ansi.OFF)));
        command.getSubcommands().values().forEach(below -> texts.putAll(texts(below)));
        return texts;
    }

    /** Beans come in the order of the scan. */
    private static String sorted(String text) {
        return text.lines().sorted().collect(Collectors.joining("\n"));
    }

    @Test
    void anUnknownCommandIsWrongUsage(CapturedOutput output) {
        assertThat(Commands.run(Greetings.class, new String[] {"gret"})).isEqualTo(2);
        assertThat(output.getErr()).contains("gret").contains("greet");
    }

    @Test
    void anExpectedFailureIsOneLineWithItsOwnExitCode(CapturedOutput output) {
        assertThat(Commands.run(Greetings.class, new String[] {"greet", "--fail"}))
                .isEqualTo(10);
        assertThat(output.getErr().strip()).isEqualTo("Nobody is there. Come back later.");
    }

    @Configuration(proxyBeanMethods = false)
    static class FailingApplication {

        FailingApplication() {
            throw new IllegalStateException("started");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Greetings {

        @Bean
        SidecarCommand greet() {
            return new Greet();
        }
    }

    @Command(name = "greet", description = "says a number")
    static final class Greet implements SidecarCommand {

        @Option(names = "--code")
        private int code;

        @Option(names = "--fail")
        private boolean fail;

        @Override
        public Integer call() {
            if (fail) {
                throw new CommandFailure(10, "Nobody is there. Come back later.");
            }
            return code;
        }
    }
}
