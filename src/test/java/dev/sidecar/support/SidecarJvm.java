package dev.sidecar.support;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command of a JVM beside the test that runs the classes of this build. {@code ./test} lays out those classes together with
 * an archive of them, with which such a JVM starts in two thirds of the processor time; without it they come from their folders.
 */
public final class SidecarJvm {

    private SidecarJvm() {}

    /** @param options of the JVM @param main has the method that is run, with what the caller adds as its arguments */
    public static List<String> command(Class<?> main, String... options) {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(options));
        String archive = System.getProperty("test.archive", "");
        if (archive.isEmpty()) {
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        } else {
            command.add("@" + archive);
        }
        command.add(main.getName());
        return command;
    }
}
