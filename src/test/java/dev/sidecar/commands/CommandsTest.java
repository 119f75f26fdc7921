package dev.sidecar.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.SidecarApplication;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /** To find configurations by a search, and Spring Boot's own beside them, took most of the time of a command that lists backups. */
    @Test
    void aCommandStartsItsOwnRoomAndWhatThisMayUse() {
        try (ConfigurableApplicationContext list = started(Commands.whatItNeeds(listed("List")))) {
            assertThat(list.getBeansOfType(SidecarCommand.class, false, false)).containsKey("listCommand");
            assertThat(list.getBeanDefinitionNames())
                    .contains("backups", "catalogue")
                    .doesNotContain("tokenCommand", "probes", "hosts")
                    .noneMatch(bean -> bean.startsWith("org.springframework.boot.")
                            && bean.endsWith("AutoConfiguration")
                            && !bean.endsWith(".PropertyPlaceholderAutoConfiguration"))
                    .hasSizeLessThan(100);
        }
    }

    /** What a command was given by the whole application, it is given by its room. */
    @Test
    void aCommandHasTheSameBeansAsInTheWholeApplication() {
        try (ConfigurableApplicationContext whole = started(SidecarApplication.class)) {
            Map<String, SidecarCommand> commands = whole.getBeansOfType(SidecarCommand.class);
            assertThat(commands).hasSizeGreaterThan(15);
            for (SidecarCommand command : commands.values()) {
                String name = command.getClass().getAnnotation(Command.class).name();
                assertThat(Help.named(name)).as(name).contains(command.getClass());
                try (ConfigurableApplicationContext alone = started(Commands.whatItNeeds(command.getClass()))) {
                    alone.getBean(command.getClass());
                    assertThat(madeFor(command, alone)).as(name).containsAll(madeFor(command, whole));
                }
            }
        }
    }

    @Test
    void everyConfigurationIsListed() throws IOException {
        Path sources = Path.of("src/main/java");
        try (Stream<Path> files = Files.walk(sources)) {
            assertThat(Listed.in(Rooms.CONFIGURATIONS))
                    .containsExactlyInAnyOrderElementsOf(files.filter(CommandsTest::isConfiguration)
                            .map(file -> sources.relativize(file).toString())
                            .map(file -> file.replace(".java", "").replace('/', '.'))
                            .toList());
        }
    }

    private static boolean isConfiguration(Path file) {
        try {
            return file.toString().endsWith(".java") && Files.readString(file).contains("\n@Configuration(");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ConfigurableApplicationContext started(Class<?>... sources) {
        return new SpringApplicationBuilder(sources)
                .web(WebApplicationType.NONE)
                .lazyInitialization(true)
                .profiles("command")
                .run();
    }

    private static Class<? extends SidecarCommand> listed(String command) {
        return Help.named(command).orElseThrow();
    }

    /** The types of our beans that the command needs, directly or not. */
    private static Set<String> madeFor(SidecarCommand command, ConfigurableApplicationContext context) {
        Set<String> names = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(context.getBeanNamesForType(command.getClass())));
        while (!open.isEmpty()) {
            String name = open.pop();
            if (names.add(name)) {
                open.addAll(List.of(context.getBeanFactory().getDependenciesForBean(name)));
            }
        }
        return names.stream()
                .map(name -> context.getBean(name).getClass().getName())
                .filter(type -> type.startsWith("dev.sidecar."))
                .collect(Collectors.toCollection(TreeSet::new));
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
