package dev.sidecar.peers;

import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpResponse;

/** A peer's answer, which is read up to a limit: a program that never stops answering must not fill our memory. */
public final class LimitedAnswer implements ClientHttpResponse {

    /** The longest honest one, all log lines of a request or all series of a stack, has some megabytes. */
    static final long LONGEST = 16L * 1024 * 1024;

    private final ClientHttpResponse answer;
    private final long longest;

    /** @param longest how many bytes of it are read; one that is longer fails */
    public LimitedAnswer(ClientHttpResponse answer, long longest) {
        this.answer = answer;
        this.longest = longest;
    }

    @Override
    public InputStream getBody() throws IOException {
        return Limited.stream(answer.getBody(), longest);
    }

    @Override
    public HttpHeaders getHeaders() {
        return answer.getHeaders();
    }

    @Override
    public HttpStatusCode getStatusCode() throws IOException {
        return answer.getStatusCode();
    }

    @Override
    public String getStatusText() throws IOException {
        return answer.getStatusText();
    }

    @Override
    public void close() {
        answer.close();
    }
}
