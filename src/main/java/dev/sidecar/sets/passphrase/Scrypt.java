package dev.sidecar.sets.passphrase;

import java.util.concurrent.locks.ReentrantLock;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * Computes scrypt (RFC 7914) with r = 8 and p = 1 in a quarter of the heap, whatever the work factor is. The usual way keeps every step of the
 * first half, 256 MiB at age's factor of 18; this one keeps every n-th and computes those between again when the second half asks for them. One
 * key is computed at a time, so that files that are written side by side do not multiply the memory.
 */
final class Scrypt {

    private static final int R = 8;
    /** The size of a block in numbers of four bytes. */
    private static final int BLOCK = 32 * R;

    /** How many blocks of 1 KiB are kept: 32 MiB of them with a heap of 128 MiB. */
    private static final int MOST_KEPT = (int) Math.max(
            1 << 14, Long.highestOneBit(Math.min(Runtime.getRuntime().maxMemory() / 4 >> 10, 1 << 20)));
    /** Blocks that are kept lie in pieces of 1 MiB: a heap rarely has room for one large array. */
    private static final int BLOCKS_IN_A_PIECE = 1 << 10;

    private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

    private Scrypt() {}

    /** Derives a key. @param work the number of steps is two to this power */
    static byte[] key(byte[] passphrase, byte[] salt, int work, int length) {
        return key(passphrase, salt, work, length, MOST_KEPT);
    }

    /** @param mostKept how many blocks may be kept, a power of two */
    static byte[] key(byte[] passphrase, byte[] salt, int work, int length, int mostKept) {
        ONE_AT_A_TIME.lock();
        try {
            byte[] block = pbkdf2(passphrase, salt, BLOCK * 4);
            int[] x = new int[BLOCK];
            for (int i = 0; i < BLOCK; i++) {
                x[i] = (block[4 * i] & 0xff)
                        | (block[4 * i + 1] & 0xff) << 8
                        | (block[4 * i + 2] & 0xff) << 16
                        | block[4 * i + 3] << 24;
            }
            mix(x, 1 << work, mostKept);
            for (int i = 0; i < BLOCK; i++) {
                block[4 * i] = (byte) x[i];
                block[4 * i + 1] = (byte) (x[i] >>> 8);
                block[4 * i + 2] = (byte) (x[i] >>> 16);
                block[4 * i + 3] = (byte) (x[i] >>> 24);
            }
            return pbkdf2(passphrase, block, length);
        } finally {
            ONE_AT_A_TIME.unlock();
        }
    }

    private static byte[] pbkdf2(byte[] passphrase, byte[] salt, int length) {
        PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(new SHA256Digest());
        generator.init(passphrase, salt, 1);
        return ((KeyParameter) generator.generateDerivedMacParameters(length * 8)).getKey();
    }

