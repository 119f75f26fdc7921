package dev.sidecar.notices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sidecar.settings.InvalidSetting;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;

class NoticesPropertiesTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner().withUserConfiguration(Bound.class);

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(NoticesProperties.class)
    @ComponentScan("dev.sidecar.secrets")
    static class Bound {}

    @Test
    void withoutAnySettingNobodyIsToldDirectlyAndTheSwitchIsOff() {
        runner.run(context -> {
            NoticesProperties settings = context.getBean(NoticesProperties.class);
            assertThat(settings.alertmanagerUrl()).isNull();
            assertThat(settings.mail().isOn()).isFalse();
            assertThat(settings.slack().webhookUrl()).isNull();
            assertThat(settings.backupOutcomes()).isEqualTo(NoticesProperties.BackupOutcomes.NONE);
        });
    }

    @Test
    void whatComposePassesOnAsEmptyIsNotGiven() {
        with(
                        "sidecar.alerts.alertmanager-url=",
                        "sidecar.alerts.heartbeat-url=",
                        "sidecar.alerts.mail.smarthost=",
                        "sidecar.alerts.mail.from=",
                        "sidecar.alerts.mail.to=",
                        "sidecar.alerts.mail.username=",
                        "sidecar.alerts.mail.password=",
                        "sidecar.alerts.slack.webhook-url=")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void aWholeSettingOfMailIsTaken() {
        with(
                        "sidecar.alerts.mail.smarthost=mail.example.org:587",
                        "sidecar.alerts.mail.from=Sidecar <sidecar@example.org>",
                        "sidecar.alerts.mail.to=ops@example.org, boss@example.org",
                        "sidecar.alerts.mail.username=me",
                        "sidecar.alerts.mail.password=hunter2")
                .run(context -> {
                    NoticesProperties.Mail mail =
                            context.getBean(NoticesProperties.class).mail();
                    assertThat(mail.host()).isEqualTo("mail.example.org");
                    assertThat(mail.port()).isEqualTo(587);
                    assertThat(mail.to()).containsExactly("ops@example.org", "boss@example.org");
                    assertThat(mail.toString()).doesNotContain("hunter2");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alertmanager-url|alertmanager:9093|address",
                "watchdog-limit|30s|between 2m",
                "remind-every|0s|between 1m",
                "heartbeat-url|ftp://secret-path|address",
                "slack.webhook-url|hooks.slack.com/secret-path|address",
                "teams.webhook-url|secret-path|address",
                "discord.webhook-url|discord.com/secret-path|address",
                "mattermost.webhook-url|ftp://chat/secret-path|address",
                "google-chat.webhook-url|secret-path|address",
                "ntfy.url|ntfy.sh/secret-path|address",
                "telegram.bot-token|secret-path /x|token",
                "mail.smarthost|mail.example.org|host:port",
            })
    void aWrongValueStopsTheStartWithItsNameAndASecretIsNotRepeated(String name, String value, String must) {
        with("sidecar.alerts." + name + "=" + value)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(InvalidSetting.class)
                        .hasMessageContaining("sidecar.alerts." + name)
                        .hasMessageContaining(must)
                        .hasMessageNotContaining("secret-path"));
    }

    @ParameterizedTest
    @CsvSource({
        "telegram.bot-token=123456:secret-path, telegram.chat-id",
        "pushover.token=secret-path, pushover.user-key",
    })
    void whoIsToldIsGivenWithWhoSends(String token, String missing) {
        with("sidecar.alerts." + token)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(InvalidSetting.class)
                        .hasMessageContaining("sidecar.alerts." + missing)
                        .hasMessageNotContaining("secret-path"));
    }

    @Test
    void mailIsWholeOrAbsent() {
        Map.of(
                        "sidecar.alerts.mail.from=nobody", "mail.from",
                        "sidecar.alerts.mail.to=", "mail.to",
                        "sidecar.alerts.mail.to=ops@example.org,nobody", "mail.to",
                        "sidecar.alerts.mail.username=me", "mail.username")
                .forEach((wrong, name) -> with(
                                "sidecar.alerts.mail.smarthost=mail:25",
                                "sidecar.alerts.mail.from=a@b.org",
                                "sidecar.alerts.mail.to=c@d.org",
                                wrong)
                        .run(context -> assertThat(context.getStartupFailure())
                                .rootCause()
                                .isInstanceOf(InvalidSetting.class)
                                .hasMessageContaining("sidecar.alerts." + name)));
    }

    @Test
    void aSubjectCannotBeginAnotherHeader() {
        assertThat(new Notice("a\r\nBcc: x", "").subject()).isEqualTo("a Bcc: x");
        assertThatThrownBy(() -> new NoticesProperties.Mail(
                        "mail:25", "a@b\r\nBcc: x@y", java.util.List.of("c@d.org"), null, null, true))
                .isInstanceOf(InvalidSetting.class);
    }

    private ApplicationContextRunner with(String... properties) {
        return runner.withPropertyValues(properties);
    }
}
