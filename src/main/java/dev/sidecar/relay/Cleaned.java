package dev.sidecar.relay;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The part of a push that is left.
 *
 * @param body to be passed on
 * @param accepted samples or lines in it
 * @param unwanted samples that no host may push, and that are left out without a word
 * @param troubles samples or lines that were left out, by the reason
 * @param newest the time of its newest sample or line, kept or not, in milliseconds; empty if it had none
 */
record Cleaned(byte[] body, int accepted, int unwanted, Map<Trouble, Integer> troubles, OptionalLong newest) {

    /** Counts while a push is read. */
    static final class Counts {

        private final Map<Trouble, Integer> troubles = new EnumMap<>(Trouble.class);
        private int accepted;
        private int unwanted;
        private long newest = Long.MIN_VALUE;

        void accepted(int more) {
            accepted += more;
        }

        void unwanted(int more) {
            unwanted += more;
        }

        void trouble(Trouble trouble, int more) {
            troubles.merge(trouble, more, Integer::sum);
        }

        void seen(long millis) {
            newest = Math.max(newest, millis);
        }

        Cleaned cleaned(byte[] body) {
            return new Cleaned(
                    body,
                    accepted,
                    unwanted,
                    troubles,
                    newest == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(newest));
        }
    }
}
