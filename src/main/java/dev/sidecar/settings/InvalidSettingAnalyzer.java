package dev.sidecar.settings;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

final class InvalidSettingAnalyzer extends AbstractFailureAnalyzer<InvalidSetting> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidSetting cause) {
        return new FailureAnalysis(
                "Setting %s is '%s'.".formatted(cause.name(), cause.value()),
                "It must %s. Change %s (environment: %s) and start again."
                        .formatted(cause.must(), cause.name(), cause.environmentVariable()),
                cause);
    }
}
