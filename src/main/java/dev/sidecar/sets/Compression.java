package dev.sidecar.sets;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** How the files of a set are compressed. */
public final class Compression {

    private static final int BUFFER = 256 * 1024;

    private final SetProperties.Compression settings;

    Compression(SetProperties.Compression settings) {
        this.settings = settings;
    }

    /** What a compressed file's name ends with. */
    String suffix() {
        return settings.method().equals("zstd") ? ".zst" : ".gz";
    }

    /** As in the manifest. */
    public String label() {
        return settings.label();
    }

    OutputStream compress(OutputStream out) throws IOException {
        if (settings.method().equals("zstd")) {
            // pg_dump's own zstd lacks the checksum, so that a flipped bit would go unseen. No worker of zstd's own: it
            // holds back jobs of four windows, some 100 MB for each file, and two files at once keep two cores busy.
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
     * Level 1 with a memory for rows. What repeats in a table is keys and whole values, each a long way from its twin; zstd's own low
     * levels look for short strings near by, and forget the rest. The table of 1 MiB still fits into a core's cache.
     */
    private static OutputStream forRows(ZstdOutputStreamNoFinalizer zstd) throws IOException {
        return zstd.setWindowLog(23).setHashLog(18).setMinMatch(7);
    }

    /** Its native part is unpacked into the temporary directory, which may forbid that anything in it is executed. */
    private static ZstdOutputStreamNoFinalizer zstd(OutputStream out) throws IOException {
        try {
            return new ZstdOutputStreamNoFinalizer(out);
        } catch (LinkageError e) {
            throw new BackupFailure(
                    BackupFailure.Reason.NOT_CONFIGURED,
                    "zstd cannot be loaded (%s). Allow executing in java.io.tmpdir, start with -DZstdNativePath=<its library>, or set sidecar.backup.compression.method to gzip."
                            .formatted(e.getMessage()),
                    e);
        }
    }

    /** Decompresses a file by what its name says. It ends with an error, not early, if it is cut off. */
    static InputStream decompress(InputStream in, String fileName) throws IOException {
        if (fileName.contains(".zst")) {
            return new ZstdInputStreamNoFinalizer(in);
        }
        return fileName.contains(".gz") ? new GZIPInputStream(in, BUFFER) : in;
    }
}
