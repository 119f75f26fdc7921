package dev.sidecar.traces;

import dev.sidecar.requests.Answer;
import dev.sidecar.requests.Asker;
import dev.sidecar.requests.Call;

/** Stands where nobody keeps traces. */
final class NoSpans implements Spans {

    @Override
    public void ended(Call call, String route, Asker asker, Answer answer) {
        // Nobody asked for it.
    }

    @Override
    public void close() {
        // Nothing was started.
    }
}
