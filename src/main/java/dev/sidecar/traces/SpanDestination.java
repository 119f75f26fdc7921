package dev.sidecar.traces;

import dev.sidecar.secrets.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says where spans go.
 *
 * @param endpoint base of an OTLP receiver's address, such as {@code http://traces:4318}; {@code /v1/traces} is added
 * @param token sent as {@code Authorization: Bearer}, or as it is if it begins with a scheme of its own; null for none
 * @param queue greatest number of spans that wait
 * @param timeout greatest time for one delivery with all its attempts
 */
public record SpanDestination(URI endpoint, @Nullable Secret token, int queue, Duration timeout) {

    private static final String PATH = "/v1/traces";
    private static final int LONGEST_TOKEN = 4096;

    /** An address can be an endpoint: http or https with a host, and none of the parts that would hold a secret or the path itself. */
    public static boolean isEndpoint(String address) {
        try {
            URI uri = new URI(address);
            return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getPort() != 0
                    && uri.getPort() <= 65535
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && !withoutSlash(address).endsWith(PATH);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /** A secret can be the value of a header: the client would refuse others with the value in its message. */
    public static boolean isToken(Secret token) {
        String value = token.reveal();
        return value.length() <= LONGEST_TOKEN && value.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    String traces() {
        return withoutSlash(endpoint.toString()) + PATH;
    }

    @Nullable
    String authorization() {
        if (token == null) {
            return null;
        }
        String value = token.reveal().strip();
        return value.indexOf(' ') < 0 ? "Bearer " + value : value;
    }

    private static String withoutSlash(String address) {
        return address.replaceAll("/+$", "");
    }
}
