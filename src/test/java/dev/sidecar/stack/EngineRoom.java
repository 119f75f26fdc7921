package dev.sidecar.stack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The engine's room for networks. Some engines have room for three stacks and some, where the machine's own network takes half of the
 * addresses, for one: the stack that finds none waits until it is alone.
 */
final class EngineRoom implements AutoCloseable {

    private final FileChannel channel;
    private FileLock held;

    private EngineRoom(FileChannel channel, FileLock held) {
        this.channel = channel;
        this.held = held;
    }

    /** Waits while another stack needs to be alone. */
    static EngineRoom shared() throws IOException {
        Path lock = Files.createDirectories(Path.of("target")).resolve("stack-networks.lock");
        FileChannel channel =
                FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new EngineRoom(channel, channel.lock(0, Long.MAX_VALUE, true));
    }

    /** Waits until no other stack of these tests runs. */
    void alone() throws IOException {
        held.release();
        held = channel.lock();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
