package dev.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.net.httpserver.HttpServer;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.support.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command in the documentation works as it is written. The scripts are run with a stand-in for the sidecar and what they pass on is
 * parsed by the real commands; {@code curl} asks a running sidecar; {@code docker compose} is held against the compose file and
 * against the real program's help. What cannot be tried here stands in {@code docs/commands-not-run.md} with its reason.
 */
class DocsCommandsTest {

    private static final String COMPOSE_FILE = "docker-compose.staging.yml";
    private static final Pattern REQUEST = Pattern.compile("`(GET|POST|DELETE) (/[^\\s`]+)`");

    /** Which options take a value; anything else that begins with a dash takes none. */
    private static final Set<String> WITH_VALUE = Set.of("-f", "--tail", "--entrypoint", "-s", "--index");

    private static final Set<String> ONE_SERVICE = Set.of("run", "exec");
    private static final List<String> DOCUMENTED_ROOTS = List.of("/api/", "/actuator/");

    @TempDir
    private static Path folder;

    private static ConfigurableApplicationContext server;
    private static ConfigurableApplicationContext commands;
    private static HttpServer api;
    private static int gateway;

    @BeforeAll
    static void start() throws IOException {
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        api.start();
        gateway = FreePort.get();
        server = new SpringApplicationBuilder(SidecarApplication.class)
                .run(
                        "--server.port=0",
                        "--sidecar.gateway.address=127.0.0.1",
                        "--sidecar.gateway.port=" + gateway,
                        "--sidecar.gateway.upstream=http://127.0.0.1:"
                                + api.getAddress().getPort(),
                        "--sidecar.backup.directory=" + folder.resolve("backups"),
                        "--sidecar.access.directory=" + folder.resolve("access"));
        commands = new SpringApplicationBuilder(SidecarApplication.class)
                .web(WebApplicationType.NONE)
                .lazyInitialization(true)
                .profiles("command")
                .run("--sidecar.access.directory=" + folder.resolve("access"));
        Path sidecar = Files.createDirectories(folder.resolve("programs")).resolve("sidecar");
        Files.writeString(sidecar, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        Files.setPosixFilePermissions(sidecar, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterAll
    static void stop() {
        Stream.of(commands, server).forEach(ConfigurableApplicationContext::close);
        api.stop(0);
    }

    static List<DocumentedCommand> commandsToCheck() throws IOException {
        Set<String> notRun = notRun();
        return DocumentedCommand.all().stream()
                .filter(command -> !notRun.contains(command.line()))
                .distinct()
                .toList();
    }

    @ParameterizedTest
    @MethodSource("commandsToCheck")
    void aCommandWorksAsItIsWritten(DocumentedCommand command) throws Exception {
        List<List<String>> programs = command.programs();
        try {
            if (programs.get(0).get(0).equals("curl")) {
                asksTheSidecar(command.line());
                return;
            }
            for (List<String> program : programs) {
                check(program);
            }
        } catch (AssertionError | CommandLine.ParameterException e) {
            throw new AssertionError(command + "\n" + e.getMessage(), e);
        }
    }

    private static void check(List<String> words) throws Exception {
        List<String> program =
                words.stream().dropWhile(word -> word.matches("[A-Z_]+=.*")).toList();
        words.stream()
                .takeWhile(word -> word.matches("[A-Z_]+=.*"))
                .map(word -> word.replaceFirst("=.*", ""))
                .filter(variable -> !variable.equals("SERVER_PORT"))
                .forEach(variable ->
                        assertThat(DocumentedCommand.read("docs/settings.md")).contains("`" + variable + "`"));
        List<String> arguments = program.subList(1, program.size());
        switch (program.get(0)) {
            case "sidecar" -> parse(arguments);
            case "docker" -> compose(arguments);
            case "mvn" -> maven(arguments);
            case "java" ->
                // Without an argument or with the name of the role; GatewayProcessTest runs both.
                assertThat(String.join(" ", arguments)).matches("-jar target/" + jar() + "\\.jar( gateway)?");
            case "grep" -> assertThat(arguments).hasSize(2);
            case "./run" -> assertThat(String.join(" ", arguments)).matches("|(break|repair) (database|api|backup)");
            case "./test" -> options(arguments);
            case "df", "free" -> run(new ProcessBuilder(program));
            // RunbooksTest runs the statements and the commands of Redis.
            case "psql", "pg_isready", "vacuumdb" -> programOfPostgres(program.get(0), arguments);
            case "sh" -> assertThat(arguments).hasSize(2).element(1).asString().contains(" redis-cli ");
            case "promtool", "amtool" -> checksTheConfiguration(arguments);
            default -> {
                assertThat(program.get(0))
                        .as(
                                "a program that this test can check; if none can, list the command in %s",
                                DocumentedCommand.NOT_RUN)
                        .matches("backup/[\\w-]+\\.sh");
                parse(passedOn(program));
            }
        }
    }

    /** Its own help knows every option. */
    private static void programOfPostgres(String name, List<String> arguments) throws Exception {
        String help = run(new ProcessBuilder(name, "--help"));
        arguments.stream()
                .filter(argument -> argument.startsWith("-"))
                .forEach(option -> assertThat(help).containsPattern("[\\s,]" + option + "[\\s,=]"));
        assertThat(Files.readString(Path.of("postgres/init/10-roles.sh")) + " -U postgres")
                .contains(arguments.get(arguments.indexOf("-U") + 1));
    }

    /** {@code PrometheusConfigTest} and {@code AlertmanagerConfigTest} run these on the file that is rendered to this place. */
    private static void checksTheConfiguration(List<String> arguments) {
        assertThat(String.join(" ", arguments)).matches("check[ -]config /etc/(prometheus|alertmanager)/\\1\\.yml");
        assertThat(DocumentedCommand.read(COMPOSE_FILE))
                .contains("--config.file=" + arguments.get(arguments.size() - 1));
    }

    private static String jar() {
        return group("<finalName>(.*)</finalName>", DocumentedCommand.read("pom.xml"));
    }

    private static String group(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();
    }

    /** Options of the script itself come first; what follows is Maven's. */
    private static void options(List<String> arguments) throws IOException {
        String script = DocumentedCommand.read("test");
        for (String argument : arguments) {
            if (argument.startsWith("-D")) {
                maven(List.of(argument));
            } else {
                assertThat(script).as("./test knows %s", argument).contains(argument + ")");
            }
        }
    }

    /** A class that is named exists, and a property is one that the class or the build reads. */
    private static void maven(List<String> arguments) throws IOException {
        String sources = DocumentedCommand.read("pom.xml");
        for (String argument : arguments) {
            if (argument.startsWith("-Dtest=")) {
                String name = argument.substring("-Dtest=".length()) + ".java";
                try (Stream<Path> tests = Files.walk(Path.of("src/test/java"))) {
                    Path source = tests.filter(file -> file.endsWith(name))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError("There is no test " + name));
                    sources += Files.readString(source);
                }
            }
        }
        for (String argument : arguments) {
            if (argument.startsWith("-D") && !argument.startsWith("-Dtest=")) {
                assertThat(sources).contains(argument.substring(2).replaceFirst("=.*", ""));
            } else if (argument.startsWith("-P")) {
                assertThat(sources).contains("<id>" + argument.substring(2) + "</id>");
            } else if (argument.contains(":")) {
                assertThat(sources).contains("<artifactId>" + argument.replaceFirst(":.*", "") + "-maven-plugin");
            } else if (!argument.startsWith("-D")) {
                assertThat(argument).isIn("-o", "-q", "test", "compile", "package", "verify");
            }
        }
    }

    /** The arguments as the program parses them; a placeholder stands for a value. */
    private static void parse(List<String> arguments) {
        CommandLine sidecar = new CommandLine(CommandSpec.create().name("sidecar"));
        commands.getBeansOfType(SidecarCommand.class).values().forEach(sidecar::addSubcommand);
        CommandLine.ParseResult parsed =
                sidecar.setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments.toArray(String[]::new));
        assertThat(parsed.hasSubcommand() || arguments.isEmpty())
                .as("%s names a command", arguments)
                .isTrue();
    }

    private static List<String> passedOn(List<String> script) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(script).redirectErrorStream(true);
        builder.environment().put("PATH", folder.resolve("programs") + ":/usr/bin:/bin");
        return run(builder).lines().filter(word -> !word.isEmpty()).toList();
    }

