package dev.sidecar.sets;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Compresses and decompresses the files of a set. */
public final class Compression {

    private static final int BUFFER = 256 * 1024;
    /** As a power of two, the largest of level 19. The file asks for it before a byte of its contents was compared with a checksum. */
    private static final int LARGEST_WINDOW = 23;

    private final SetProperties.CompressionSettings settings;

    Compression(SetProperties.CompressionSettings settings) {
        this.settings = settings;
    }

    /** Returns the ending of a compressed file's name. */
    String suffix() {
        return settings.method().equals("zstd") ? ".zst" : ".gz";
    }

    /** Returns method and level as the manifest names them. */
    public String label() {
        return settings.label();
    }

    OutputStream compress(OutputStream out) throws IOException {
        if (settings.method().equals("zstd")) {
            // pg_dump's own zstd writes no checksum, so a flipped bit would go unseen. zstd's own worker threads stay
            // off:
            // they buffer four windows, some 100 MB for each file, and two files at once already keep two cores busy.
            ZstdOutputStreamNoFinalizer zstd = zstd(out);
            zstd.setLevel(settings.level()).setChecksum(true);
            return settings.level() == 1 ? forRows(zstd) : zstd;
        }
        int level = settings.level();
        return new GZIPOutputStream(out, BUFFER) {
            {
                def.setLevel(level);
            }
        };
    }

    /**
     * Tunes level 1 for repeated rows. A table repeats keys and whole values, far apart from each other; zstd's own low levels look for short
     * strings close by. The hash table of 1 MiB still fits into a core's cache.
     */
    private static OutputStream forRows(ZstdOutputStreamNoFinalizer zstd) throws IOException {
        return zstd.setWindowLog(23).setHashLog(18).setMinMatch(7);
    }

    /** Loads zstd. Its native library is unpacked into the temporary directory, which may be mounted noexec. */
    private static ZstdOutputStreamNoFinalizer zstd(OutputStream out) throws IOException {
        try {
            return new ZstdOutputStreamNoFinalizer(out);
        } catch (LinkageError e) {
            throw new BackupFailure(
                    BackupFailure.Reason.NOT_CONFIGURED,
                    "Cannot load zstd (%s). Mount java.io.tmpdir without noexec, start with -DZstdNativePath=<its library>, or set sidecar.backup.compression.method to gzip."
                            .formatted(e.getMessage()),
                    e);
        }
    }

    /** Decompresses a file by the ending of its name. A truncated file is an error, not an early end. */
    static InputStream decompress(InputStream in, String fileName) throws IOException {
        if (fileName.contains(".zst")) {
            return new ZstdInputStreamNoFinalizer(in).setLongMax(LARGEST_WINDOW);
        }
        return fileName.contains(".gz") ? new GZIPInputStream(in, BUFFER) : in;
    }
}
