package dev.sidecar.commands;

import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.springframework.util.StringUtils;
import picocli.CommandLine;

/**
 * Prints help and version without starting the application: they need no setting and no server, and people wait for them. The commands'
 * classes are listed in {@code META-INF/services}, as an application would find them too late.
 */
final class Help {

    private static final String LIST = "/META-INF/services/" + SidecarCommand.class.getName();
    static final Set<String> HELP = Set.of("-h", "--help");
    static final Set<String> VERSION = Set.of("-V", "--version");

    private Help() {}

    /** Prints it if nothing else is asked for. @return false if the command line is none of help alone */
    static boolean print(String[] args, CommandLine root, PrintStream out) {
        String last = args.length == 0 ? "" : args[args.length - 1];
        if (!HELP.contains(last) && !VERSION.contains(last)) {
            return false;
        }
        addAll(root);
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

    /** All commands, of which each can say what it is for and none can work. */
    static CommandLine whole() {
        return addAll(Commands.plain());
    }

    private static CommandLine addAll(CommandLine root) {
        Listed.in(LIST).forEach(name -> root.addSubcommand(new CommandLine(Listed.type(name), Help::idle)));
        return root;
    }

    /** The class of the command: {@code ListCommand} for {@code list}. To read 19 annotations would take a tenth of a second. */
    static Optional<Class<? extends SidecarCommand>> named(String command) {
        String type = "." + StringUtils.capitalize(command) + "Command";
        return Listed.in(LIST)
                .filter(name -> name.endsWith(type))
                .<Class<? extends SidecarCommand>>map(name -> Listed.type(name).asSubclass(SidecarCommand.class))
                .findFirst();
    }

    /** Makes an object with nothing to work with: only the defaults of its options are read. */
    private static <T> T idle(Class<T> type) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return type.cast(constructor.newInstance(new Object[constructor.getParameterCount()]));
    }
}
