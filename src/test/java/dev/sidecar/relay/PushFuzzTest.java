package dev.sidecar.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The relay's own reader and writer of Protocol Buffers against Google's: what that one writes is read alike, what the relay writes that one
 * reads, and no bytes at all get a foreign name past it.
 */
class PushFuzzTest {

    private static final long NOW = 1_700_000_000_000L;
    private static final int ROUNDS = 3_000;
    private static final List<String> HOSTILE = List.of(
            "stack",
            "host",
            "job",
            "service",
            "role",
            "alertname",
            "satellite",
            "__name__",
            "__tenant_id__",
            "instance",
            "le",
            "a",
            "");
    private static final List<String> METRICS = List.of(
            "node_load1", "up", "pg_up", "sidecar_backup_ok", "ALERTS", "node_ü", "", "scrape_duration_seconds");
    private static final List<String> JOBS = List.of("node", "postgres", "api", "sidecar", "alloy", "");

    private static Descriptor request;

    /** As prompb of Prometheus, remote write 1.0, has it. */
    @BeforeAll
    static void describe() throws Exception {
        FileDescriptorProto file = FileDescriptorProto.newBuilder()
                .setName("remote.proto")
                .setSyntax("proto3")
                .addMessageType(message("WriteRequest", of("timeseries", 1, "TimeSeries")))
                .addMessageType(message(
                        "TimeSeries",
                        of("labels", 1, "Label"),
                        of("samples", 2, "Sample"),
                        of("exemplars", 3, "Sample")))
                .addMessageType(message("Label", of("name", 1, Type.TYPE_STRING), of("value", 2, Type.TYPE_STRING)))
                .addMessageType(
                        message("Sample", of("value", 1, Type.TYPE_DOUBLE), of("timestamp", 2, Type.TYPE_INT64)))
                .build();
        request = FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("WriteRequest");
    }

    private static DescriptorProto message(String name, FieldDescriptorProto... fields) {
        return DescriptorProto.newBuilder()
                .setName(name)
                .addAllField(List.of(fields))
                .build();
    }

    private static FieldDescriptorProto of(String name, int number, Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(Label.LABEL_OPTIONAL)
                .build();
    }

