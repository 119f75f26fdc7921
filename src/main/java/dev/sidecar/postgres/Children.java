package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.util.ArrayList;
import java.util.List;

/** The client programs of one run, so that all of them can be stopped when one stage fails. */
public final class Children implements AutoCloseable {

    private final List<Child> started = new ArrayList<>();
    private boolean closed;

    /** Starts a program that is stopped with the others. */
    public Child start(List<String> command) {
        return startPipe(List.of(command)).get(0);
    }

    /** Starts programs that are stopped with the others, each of which reads what the one before it prints. */
    public synchronized List<Child> startPipe(List<List<String>> commands) {
        if (closed) {
            throw new BackupFailure(Reason.SHUTDOWN, "Nothing is started any more, as the run was stopped.");
        }
        List<Child> children = Child.startPipe(commands);
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
