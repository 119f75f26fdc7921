package dev.sidecar.gateway;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lists what can be wrong with an API's answer, so that its developers need not guess; each is a value of the label {@code defect}. */
enum AnswerDefect {
    /** A first line of HTTP without a version or a status of three digits. */
    STATUS_LINE,
    /** A header line that continues on the next one: some programs join them, some take the second for a header of its own. */
    FOLDED_LINE,
    /** A header line without a colon, or a name with a space or another character that no name has. */
    HEADER_NAME,
    /** A control character, such as a NUL or a lone carriage return, in the first line or a header. */
    CONTROL_CHARACTER,
    /** A head, or a line of it, that is larger than any honest one. */
    TOO_LARGE,
    /** Lengths that contradict each other, or are none. */
    LENGTH,
    /**
     * A transfer coding other than "chunked" once: nobody asked for it, and a client that does not know it takes coded bytes for the body.
     * Chunked twice means by the standard what it says, though the body is mostly chunked once; nginx refuses it since 1.23.
     */
    CODING,
    /** A chunk whose size or end cannot be read. */
    CHUNK,
    /** Another protocol that nobody asked for. */
    UPGRADE,
    /** Anything else, such as bytes that are no HTTP. */
    OTHER;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Finds what is wrong with a head that could not be read. */
    static AnswerDefect ofHead(@Nullable Throwable cause) {
        if (cause instanceof Found found) {
            return found.defect;
        }
        if (cause instanceof TooLongFrameException) {
            return TOO_LARGE;
        }
        String said = cause == null ? "" : String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (said.contains("transfer coding")) {
            return CODING;
        }
        return cause instanceof NumberFormatException
                        || said.contains("content-length")
                        || said.contains("content length")
                ? LENGTH
                : OTHER;
    }

    /**
     * Finds what is wrong with a head that Netty could read; null if nothing is. "Identity" is no coding and never was more than a word, and
     * the elements of a list may be empty (RFC 9110, 5.6.1).
     */
    static @Nullable AnswerDefect ofHead(HttpHeaders headers) {
        if (!headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return null;
        }
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).stream()
                .flatMap(line -> Stream.of(line.split(",")))
                .map(String::strip)
                .filter(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"))
                .toList();
        return codings.isEmpty() || codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked") ? null : CODING;
    }

    /** Carries a defect through the decoder's result. */
    static final class Found extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final AnswerDefect defect;

        Found(AnswerDefect defect) {
            super(defect.label(), null, false, false);
            this.defect = defect;
        }
    }
}
