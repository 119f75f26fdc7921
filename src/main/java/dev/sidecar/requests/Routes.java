package dev.sidecar.requests;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Learns the routes of one upstream from its traffic: {@code /orders/17} becomes {@code /orders/{id}}. It learns a template only when
 * the upstream answers with a success, so that a scanner's guesses add nothing, and never more than 100.
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
     * Finds the route to count a request under.
     *
     * @param path without query, as received
     * @param status the response's status
     */
    public String of(String method, String path, int status) {
        String template = template(path);
        if (learned.contains(template) || shows(method, status) && learn(template)) {
            return template;
        }
        return unknown(status);
    }

    /**
     * Names a request whose route is unknown.
     *
     * @param status the response's status
     */
    static String unknown(int status) {
        if (status == 404) {
            return NOT_FOUND;
        }
        return status >= 300 && status < 400 ? REDIRECTION : OTHER;
    }

    /** Upstreams answer CORS preflights with 200 on any path, so those say nothing. */
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

    /** Numbers, UUIDs, hashes, tokens and everything else that is not a plain word are ids. */
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
