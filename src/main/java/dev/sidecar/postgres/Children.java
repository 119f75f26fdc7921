package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Keeps the client programs of one run together, so that all of them stop when one stage fails. */
public final class Children implements AutoCloseable {

    private final Workbench workbench;
    private final List<Child> started = new ArrayList<>();
    private boolean closed;

    /** Programs of this process's own. */
    public Children() {
        this(Workbench.ofThisProcess(Path.of("/")));
    }

    /** @param workbench where they run */
    public Children(Workbench workbench) {
        this.workbench = workbench;
    }

    /** Starts a program that is stopped with the others. */
    public Child start(List<String> command) {
        return startPipe(List.of(command)).get(0);
    }

    /** Starts a pipeline whose programs are stopped with the others. */
    public synchronized List<Child> startPipe(List<List<String>> commands) {
        if (closed) {
            throw new BackupFailure(Reason.SHUTDOWN, "The run was stopped, so no further program is started.");
        }
        List<Child> children = workbench.startPipe(commands);
        started.addAll(children);
        return children;
    }

    @Override
    public void close() {
        List<Child> children;
        synchronized (this) {
            closed = true;
            children = List.copyOf(started);
        }
        children.forEach(Child::close);
    }
}
