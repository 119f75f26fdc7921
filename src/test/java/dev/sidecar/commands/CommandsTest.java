package dev.sidecar.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
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
    void helpListsTheCommandsOfAllFeatures(CapturedOutput output) {
        assertThat(Commands.run(Greetings.class, new String[] {"--help"})).isZero();
        assertThat(output.getOut()).contains("greet").contains("says a number");
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
