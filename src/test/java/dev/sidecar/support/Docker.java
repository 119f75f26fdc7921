package dev.sidecar.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The machine's Docker engine, through its command: for tests with the tag {@code docker} or {@code images}. */
public final class Docker {

    private static final Pattern PORT = Pattern.compile(":(\\d+)\\s*$");

    private Docker() {}

    /** A running container; closing it removes it with its volumes. */
    public record Container(String id) implements AutoCloseable {

        /** Where on 127.0.0.1 its port is reached; another one after every start. */
        public int port(int inside) {
            Matcher port = PORT.matcher(
                    docker("port", id, inside + "/tcp").lines().findFirst().orElse(""));
            assertThat(port.find())
                    .as("published port " + inside + " of " + id + ": " + logs())
                    .isTrue();
            return Integer.parseInt(port.group(1));
        }

        /** Takes it away as a power cut would. */
        public void kill() {
            docker("kill", id);
        }

        /** Ends it by a signal, as {@code TERM}; what has not ended after 30 s is killed. */
        public void end(String signal) {
            docker("stop", "--signal", signal, "--time", "30", id);
        }

        public void startAgain() {
            docker("start", id);
        }

        public String logs() {
            return docker("logs", "--tail", "50", id);
        }

        @Override
        public void close() {
            docker("rm", "--force", "--volumes", id);
        }
    }

    /**
     * Starts a container in the background.
     *
     * @param image as the compose file names it; it must be there or the registry must be in reach
     * @param options of {@code docker run}
     * @param command arguments of the program in it
     */
    public static Container start(String image, List<String> options, List<String> command) {
        requireImage(image);
        List<String> arguments = new ArrayList<>(List.of("run", "--detach"));
        arguments.addAll(options);
        arguments.add(image);
        arguments.addAll(command);
        return new Container(docker(arguments.toArray(String[]::new)).strip());
    }

    private static void requireImage(String image) {
        if (execute("image", "inspect", image).exitCode != 0) {
            Answer pull = execute("pull", "--quiet", image);
            assertThat(pull.exitCode)
                    .as(
                            "The image %s is neither on this machine nor can it be pulled; run the tests without the tag \"images\" or where a registry is in reach: %s",
                            image, pull.output)
                    .isZero();
        }
    }

    /** @return what it printed; fails the test if it fails */
    public static String docker(String... arguments) {
        Answer answer = execute(arguments);
        assertThat(answer.exitCode)
                .as("docker %s: %s", String.join(" ", arguments), answer.output)
                .isZero();
        return answer.output;
    }

    private static Answer execute(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Answer(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException("This test needs the command `docker` and a running engine.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for docker", e);
        }
    }

    private record Answer(int exitCode, String output) {}
}
