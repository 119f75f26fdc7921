package dev.sidecar.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Knows which of Java's encodings is meant by the name that PostgreSQL has for one. */
public final class Encodings {

    private Encodings() {}

    /**
     * Finds the encoding of a database's texts.
     *
     * @param encoding as PostgreSQL calls it, such as {@code LATIN1}
     * @return UTF-8 for a database that has no encoding, and for an encoding that Java does not know
     */
    public static Charset charset(String encoding) {
        String java = switch (encoding) {
            case "UTF8", "SQL_ASCII" -> "UTF-8";
            case "EUC_JP", "EUC_KR" -> encoding.replace('_', '-');
            case "EUC_CN" -> "GB2312";
            case "EUC_TW" -> "x-EUC-TW";
            case "KOI8R", "KOI8U" -> encoding.replace("8", "8-");
            default ->
                encoding.startsWith("WIN")
                        ? "windows-" + encoding.substring(3)
                        : encoding.startsWith("LATIN")
                                ? latin(encoding.substring(5))
                                : encoding.replace("ISO_8859_", "ISO-8859-");
        };
        try {
            return Charset.forName(java);
        } catch (IllegalArgumentException e) {
            return StandardCharsets.UTF_8;
        }
    }

    /**
     * Reads a text that is in UTF-8, or else in another encoding. Such is the name of a role, which all databases of a server share: its bytes
     * are in the encoding of the database that it was made in, whichever reads it.
     */
    public static String either(byte[] text, Charset other) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException e) {
            return new String(text, other);
        }
    }

    /** LATIN5 and later count by another number than the standard. */
    private static String latin(String number) {
        return "ISO-8859-"
                + switch (number) {
                    case "5" -> "9";
                    case "6" -> "10";
                    case "7" -> "13";
                    case "8" -> "14";
                    case "9" -> "15";
                    case "10" -> "16";
                    default -> number;
                };
    }
}