    private static void mix(int[] x, int steps, int mostKept) {
        int each = Math.max(1, steps / mostKept);
        int kept = steps / each;
        int[][] pieces = new int[(kept + BLOCKS_IN_A_PIECE - 1) / BLOCKS_IN_A_PIECE][];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = new int[Math.min(kept, BLOCKS_IN_A_PIECE) * BLOCK];
        }
        int[] spare = new int[BLOCK];
        int[] piece = new int[16];
        for (int i = 0; i < steps; i++) {
            if (i % each == 0) {
                int at = i / each;
                System.arraycopy(x, 0, pieces[at / BLOCKS_IN_A_PIECE], at % BLOCKS_IN_A_PIECE * BLOCK, BLOCK);
            }
            mixBlock(x, spare, piece);
        }
        int[] again = new int[BLOCK];
        for (int i = 0; i < steps; i++) {
            int wanted = x[BLOCK - 16] & (steps - 1);
            int at = wanted / each;
            System.arraycopy(pieces[at / BLOCKS_IN_A_PIECE], at % BLOCKS_IN_A_PIECE * BLOCK, again, 0, BLOCK);
            for (int step = at * each; step < wanted; step++) {
                mixBlock(again, spare, piece);
            }
            for (int word = 0; word < BLOCK; word++) {
                x[word] ^= again[word];
            }
            mixBlock(x, spare, piece);
        }
    }

    /** Mixes a block in place: its pieces of 64 bytes one after the other, those at even places first. */
    private static void mixBlock(int[] block, int[] spare, int[] b) {
        System.arraycopy(block, BLOCK - 16, b, 0, 16);
        for (int i = 0; i < 2 * R; i++) {
            for (int word = 0; word < 16; word++) {
                b[word] ^= block[i * 16 + word];
            }
            salsa(b);
            System.arraycopy(b, 0, spare, (i / 2 + (i % 2) * R) * 16, 16);
        }
        System.arraycopy(spare, 0, block, 0, BLOCK);
    }

    /** Salsa20 with eight rounds. */
    private static void salsa(int[] b) {
        int x0 = b[0], x1 = b[1], x2 = b[2], x3 = b[3], x4 = b[4], x5 = b[5], x6 = b[6], x7 = b[7];
        int x8 = b[8], x9 = b[9], x10 = b[10], x11 = b[11], x12 = b[12], x13 = b[13], x14 = b[14], x15 = b[15];
        for (int round = 0; round < 8; round += 2) {
            x4 ^= Integer.rotateLeft(x0 + x12, 7);
            x8 ^= Integer.rotateLeft(x4 + x0, 9);
            x12 ^= Integer.rotateLeft(x8 + x4, 13);
            x0 ^= Integer.rotateLeft(x12 + x8, 18);
            x9 ^= Integer.rotateLeft(x5 + x1, 7);
            x13 ^= Integer.rotateLeft(x9 + x5, 9);
            x1 ^= Integer.rotateLeft(x13 + x9, 13);
            x5 ^= Integer.rotateLeft(x1 + x13, 18);
            x14 ^= Integer.rotateLeft(x10 + x6, 7);
            x2 ^= Integer.rotateLeft(x14 + x10, 9);
            x6 ^= Integer.rotateLeft(x2 + x14, 13);
            x10 ^= Integer.rotateLeft(x6 + x2, 18);
            x3 ^= Integer.rotateLeft(x15 + x11, 7);
            x7 ^= Integer.rotateLeft(x3 + x15, 9);
            x11 ^= Integer.rotateLeft(x7 + x3, 13);
            x15 ^= Integer.rotateLeft(x11 + x7, 18);
            x1 ^= Integer.rotateLeft(x0 + x3, 7);
            x2 ^= Integer.rotateLeft(x1 + x0, 9);
            x3 ^= Integer.rotateLeft(x2 + x1, 13);
            x0 ^= Integer.rotateLeft(x3 + x2, 18);
            x6 ^= Integer.rotateLeft(x5 + x4, 7);
            x7 ^= Integer.rotateLeft(x6 + x5, 9);
            x4 ^= Integer.rotateLeft(x7 + x6, 13);
            x5 ^= Integer.rotateLeft(x4 + x7, 18);
            x11 ^= Integer.rotateLeft(x10 + x9, 7);
            x8 ^= Integer.rotateLeft(x11 + x10, 9);
            x9 ^= Integer.rotateLeft(x8 + x11, 13);
            x10 ^= Integer.rotateLeft(x9 + x8, 18);
            x12 ^= Integer.rotateLeft(x15 + x14, 7);
            x13 ^= Integer.rotateLeft(x12 + x15, 9);
            x14 ^= Integer.rotateLeft(x13 + x12, 13);
            x15 ^= Integer.rotateLeft(x14 + x13, 18);
        }
        b[0] += x0;
        b[1] += x1;
        b[2] += x2;
        b[3] += x3;
        b[4] += x4;
        b[5] += x5;
        b[6] += x6;
        b[7] += x7;
        b[8] += x8;
        b[9] += x9;
        b[10] += x10;
        b[11] += x11;
        b[12] += x12;
        b[13] += x13;
        b[14] += x14;
        b[15] += x15;
    }
}
