package dev.sidecar.requests;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The routes of one upstream, learned from its traffic: {@code /orders/17} becomes {@code /orders/{id}}. A template is learned only when
 * the upstream answered it with a success, so that a scanner's guesses add nothing; and there are never more than 100.
 */
public final class Routes {

    /** Neither a learned route nor anything more specific. */
    static final String OTHER = "OTHER";

    static final String NOT_FOUND = "NOT_FOUND";
    static final String REDIRECTION = "REDIRECTION";
    static final int MOST = 100;

    private static final String ID = "{id}";
    private static final int LONGEST_WORD = 32;
    private static final int DEEPEST = 10;

    private final Set<String> learned = ConcurrentHashMap.newKeySet();

    /**
     * The route to count a request under.
     *
     * @param path without query, as received
     * @param status how it was answered
     */
    public String of(String method, String path, int status) {
        String template = template(path);
        if (learned.contains(template) || shows(method, status) && learn(template)) {
            return template;
        }
        return unknown(status);
    }

    /**
     * What to call a request whose route is unknown.
     *
     * @param status how it was answered
     */
    static String unknown(int status) {
        if (status == 404) {
            return NOT_FOUND;
        }
        return status >= 300 && status < 400 ? REDIRECTION : OTHER;
    }

    /** Preflights of CORS are answered with 200 on any path, so they show nothing. */
    private static boolean shows(String method, int status) {
        return (status >= 200 && status < 300 || status == 304 || status == 101) && !method.equals("OPTIONS");
    }

    private synchronized boolean learn(String template) {
        return learned.size() < MOST && (learned.add(template) || learned.contains(template));
    }

    static String template(String path) {
        StringBuilder template = null;
        int depth = 0;
        int start = path.startsWith("/") ? 1 : 0;
        while (start <= path.length()) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            if (++depth > DEEPEST) {
                return (template == null ? path.substring(0, start) : template.toString()) + "**";
            }
            boolean id = isId(path, start, end);
            if (id && template == null) {
                template = new StringBuilder(path.length()).append(path, 0, start);
            }
            if (template != null) {
                template.append(id ? ID : path.substring(start, end)).append(slash < 0 ? "" : "/");
            }
            start = end + 1;
        }
        return template == null ? path : template.toString();
    }

    /** Numbers, UUIDs, hashes, tokens, and all that is no plain word. */
    private static boolean isId(String path, int start, int end) {
        int length = end - start;
        int digits = 0;
        int hexadecimal = 0;
        boolean upper = false;
        boolean lower = false;
        for (int i = start; i < end; i++) {
            char c = path.charAt(i);
            if (c >= '0' && c <= '9') {
                digits++;
                hexadecimal++;
            } else if (c >= 'a' && c <= 'z') {
                lower = true;
                hexadecimal += c <= 'f' ? 1 : 0;
            } else if (c >= 'A' && c <= 'Z') {
                upper = true;
                hexadecimal += c <= 'F' ? 1 : 0;
            } else if (c != '-' && c != '_' && c != '.') {
                return true;
            }
        }
        return length > LONGEST_WORD
                || digits > 0 && (digits == length || digits >= 4 || length >= 8 && hexadecimal == length)
                || length >= 20 && digits > 0 && upper && lower;
    }
}
