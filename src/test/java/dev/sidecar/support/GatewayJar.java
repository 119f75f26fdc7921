package dev.sidecar.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The image's jar of the roles gateway and relay, made of this build by the image's own program: a role meets the libraries that it has there. */
public final class GatewayJar {

    private GatewayJar() {}

    /** The command of a JVM that runs it. @param folder gets the jar @param options of the JVM */
    public static List<String> command(Path folder, String... options) throws IOException, InterruptedException {
        Path app = Files.createDirectory(folder.resolve("gateway-jar"));
        Path lib = Files.createDirectory(app.resolve("lib"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path library = Path.of(entry);
            if (entry.endsWith(".jar") && Files.exists(library)) {
                Files.createSymbolicLink(lib.resolve(library.getFileName()), library.toAbsolutePath());
            }
        }
        String tools = Path.of(System.getProperty("java.home"), "bin").toString();
        String jar = app.resolve("observability-sidecar.jar").toString();
        run(
                tools,
                "jar",
                "--create",
                "--file",
                jar,
                "--main-class",
                "dev.sidecar.SidecarApplication",
                "-C",
                classes(),
                ".");
        run(tools, "docker/gateway-jar", app.toString(), lib.toString());
        List<String> command = new ArrayList<>(List.of(tools + "/java", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(options));
        command.addAll(List.of("-jar", app.resolve("gateway.jar").toString()));
        return command;
    }

    private static String classes() {
        return Path.of("target", "classes").toString();
    }

    private static void run(String tools, String... command) throws IOException, InterruptedException {
        ProcessBuilder program = new ProcessBuilder(command).redirectErrorStream(true);
        program.environment().put("PATH", tools + File.pathSeparator + System.getenv("PATH"));
        Process started = program.start();
        String output = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(started.waitFor()).as(output).isZero();
    }
}
