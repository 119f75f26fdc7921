package dev.sidecar.postgres;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * The closed place of one proof, in which the scratch server and every program that reads what a stranger wrote run. Closing it ends all
 * of them and removes their files.
 */
interface Cell extends AutoCloseable {

    /** Starts a pipeline in it. @param errors takes each line of the programs' errors */
    List<Child> startPipe(List<List<String>> commands, Consumer<String> errors);

    /** A directory that its programs may write to, as they see it. */
    Path work();

    /** The directory for the server's socket, as its programs see it. */
    Path sockets();

    /** The same directory as this process sees it. */
    Path socketsFromOutside();

    /** A sentence on how it is kept apart. */
    String description();

    @Override
    void close();
}
