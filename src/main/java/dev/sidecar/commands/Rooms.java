package dev.sidecar.commands;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.modulith.ApplicationModule;

/**
 * Finds what a command needs of the application: the configurations of its room and of those that this room may use, directly or not. To
 * search all class files and to judge all of Spring Boot's own configurations would cost more than the command itself.
 */
final class Rooms {

    /** A search at run time would read every class file, which is what takes long. */
    static final String CONFIGURATIONS = "/META-INF/sidecar/configurations";

    private static final String ALL = "dev.sidecar.";

    private Rooms() {}

    static Stream<Class<?>> configurationsFor(Class<?> command) {
        Set<String> rooms = withThoseItMayUse(command.getPackageName());
        return Listed.in(CONFIGURATIONS)
                .filter(name -> rooms.contains(name.substring(0, name.lastIndexOf('.'))))
                .map(Listed::type);
    }

    private static Set<String> withThoseItMayUse(String room) {
        Set<String> rooms = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>(List.of(room));
        while (!open.isEmpty()) {
            String next = open.pop();
            if (rooms.add(next)) {
                ApplicationModule declared = Listed.type(next + ".package-info").getAnnotation(ApplicationModule.class);
                for (String below : declared == null ? new String[0] : declared.allowedDependencies()) {
                    open.add(ALL + below);
                }
            }
        }
        return rooms;
    }
}
