package dev.sidecar.pitr;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.text.HostileText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * The instance beside in a container of its own, asked by files in a folder that both see ({@code docker/beside}). It holds whatever the
 * database held, so what it says is a stranger's.
 */
final class BesideThere implements InstanceBeside {

    private static final int LONGEST = 16 * 1024;
    private static final int MOST_LINES = 20;
    private static final Duration TAKEN_WITHIN = Duration.ofMinutes(1);

    private final Path folder;
    private final Clock clock;

    BesideThere(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /** The container makes this file when it starts. */
    @Override
    public boolean isPossible() {
        return Files.isRegularFile(folder.resolve("there"), LinkOption.NOFOLLOW_LINKS);
    }

    /** @param how an exit code, or a word */
    private record Answer(String number, String how, List<String> said) {}

    @Override
    public State state() {
        try {
            return told();
        } catch (BackupFailure e) {
            return new State(Stage.NONE, true, List.of(HostileText.line(e.getMessage())));
        }
    }

    private State told() {
        Answer answer = answer();
        String requested = requested();
        if (requested.isEmpty()) {
            return new State(stage(), false, List.of());
        }
        boolean taken = requested.equals(answer.number());
        if (!taken && isOld(requested)) {
            return new State(
                    stage(),
                    true,
                    List.of(
                            "The container of the separate instance did not accept the request: start pitr-beside and try again."));
        }
        boolean waiting = !taken || answer.how().equals("working");
        return new State(
                waiting ? Stage.WORKING : stage(), !waiting && !List.of("0", "").contains(answer.how()), answer.said());
    }

    /** A request's number is when it was made; the container looks every second. */
    private boolean isOld(String requested) {
        try {
            return Instant.ofEpochMilli(Long.parseLong(requested))
                    .isBefore(clock.instant().minus(TAKEN_WITHIN));
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private Stage stage() {
        try {
            return Stage.valueOf(read("there").strip().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return Stage.NONE;
        }
    }

    private Answer answer() {
        List<String> lines = read("answer").lines().limit(MOST_LINES).toList();
        String[] first = (lines.isEmpty() ? "" : lines.get(0)).split(" ", 2);
        return new Answer(
                first[0],
                first.length > 1 ? first[1] : "",
                lines.stream().skip(1).map(HostileText::line).toList());
    }

    private String requested() {
        return read("request").split(" ", 2)[0].strip();
    }

    /** Opened for writing, too, as opening a pipe to read it alone waits for a writer; a pipe has no size. */
    private String read(String name) {
        Path file = folder.resolve(name);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return "";
        }
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), LONGEST));
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BackupFailure(Reason.STORAGE, "Cannot read the state of the separate instance: " + e, e);
        }
    }

    @Override
    public void recover(RecoveryTarget target) {
        ask(target.moment().map(moment -> "recover " + moment).orElse("latest"));
    }

    @Override
    public void run(Errand errand) {
        ask(errand.name().toLowerCase(Locale.ROOT));
    }

    private synchronized void ask(String what) {
        if (!isPossible()) {
            throw new BackupFailure(
                    Reason.NOT_CONFIGURED, "The container of the separate instance is not running: start pitr-beside.");
        }
        if (state().stage() == Stage.WORKING) {
            throw new BackupFailure(Reason.BUSY, "Another request for the separate instance is in progress.");
        }
        try {
            // A new file: what may lie there could be a link to one of ours.
            Path written = folder.resolve("request.new");
            Files.deleteIfExists(written);
            Files.writeString(
                    written,
                    clock.millis() + " " + what + "\n",
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            Files.move(
                    written,
                    folder.resolve("request"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BackupFailure(Reason.SPACE, "Cannot send a request to the separate instance: " + e, e);
        }
    }
}