    private static String run(ProcessBuilder builder) throws Exception {
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static void asksTheSidecar(String line) throws Exception {
        String here = line.replace("localhost:8000", "127.0.0.1:" + gateway)
                .replace(
                        "localhost:8080", "127.0.0.1:" + server.getEnvironment().getProperty("local.server.port"))
                .replace(
                        "<password file>",
                        folder.resolve("access/admin-password").toString());
        assertThat(here).isNotEqualTo(line);
        String answer = run(new ProcessBuilder("sh", "-c", here));
        assertThat(answer).as(line).isNotBlank().doesNotContain("HTTP/1.1 4", "HTTP/1.1 5");
    }

    private static void compose(List<String> arguments) throws Exception {
        ComposeCall call = ComposeCall.of(arguments);
        assertThat(call.file()).isIn(COMPOSE_FILE, "docker-compose.satellite.yml");
        assertThat(call.services()).isSubsetOf(services(call.file()));
        if (call.subcommand().equals("exec")) {
            check(call.inside());
        } else if (!call.inside().isEmpty()) {
            assertThat(call.inside())
                    .as("what can be read of the stack's secrets")
                    .allSatisfy(file ->
                            assertThat(DocumentedCommand.read(COMPOSE_FILE)).contains(file));
        }
    }

    private static Set<String> services(String composeFile) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(1000);
        Map<String, Map<String, Object>> file = new Yaml(options).load(DocumentedCommand.read(composeFile));
        Set<String> services = new HashSet<>(file.get("services").keySet());
        services.add("SERVICE");
        services.add("$()");
        return services;
    }

