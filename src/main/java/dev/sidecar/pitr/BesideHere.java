package dev.sidecar.pitr;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.HostileText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The instance beside on this machine, made by this process. */
final class BesideHere implements InstanceBeside {

    private final Recoveries recoveries;
    private final PitrProperties settings;
    private @Nullable Thread working;
    private boolean failed;
    private List<String> said = List.of();

    BesideHere(Recoveries recoveries, PitrProperties settings) {
        this.recoveries = recoveries;
        this.settings = settings;
    }

    @Override
    public boolean isPossible() {
        return settings.enabled() && !settings.instance().directory().isBlank();
    }

    @Override
    public synchronized State state() {
        return new State(isWorking() ? Stage.WORKING : isPossible() ? recoveries.stage() : Stage.NONE, failed, said);
    }

    private boolean isWorking() {
        return working != null && working.isAlive();
    }

    @Override
    public void recover(RecoveryTarget target) {
        begin(() -> recoveries.beside(recoveries.plan(target)));
    }

    @Override
    public void run(Errand errand) {
        begin(() -> {
            switch (errand) {
                case PROMOTE -> recoveries.promote();
                case START -> recoveries.startAgain();
                case REMOVE -> recoveries.remove();
            }
            return recoveries.stage().sentence();
        });
    }

    @FunctionalInterface
    private interface Work {
        String run() throws InterruptedException;
    }

    private synchronized void begin(Work work) {
        if (isWorking()) {
            throw new BackupFailure(Reason.BUSY, "Another request for the separate instance is in progress.");
        }
        failed = false;
        said = List.of();
        Thread thread = new Thread(() -> finish(work), "pitr-beside");
        thread.setDaemon(true);
        thread.start();
        working = thread;
    }

    private void finish(Work work) {
        try {
            ended(false, work.run());
        } catch (BackupFailure e) {
            ended(true, HostileText.line(e.getMessage()));
        } catch (InterruptedException e) {
            ended(true, "Stopped.");
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void ended(boolean wrong, String sentence) {
        failed = wrong;
        said = List.of(sentence);
    }
}