    private static FieldDescriptorProto of(String name, int number, String message) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(Type.TYPE_MESSAGE)
                .setTypeName(message)
                .setLabel(Label.LABEL_REPEATED)
                .build();
    }

    private record Series(Map<String, String> labels, List<List<Object>> samples) {}

    private static List<Series> read(byte[] written) throws Exception {
        List<Series> all = new ArrayList<>();
        DynamicMessage message = DynamicMessage.parseFrom(request, written);
        for (Object one : (List<?>) message.getField(request.findFieldByName("timeseries"))) {
            DynamicMessage series = (DynamicMessage) one;
            Map<String, String> labels = new LinkedHashMap<>();
            for (DynamicMessage label : parts(series, "labels")) {
                assertThat(labels.put((String) get(label, "name"), (String) get(label, "value")))
                        .as("a label is there twice")
                        .isNull();
            }
            List<List<Object>> samples = new ArrayList<>();
            for (DynamicMessage sample : parts(series, "samples")) {
                samples.add(
                        List.of(Double.doubleToRawLongBits((Double) get(sample, "value")), get(sample, "timestamp")));
            }
            assertThat(parts(series, "exemplars")).isEmpty();
            assertThat(series.getUnknownFields().asMap()).isEmpty();
            all.add(new Series(labels, samples));
        }
        return all;
    }

    private static Object get(DynamicMessage message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    @SuppressWarnings("unchecked")
    private static List<DynamicMessage> parts(DynamicMessage message, String field) {
        return (List<DynamicMessage>) get(message, field);
    }

    private static DynamicMessage part(String type, Map<String, Object> fields) {
        Descriptor descriptor = request.getFile().findMessageTypeByName(type);
        DynamicMessage.Builder built = DynamicMessage.newBuilder(descriptor);
        fields.forEach((name, value) -> built.setField(descriptor.findFieldByName(name), value));
        return built.build();
    }

    private static <T> T any(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static Series series(Random random) {
        Map<String, String> labels = new TreeMap<>();
        labels.put("__name__", any(random, METRICS));
        labels.put("job", any(random, JOBS));
        for (int i = random.nextInt(4); i > 0; i--) {
            labels.putIfAbsent(any(random, HOSTILE), any(random, List.of("", "centre", "ä\u0000\n", "x".repeat(50))));
        }
        List<List<Object>> samples = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            // The marker of staleness is a NaN of its own bits, which must arrive as it is.
            long bits = random.nextBoolean() ? 0x7ff0000000000002L : random.nextLong();
            samples.add(List.of(
                    bits,
                    NOW + any(random, List.of(0L, -1L, 61_000L, -7_200_001L, -3_600_000L, 3_600_000L, -2 * NOW))));
        }
        return new Series(labels, samples);
    }

    private static byte[] written(Random random, List<Series> all) {
        List<DynamicMessage> made = new ArrayList<>();
        for (Series one : all) {
            DynamicMessage.Builder built = part(
                    "TimeSeries",
                    Map.of(
                            "labels",
                            one.labels().entrySet().stream()
                                    .map(label ->
                                            part("Label", Map.of("name", label.getKey(), "value", label.getValue())))
                                    .toList(),
                            "samples",
                            one.samples().stream()
                                    .map(sample -> part(
                                            "Sample",
                                            Map.of(
                                                    "value",
                                                    Double.longBitsToDouble((Long) sample.get(0)),
                                                    "timestamp",
                                                    sample.get(1))))
                                    .toList(),
                            "exemplars",
                            List.of(part("Sample", Map.of("value", 1.0)))))
                    .toBuilder();
            made.add(built.setUnknownFields(unknown(random)).build());
        }
        return part("WriteRequest", Map.of("timeseries", made)).toBuilder()
                .setUnknownFields(unknown(random))
                .build()
                .toByteArray();
    }

    /** Native histograms, metadata, created timestamps, and what nobody has thought of yet, of each kind of field. */
    private static UnknownFieldSet unknown(Random random) {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        return UnknownFieldSet.newBuilder()
                .addField(
                        4 + random.nextInt(1_000_000),
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFrom(bytes))
                                .addVarint(random.nextLong())
                                .addFixed32(random.nextInt())
                                .addFixed64(random.nextLong())
                                .build())
                .build();
    }

    private static Cleaned samples(byte[] message) throws Malformed {
        return new PushedSamples("staging", "web-2", new Distinct(100_000), NOW).clean(message);
    }

    private static void assertNamed(Map<String, String> labels) {
        assertThat(labels)
                .containsEntry("stack", "staging")
                .containsEntry("host", "web-2")
                .doesNotContainKeys("alertname", "severity", "category", "drill", "satellite");
        assertThat(labels.get("job")).matches("satellite-(node|postgres|redis|alloy)");
        assertThat(labels.get("__name__"))
                .matches("(node_|pg_|redis_|alloy_|otelcol_|loki_|prometheus_|up$|scrape_).*");
        assertThat(labels.keySet().stream().filter(name -> name.startsWith("__")))
                .containsOnly("__name__");
        assertThat(new ArrayList<>(labels.keySet())).isSorted();
    }

    @Test
    void whatARealEncoderWritesIsReadAlikeAndWrittenAlike() throws Exception {
        int taken = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(round);
            List<Series> all = new ArrayList<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                all.add(series(random));
            }
            List<List<Object>> expected = new ArrayList<>();
            int unwanted = 0;
            boolean refused = false;
            for (Series one : all) {
                String job = one.labels().get("job");
                String metric = one.labels().get("__name__");
                boolean passes =
                        PushedJob.of(job).filter(known -> known.exports(metric)).isPresent() && !metric.contains("ü");
                unwanted += passes ? 0 : one.samples().size();
                refused |= passes && one.labels().containsKey("");
                one.samples().stream()
                        .filter(sample -> passes)
                        .filter(sample ->
                                (Long) sample.get(1) <= NOW + 60_000 && (Long) sample.get(1) >= NOW - 7_200_000)
                        .forEach(expected::add);
            }
            byte[] message = written(random, all);
            if (refused) {
                org.assertj.core.api.Assertions.assertThatThrownBy(() -> samples(message))
                        .isInstanceOf(Malformed.class);
                continue;
            }
            Cleaned cleaned = samples(message);
            List<Series> read = read(cleaned.body());
            read.forEach(one -> assertNamed(one.labels()));
            assertThat(read.stream().flatMap(one -> one.samples().stream()))
                    .as("round %d", round)
                    .containsExactlyElementsOf(expected);
            assertThat(cleaned.accepted()).isEqualTo(expected.size());
            assertThat(cleaned.unwanted()).isEqualTo(unwanted);
            taken += expected.size();
        }
        assertThat(taken).isGreaterThan(ROUNDS / 10);
    }

    @Test
    void noBytesAtAllGetAForeignNamePastTheRelay() throws Exception {
        int passed = 0;
        for (int round = 0; round < 4 * ROUNDS; round++) {
            Random random = new Random(round);
            byte[] bytes = damaged(random, written(random, List.of(series(random), series(random))));
            try {
                for (Series one : read(samples(bytes).body())) {
                    assertNamed(one.labels());
                    passed++;
                }
            } catch (Malformed expected) {
                assertThat(expected).hasMessageNotContainingAny("null", "Exception");
            }
        }
        assertThat(passed).as("some survive their damage").isGreaterThan(100);
    }

    private static byte[] damaged(Random random, byte[] whole) {
        byte[] bytes = random.nextInt(3) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length + 1)) : whole.clone();
        for (int i = bytes.length == 0 ? 0 : random.nextInt(3); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static KeyValue field(String key, String value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setStringValue(value))
                .build();
    }

    private static LogsData lines(Random random) {
        LogsData.Builder data = LogsData.newBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            ScopeLogs.Builder scope = ScopeLogs.newBuilder();
            for (int j = random.nextInt(3); j > 0; j--) {
                scope.addLogRecords(LogRecord.newBuilder()
                        .setTimeUnixNano(
                                (NOW + any(random, List.of(0L, -1L, 3_600_000L, -3_600_000L, -NOW))) * 1_000_000)
                        .setObservedTimeUnixNano(random.nextLong())
                        .setSeverityText("error")
                        .setBody(AnyValue.newBuilder()
                                .setStringValue(any(random, List.of("", "a line", "ü\u0000", "x".repeat(300_000)))))
                        .addAttributes(field(any(random, HOSTILE), "centre"))
                        .addAttributes(field("request_id", "r-1"))
                        .addAttributes(KeyValue.newBuilder()
                                .setKey("n")
                                .setValue(AnyValue.newBuilder().setIntValue(7))));
            }
            data.addResourceLogs(ResourceLogs.newBuilder()
                    .setResource(Resource.newBuilder()
                            .addAttributes(field("host", "centre"))
                            .addAttributes(field("stack", "other"))
                            .addAttributes(field("source", any(random, List.of("gateway", "satellite", ""))))
                            .addAttributes(field("service", any(random, List.of("shop", "{x=\"y\"}", ""))))
                            .addAttributes(field("level", any(random, List.of("error", "ERROR\n")))))
                    .addScopeLogs(scope));
        }
        return data.build();
    }

    private static void assertNamed(LogsData data) {
        for (ResourceLogs resource : data.getResourceLogsList()) {
            Map<String, String> labels = new LinkedHashMap<>();
            resource.getResource()
                    .getAttributesList()
                    .forEach(label -> assertThat(
                                    labels.put(label.getKey(), label.getValue().getStringValue()))
                            .isNull());
            assertThat(labels)
                    .containsOnlyKeys("stack", "host", "service", "source", "level")
                    .containsEntry("stack", "staging")
                    .containsEntry("host", "web-2")
                    .containsEntry("source", "satellite");
            assertThat(labels.get("service")).matches("[A-Za-z0-9_.-]+");
            assertThat(labels.get("level")).matches("[a-z]+");
            resource.getScopeLogsList().stream()
                    .flatMap(scope -> scope.getLogRecordsList().stream())
                    .forEach(line -> {
                        assertThat(line.getBody().getStringValue().length()).isLessThanOrEqualTo(262_144);
                        assertThat(line.getAttributesList())
                                .extracting(KeyValue::getKey)
                                .doesNotContain("stack", "host", "source", "service");
                    });
        }
    }

    @Test
    void linesOfARealEncoderAndDamagedOnesCarryTheHostsName() throws Exception {
        int kept = 0;
        for (int round = 0; round < ROUNDS / 10; round++) {
            Random random = new Random(round);
            LogsData sent = lines(random);
            Cleaned cleaned = new PushedLines("staging", "web-2", new Distinct(1_000), NOW).clean(sent.toByteArray());
            LogsData read = LogsData.parseFrom(cleaned.body());
            assertNamed(read);
            assertThat(count(read)).isEqualTo(cleaned.accepted());
            assertThat(cleaned.accepted()
                            + cleaned.troubles().values().stream()
                                    .mapToInt(Integer::intValue)
                                    .sum())
                    .isEqualTo(count(sent));
            kept += cleaned.accepted();

            byte[] bytes = damaged(random, sent.toByteArray());
            try {
                assertNamed(LogsData.parseFrom(new PushedLines("staging", "web-2", new Distinct(1_000), NOW)
                        .clean(bytes)
                        .body()));
            } catch (Malformed expected) {
                assertThat(expected).hasMessageNotContainingAny("null", "Exception");
            }
        }
        assertThat(kept).isGreaterThan(ROUNDS / 20);
    }

    private static int count(LogsData data) {
        return data.getResourceLogsList().stream()
                .flatMap(resource -> resource.getScopeLogsList().stream())
                .mapToInt(ScopeLogs::getLogRecordsCount)
                .sum();
    }
}