    /** @param inside what follows the service where a command is run in it */
    private record ComposeCall(
            String file, String subcommand, List<String> options, List<String> services, List<String> inside) {

        static ComposeCall of(List<String> arguments) {
            assertThat(arguments.get(0)).as("docker's subcommand").isEqualTo("compose");
            String file = "";
            String subcommand = "";
            List<String> options = new ArrayList<>();
            List<String> services = new ArrayList<>();
            List<String> inside = List.of();
            for (int at = 1; at < arguments.size(); at++) {
                String word = arguments.get(at);
                if (word.startsWith("-")) {
                    boolean value = WITH_VALUE.contains(word);
                    if (subcommand.isEmpty()) {
                        file = value ? arguments.get(at + 1) : file;
                    } else {
                        options.add(word);
                    }
                    at += value ? 1 : 0;
                } else if (subcommand.isEmpty()) {
                    subcommand = word;
                } else {
                    services.add(word);
                    if (ONE_SERVICE.contains(subcommand)) {
                        inside = arguments.subList(at + 1, arguments.size());
                        break;
                    }
                }
            }
            return new ComposeCall(file, subcommand, options, services, inside);
        }
    }

    /** Where there is a compose command, its own help says which options there are. */
    @Test
    @Tag("docker")
    void composeKnowsEveryOption() throws Exception {
        Set<ComposeCall> calls = new HashSet<>();
        for (DocumentedCommand command : DocumentedCommand.all()) {
            command.programs().stream()
                    .filter(words -> words.size() > 1 && words.subList(0, 2).equals(List.of("docker", "compose")))
                    .forEach(words -> calls.add(ComposeCall.of(words.subList(1, words.size()))));
        }

        assertThat(calls).isNotEmpty();
        for (ComposeCall call : calls) {
            String help = run(new ProcessBuilder("docker", "compose", call.subcommand(), "--help"));
            assertThat(call.options())
                    .as("docker compose %s", call.subcommand())
                    .allSatisfy(option ->
                            assertThat(help).containsPattern("(^|[\\s,])" + Pattern.quote(option) + "[\\s,]"));
        }
    }

