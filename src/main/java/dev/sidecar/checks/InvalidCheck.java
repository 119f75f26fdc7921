package dev.sidecar.checks;

import java.util.Objects;

/** Says why the file of a check cannot be used, with its name and the line. */
final class InvalidCheck extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param file as the operator finds it, within the directory of checks @param line the first is 1 */
    InvalidCheck(String file, int line, String why) {
        super("%s line %d: %s".formatted(file, line, why));
    }

    InvalidCheck(String file, String why) {
        super("%s: %s".formatted(file, why));
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
