package dev.sidecar.access;

import dev.sidecar.settings.InvalidSetting;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Answers only requests that name this server: a page whose name was made to point here (DNS rebinding) must not read the console through
 * a browser, and no answer may lead to a host that the client made up. Besides the names of the setting these count: the loopback names,
 * and the address at which the request arrived.
 */
final class AllowedHosts extends OncePerRequestFilter {

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9._-]{0,252})|\\[[0-9a-f:.]+]");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]");

    private final Set<String> names = new TreeSet<>();

    AllowedHosts(List<String> names) {
        names.stream()
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .filter(name -> !name.isEmpty())
                .forEach(this.names::add);
        for (String name : this.names) {
            InvalidSetting.unless(
                    NAME.matcher(name).matches(),
                    "sidecar.access.hosts",
                    name,
                    "be a list of host names or addresses without a port, such as sidecar.example.org,10.1.2.3");
        }
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (isAllowed(request)) {
            chain.doFilter(request, response);
        } else {
            Refused.answer(
                    response,
                    HttpStatus.MISDIRECTED_REQUEST,
                    "This server does not answer to the host name in the request. If the name is right, add it to"
                            + " sidecar.access.hosts.");
        }
    }

    private boolean isAllowed(HttpServletRequest request) {
        if (request.getHeader(HttpHeaders.HOST) == null) {
            // An old client, such as a health check. No browser leaves the name out.
            return true;
        }
        String host = request.getServerName().toLowerCase(Locale.ROOT);
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return LOOPBACK.contains(name) || names.contains(name) || name.equals(inHeader(request.getLocalAddr()));
    }

    private static String inHeader(String address) {
        return address.indexOf(':') < 0 ? address : "[" + address + "]";
    }
}