    @Test
    void everyRequestOfThePagesIsAnswered() throws IOException {
        Set<String> mapped = mapped();
        Set<String> named = new TreeSet<>();
        for (Path page : DocumentedCommand.pages()) {
            REQUEST.matcher(Files.readString(page))
                    .results()
                    .map(request -> request.group(1) + " " + request.group(2).replaceAll("\\{\\w+}", "{}"))
                    .forEach(named::add);
        }

        assertThat(named).isNotEmpty().isSubsetOf(mapped);
    }

    @Test
    void thePageOfTheHttpInterfaceIsComplete() {
        Set<String> named = REQUEST.matcher(DocumentedCommand.read("docs/http-api.md"))
                .results()
                .map(request -> request.group(1) + " " + request.group(2).replaceAll("\\{\\w+}", "{}"))
                .collect(Collectors.toSet());

        assertThat(mapped().stream().filter(request -> request.contains(" /api/")))
                .isNotEmpty()
                .isSubsetOf(named);
    }

    @Test
    void theExitCodesOfARestoreAreTheCommands() {
        CommandLine restore = commands.getBeansOfType(SidecarCommand.class).values().stream()
                .map(CommandLine::new)
                .filter(command -> command.getCommandName().equals("restore"))
                .findFirst()
                .orElseThrow();
        Set<String> documented = Pattern.compile("(?m)^\\| (\\d+) \\|")
                .matcher(DocumentedCommand.read("docs/restore.md"))
                .results()
                .map(row -> row.group(1))
                .collect(Collectors.toSet());

        assertThat(documented)
                .isEqualTo(
                        restore.getCommandSpec().usageMessage().exitCodeList().keySet());
    }

    /** Method and path of what the server answers, with the names of variables left out. */
    private static Set<String> mapped() {
        Set<String> mapped = new TreeSet<>();
        for (RequestMappingInfoHandlerMapping mapping :
                server.getBeansOfType(RequestMappingInfoHandlerMapping.class).values()) {
            for (RequestMappingInfo info : mapping.getHandlerMethods().keySet()) {
                info.getMethodsCondition()
                        .getMethods()
                        .forEach(method -> info.getPatternValues().stream()
                                .filter(path -> DOCUMENTED_ROOTS.stream().anyMatch(path::startsWith))
                                .map(path -> method + " "
                                        + path.replaceAll("\\{[^}]+}", "{}").replace("/**", "/liveness"))
                                .forEach(mapped::add));
            }
        }
        mapped.add("GET /actuator/health/readiness");
        mapped.add("GET /actuator/health/duty");
        return mapped;
    }

    /** So that no command hides from this test. */
    @Test
    void everyBlockSaysWhatItIs() throws IOException {
        for (Path page : DocumentedCommand.pages()) {
            List<String> fences = Files.readAllLines(page).stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith("```"))
                    .toList();
            for (int opening = 0; opening < fences.size(); opening += 2) {
                assertThat(fences.get(opening))
                        .as("a block of %s", page)
                        .isIn("```sh", "```text", "```promql", "```logql");
            }
            assertThat(Files.readString(page)).as("indented code in %s", page).doesNotContainPattern("\n\n    \\S");
        }
    }

    @Test
    void whatIsListedAsNotRunIsWritten() throws IOException {
        Set<String> written =
                DocumentedCommand.all().stream().map(DocumentedCommand::line).collect(Collectors.toSet());

        assertThat(notRun()).isNotEmpty().isSubsetOf(written);
    }

    private static Set<String> notRun() {
        return Arrays.stream(DocumentedCommand.read(DocumentedCommand.NOT_RUN.toString())
                        .split("\n"))
                .filter(line -> line.startsWith("| `"))
                .map(line -> {
                    MatchResult row = Pattern.compile("\\| `(.*)` \\| (\\S.*\\S) \\|")
                            .matcher(line)
                            .results()
                            .findFirst()
                            .orElseGet(() -> fail("no reason: " + line));
                    return row.group(1).replace("\\|", "|");
                })
                .collect(Collectors.toSet());
    }
}
