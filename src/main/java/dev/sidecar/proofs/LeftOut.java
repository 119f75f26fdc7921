package dev.sidecar.proofs;

import dev.sidecar.settings.InvalidSetting;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A proof that the team leaves out on purpose. It is not drilled, and never counts as held.
 *
 * @param claim the statement that nobody checks
 * @param reason why, in the team's words
 */
public record LeftOut(Claim claim, String reason) {

    static final String SETTING = "sidecar.proofs.without";

    /** Proofs of features that may be off, and then are not here. */
    static final Set<String> OF_FEATURES = Set.of("BKP-10", "BKP-11", "BKP-12", "LOG-9", "MET-7", "MET-8", "TRC-1");

    private static final int LONGEST_REASON = 300;

    /**
     * Reads the setting: entries separated by semicolons, each with the ids of proofs, an equals sign and the reason.
     *
     * @return the reasons by id, in the order given
     */
    static Map<String, String> parse(String setting) {
        Map<String, String> reasons = new LinkedHashMap<>();
        for (String entry : setting.split(";")) {
            if (!entry.isBlank()) {
                int sign = entry.indexOf('=');
                String reason = sign < 0 ? "" : entry.substring(sign + 1).strip();
                InvalidSetting.unless(
                        !reason.isEmpty()
                                && reason.length() <= LONGEST_REASON
                                && reason.chars().noneMatch(Character::isISOControl),
                        SETTING,
                        setting,
                        "be ids of proofs with the reason why they are left out, such as"
                                + " \"SEC-3=TLS ends at the load balancer; LOG-1, LOG-2=logs are kept elsewhere\"");
                for (String id : entry.substring(0, sign).split(",")) {
                    String name = id.strip().toUpperCase(Locale.ROOT);
                    InvalidSetting.unless(
                            reasons.put(name, reason) == null,
                            SETTING,
                            setting,
                            "name each proof once; " + name + " is there twice");
                }
            }
        }
        return reasons;
    }
}
