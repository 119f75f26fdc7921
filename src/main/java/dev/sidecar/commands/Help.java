package dev.sidecar.commands;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;

/**
 * Prints help and version without starting the application: they need no setting and no server, and people wait for them. The commands'
 * classes are listed in {@code META-INF/services}, as an application would find them too late.
 */
final class Help {

    private static final String LIST = "/META-INF/services/" + SidecarCommand.class.getName();
    private static final int LONGEST = 65_536;
    private static final Set<String> HELP = Set.of("-h", "--help");
    private static final Set<String> VERSION = Set.of("-V", "--version");

    private Help() {}

    /** Prints it if nothing else is asked for. @return false if the command line is none of help alone */
    static boolean print(String[] args, CommandLine root, PrintStream out) {
        String last = args.length == 0 ? "" : args[args.length - 1];
        if (!HELP.contains(last) && !VERSION.contains(last)) {
            return false;
        }
        commands().forEach(root::addSubcommand);
        CommandLine asked = root;
        for (String name : Arrays.asList(args).subList(0, args.length - 1)) {
            asked = asked.getSubcommands().get(name);
            if (asked == null) {
                return false;
            }
        }
        if (HELP.contains(last)) {
            asked.usage(out, root.getColorScheme());
        } else if (asked == root) {
            asked.printVersionHelp(out);
        } else {
            return false;
        }
        out.flush();
        return true;
    }

    private static List<CommandLine> commands() {
        try (InputStream list = Help.class.getResourceAsStream(LIST)) {
            return list == null
                    ? List.of()
                    : new String(Limited.whole(list, LONGEST), StandardCharsets.UTF_8)
                            .lines()
                            .map(Help::command)
                            .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CommandLine command(String name) {
        try {
            return new CommandLine(Class.forName(name), Help::idle);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(LIST + " lists " + name + ", which is not a class.", e);
        }
    }

    /** Makes an object with nothing to work with: only the defaults of its options are read. */
    private static <T> T idle(Class<T> type) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return type.cast(constructor.newInstance(new Object[constructor.getParameterCount()]));
    }
}
