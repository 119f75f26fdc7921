package dev.sidecar.reports;

import dev.sidecar.reports.ReportRefused.Reason;
import dev.sidecar.sets.Envelope;
import dev.sidecar.sets.Sha256;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An in-toto statement (v1) about a report: its subjects are the report as data and the page, each with its checksum, and its predicate is
 * the report as data. The checksum of the data is that of the predicate without any white space, in the order of the statement, as
 * {@code jq -cj .predicate} prints it.
 *
 * @param document the report
 * @param pageSha256 the checksum of the page
 */
record Statement(ReportDocument document, String pageSha256) {

    /** Media type of the payload. */
    static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

    static final String TYPE = "https://in-toto.io/Statement/v1";

    /** It names no place, as nobody has to be asked for its meaning: docs/evidence.md says it. */
    static final String PREDICATE_TYPE = "urn:observability-sidecar:readiness-report:v1";

    private static final int MOST_SUBJECTS = 10;
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
    static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    static Statement of(ReportDocument document, byte[] page) {
        return new Statement(document, Sha256.of(page));
    }

    byte[] payload() {
        JsonNode predicate = JSON.valueToTree(document);
        ObjectNode statement = JSON.createObjectNode().put("_type", TYPE);
        statement
                .putArray("subject")
                .add(subject(document.name(), Sha256.of(JSON.writeValueAsBytes(predicate))))
                .add(subject(document.name() + ReportFolder.PAGE, pageSha256));
        statement.put("predicateType", PREDICATE_TYPE).set("predicate", predicate);
        return JSON.writeValueAsBytes(statement);
    }

    private static ObjectNode subject(String name, String sha256) {
        ObjectNode subject = JSON.createObjectNode().put("name", name);
        subject.putObject("digest").put("sha256", sha256);
        return subject;
    }

    /** Reads the payload of an envelope whose signature was checked. */
    static Statement parse(byte[] payload) {
        JsonNode json;
        try {
            json = Envelope.json(payload);
        } catch (IllegalArgumentException e) {
            throw noReport("what was signed cannot be read: " + e.getMessage());
        }
        require(json, "_type", TYPE);
        require(json, "predicateType", PREDICATE_TYPE);
        ReportDocument document = document(json.path("predicate"));
        Map<String, String> subjects = subjects(json.path("subject"));
        String data = subjects.get(document.name());
        String page = subjects.get(document.name() + ReportFolder.PAGE);
        if (data == null || page == null) {
            throw noReport("the statement has not the two subjects of a report, the data and the page");
        }
        if (!data.equals(Sha256.of(JSON.writeValueAsBytes(json.path("predicate"))))) {
            throw new ReportRefused(
                    Reason.CHANGED, "The report in the statement is not the one whose checksum the statement has.");
        }
        return new Statement(document, page);
    }

    private static void require(JsonNode json, String member, String value) {
        String found = json.path(member).asString("");
        if (!found.equals(value)) {
            throw noReport("its %s is '%s', not '%s'".formatted(member, shortened(found), value));
        }
    }

    private static ReportDocument document(JsonNode predicate) {
        try {
            ReportDocument document = JSON.treeToValue(predicate, ReportDocument.class);
            if (document == null
                    || document.at() == null
                    || document.summary() == null
                    || document.proofs() == null
                    || !matches(ReportFolder.ID, document.id())
                    || !matches(LABEL, document.stack())
                    || !matches(LABEL, document.host())
                    || !matches(LABEL, document.environment())) {
                throw noReport("its predicate is no readiness report");
            }
            return document;
        } catch (JacksonException e) {
            throw noReport("its predicate is no readiness report (" + shortened(e.getOriginalMessage()) + ")");
        }
    }

    /** The members of a record that was read may be absent, whatever their types say. */
    private static boolean matches(Pattern pattern, @Nullable String value) {
        return value != null && pattern.matcher(value).matches();
    }

    private static Map<String, String> subjects(JsonNode list) {
        Map<String, String> subjects = new LinkedHashMap<>();
        if (!list.isArray() || list.size() > MOST_SUBJECTS) {
            throw noReport("it must have at most %d subjects in a list".formatted(MOST_SUBJECTS));
        }
        for (JsonNode subject : list) {
            String name = subject.path("name").asString("");
            String sha256 = subject.path("digest").path("sha256").asString("");
            if (name.isEmpty() || !DIGEST.matcher(sha256).matches()) {
                throw noReport("a subject has no name or no SHA-256");
            }
            if (subjects.put(name, sha256) != null) {
                throw noReport("two subjects have one name");
            }
        }
        return subjects;
    }

    private static ReportRefused noReport(String why) {
        return new ReportRefused(Reason.NOT_A_REPORT, "It is no signed report: " + why + ".");
    }

    private static String shortened(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }
}
