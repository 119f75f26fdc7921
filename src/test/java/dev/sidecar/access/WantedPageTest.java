package dev.sidecar.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.web.savedrequest.SavedRequest;

class WantedPageTest {

    private final WantedPage page = new WantedPage();
    private final MockHttpServletRequest request = new MockHttpServletRequest("GET", "/backups");

    private SavedRequest saved() {
        page.saveRequest(request, new MockHttpServletResponse());
        return page.getRequest(request, new MockHttpServletResponse());
    }

    @Test
    void theAddressIsKeptAndNothingElse() {
        request.setQueryString("database=app");
        request.addHeader("Accept", "text/html,*/*");
        request.addHeader("X-Large", "x".repeat(8_000));
        request.addParameter("database", "app");

        SavedRequest saved = saved();

        assertThat(saved.getRedirectUrl()).contains("/backups?database=app");
        assertThat(saved.getHeaderNames()).isEmpty();
        assertThat(saved.getParameterMap()).isEmpty();
        assertThat(saved.getCookies()).isEmpty();
    }

    @Test
    void whatIsNoPageBeginsNoSession() {
        request.addHeader("Accept", "application/json");

        assertThat(saved()).isNull();
        assertThat(request.getSession(false)).isNull();
    }

    @Test
    void whatIsTooLongBeginsNoSession() {
        request.setQueryString("q=" + "x".repeat(2_000));

        assertThat(saved()).isNull();
        assertThat(request.getSession(false)).isNull();
    }
}
