package dev.sidecar.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.error.ErrorMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** The control plane in a real servlet container. */
class ControlRequestFilterTest {

    private static ConfigurableApplicationContext application;
    private static MeterRegistry registry;

    @BeforeAll
    static void start() {
        application = new SpringApplicationBuilder(Control.class)
                .web(WebApplicationType.SERVLET)
                .properties("server.port=0", "server.address=127.0.0.1", "spring.main.banner-mode=off")
                .run();
        registry = application.getBean(MeterRegistry.class);
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void aRequestHasItsIdInTheAnswerAndInTheMdc() throws Exception {
        HttpResponse<String> answer = get("/things/7", "demo-1");

        assertThat(answer.headers().allValues("X-Request-ID")).containsExactly("demo-1");
        assertThat(answer.body()).isEqualTo("thing 7 of demo-1");
        assertThat(get("/things/7", "no good")
                        .headers()
                        .firstValue("X-Request-ID")
                        .orElseThrow())
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-7.*");
        awaitCount("/things/{number}", "2xx");
    }

    @Test
    void aFailureKeepsItsRouteAndIsA500() throws Exception {
        assertThat(get("/broken", "i").statusCode()).isEqualTo(500);
        awaitCount("/broken", "5xx");
    }

    @Test
    void whatIsNotThereIsOneRoute() throws Exception {
        for (int i = 0; i < 50; i++) {
            assertThat(get("/wp-" + i, "i").statusCode()).isEqualTo(404);
        }
        awaitCount("NOT_FOUND", "404");
        assertThat(registry.find("sidecar.control.requests")
                        .tag("status", "404")
                        .timers())
                .hasSize(1);
    }

    @Test
    void anAnswerOfAnotherThreadIsCountedWhenItIsComplete() throws Exception {
        assertThat(get("/later", "i").body()).isEqualTo("at last");
        awaitCount("/later", "2xx");
    }

    private static void awaitCount(String route, String status) {
        await().untilAsserted(() -> assertThat(registry.find("sidecar.control.requests")
                        .tags("route", route, "status", status)
                        .timers())
                .anySatisfy(timer -> assertThat(timer.count()).isPositive()));
        await().until(() ->
                registry.get("sidecar.control.requests.in.flight").gauge().value() == 0);
    }

    private static HttpResponse<String> get(String path, String id) throws IOException, InterruptedException {
        String port = application.getEnvironment().getProperty("local.server.port");
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .header("X-Request-ID", id)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        TomcatServletWebServerAutoConfiguration.class,
        DispatcherServletAutoConfiguration.class,
        WebMvcAutoConfiguration.class,
        ErrorMvcAutoConfiguration.class
    })
    @Import(RequestsConfiguration.class)
    static class Control {

        @Bean
        MeterRegistry meterRegistry() {
            return new SimpleMeterRegistry();
        }

        @Bean
        Things things() {
            return new Things();
        }
    }

    @RestController
    static class Things {

        @GetMapping("/things/{number}")
        String thing(@PathVariable int number) {
            return "thing " + number + " of " + MDC.get("request_id");
        }

        @GetMapping("/broken")
        String broken() {
            throw new IllegalStateException("broken on purpose");
        }

        @GetMapping("/later")
        Callable<String> later() {
            return () -> "at last";
        }
    }
}
