package dev.sidecar.dumps;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Decompresses a dump by its first bytes, as names say anything. */
final class Decompression {

    private static final int BUFFER = 256 * 1024;
    private static final int MAGIC = 24;
    /** Twice, as some compress what pg_dump has compressed already. */
    private static final int DEEPEST = 2;

    private static final int LARGEST_WINDOW = 27;

    private static final int SECOND_WINDOW = 23;

    private record Other(String magic, String name, String remedy) {}

    private static final String USE = "Have it compressed with gzip or zstd.";
    private static final List<Other> OTHERS = List.of(
            new Other("BZh", "compressed with bzip2", USE),
            new Other("\u00fd7zXZ\0", "compressed with xz", USE),
            new Other("\u0004\"M\u0018", "compressed with lz4", USE),
            new Other("PK\u0003\u0004", "a zip file", USE),
            new Other("7z\u00bc\u00af", "a 7z file", USE),
            new Other(
                    "age-encryption.org/",
                    "encrypted with age",
                    "It cannot be verified here, because the key is not here."),
            new Other("-----BEGIN ", "encrypted", "It cannot be verified here, because the key is not here."),
            new Other(
                    "Salted__", "encrypted with openssl", "It cannot be verified here, because the key is not here."));

    private Decompression() {}

    /** @throws UnusableDump if it is of a kind that is not read here */
    static InputStream of(InputStream stored) throws IOException {
        InputStream in = stored;
        for (int depth = 0; depth <= DEEPEST; depth++) {
            BufferedInputStream peeked = new BufferedInputStream(in, BUFFER);
            peeked.mark(MAGIC);
            String magic = new String(peeked.readNBytes(MAGIC), StandardCharsets.ISO_8859_1);
            peeked.reset();
            for (Other other : OTHERS) {
                if (magic.startsWith(other.magic())) {
                    throw new UnusableDump(
                            false,
                            "It is %s, a format that is not supported. %s".formatted(other.name(), other.remedy()));
                }
            }
            if (magic.startsWith("\u001f\u008b")) {
                in = new GZIPInputStream(peeked, BUFFER);
            } else if (magic.startsWith("\u0028\u00b5\u002f\u00fd")) {
                // zstd --long takes 128 MiB of memory to read. What was compressed before gains nothing by a large
                // window.
                in = new ZstdInputStreamNoFinalizer(peeked).setLongMax(depth == 0 ? LARGEST_WINDOW : SECOND_WINDOW);
            } else {
                return peeked;
            }
        }
        throw new UnusableDump(false, "It is compressed more than twice.");
    }
}
