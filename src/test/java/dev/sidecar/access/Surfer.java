package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A browser as far as requests go: it keeps cookies, follows what it is told to, and sends the token of a page's form. */
final class Surfer {

    private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"");
    private static final Pattern AGREE = Pattern.compile("id=\"agree\" href=\"([^\"]+)\"");

    private final String base;
    private final HttpClient client = HttpClient.newBuilder()
            .cookieHandler(new CookieManager())
            .connectTimeout(Duration.ofMinutes(1))
            .build();

    Surfer(String base) {
        this.base = base;
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.timeout(Duration.ofMinutes(2)).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(to(path));
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : base + path))
                .header("Accept", "text/html,*/*");
    }

    /** @return the page to which it leads in the end */
    HttpResponse<String> follow(String path) throws Exception {
        HttpResponse<String> answer = get(path);
        URI at = URI.create(path.startsWith("http") ? path : base + path);
        for (int hops = 0; hops < 10 && answer.statusCode() == 302; hops++) {
            at = at.resolve(answer.headers().firstValue("Location").orElseThrow());
            answer = get(at.toString());
        }
        return answer;
    }

    /** @return the address at the issuer that leads back with a code */
    String askForLogin() throws Exception {
        HttpResponse<String> issuer = follow(IssuerLogin.PATH);
        Matcher agree = AGREE.matcher(issuer.body());
        assertThat(agree.find()).as("%s", issuer.body()).isTrue();
        return issuer.uri().resolve(agree.group(1).replace("&amp;", "&")).toString();
    }

    /** Logs in at the issuer as whoever it takes this browser for. @return the page to which that leads */
    HttpResponse<String> logIn() throws Exception {
        return follow(askForLogin());
    }

    String csrf() throws Exception {
        return csrf(follow("/readiness").body());
    }

    static String csrf(String page) {
        Matcher found = CSRF.matcher(page);
        assertThat(found.find()).as("a form on the page").isTrue();
        return found.group(1);
    }

    HttpResponse<String> logOut() throws Exception {
        return send(to("/logout").header("X-CSRF-TOKEN", csrf()).POST(BodyPublishers.noBody()));
    }
}
