package dev.sidecar.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A real S3 server, S3Proxy, as a process of its own on a random port of the loopback. It keeps objects in a temporary folder and
 * refuses requests that are not signed with its key.
 */
public final class S3Server {

    private static final Pattern STARTED = Pattern.compile("Started .*ServerConnector.*\\{127\\.0\\.0\\.1:(\\d+)}.*");
    private static final Path JAR = Path.of("target", "s3proxy.jar").toAbsolutePath();

    private final Path folder;
    private final ChildProcess process;
    private final int port;
    private final String secretKey;

    private S3Server(Path folder, ChildProcess process, int port, String secretKey) {
        this.folder = folder;
        this.process = process;
        this.port = port;
        this.secretKey = secretKey;
    }

    /** The one server that all tests of this JVM share, each in buckets of its own. It is started by the first who asks. */
    public static S3Server shared() {
        return Shared.SERVER;
    }

    private static final class Shared {
        static final S3Server SERVER = start(List.of("s3proxy.endpoint=http://127.0.0.1:0"));

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close, "stop-s3"));
        }
    }

    /** One that speaks TLS alone, to be closed. @param keyStore of its key @param password of that */
    public static S3Server startEncrypted(Path keyStore, String password) {
        return start(List.of(
                "s3proxy.secure-endpoint=https://127.0.0.1:0",
                "s3proxy.keystore-path=" + keyStore,
                "s3proxy.keystore-password=" + password));
    }

    private static S3Server start(List<String> endpoint) {
        if (!Files.exists(JAR)) {
            throw new IllegalStateException(
                    JAR + " is missing; 'mvn generate-test-resources' puts the S3 server for tests there");
        }
        try {
            Path folder = Files.createTempDirectory("sidecar-s3-");
            String secretKey = UUID.randomUUID().toString();
            Path settings = Files.write(
                    folder.resolve("s3proxy.conf"),
                    Stream.concat(
                                    endpoint.stream(),
                                    Stream.of(
                                            "s3proxy.authorization=aws-v4",
                                            "s3proxy.identity=sidecar",
                                            "s3proxy.credential=" + secretKey,
                                            "jclouds.provider=filesystem-nio2",
                                            "jclouds.filesystem.basedir="
                                                    + Files.createDirectory(folder.resolve("buckets"))))
                            .toList());
            CompletableFuture<Integer> port = new CompletableFuture<>();
            ChildProcess process = ChildProcess.start(
                    "S3Proxy",
                    UnixUser.same(),
                    Map.of(),
                    line -> {
                        Matcher started = STARTED.matcher(line);
                        if (started.find()) {
                            port.complete(Integer.valueOf(started.group(1)));
                        }
                    },
                    List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx192m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-jar",
                            JAR.toString(),
                            "--properties",
                            settings.toString()));
            return new S3Server(folder, process, await(port, process), secretKey);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int await(CompletableFuture<Integer> port, ChildProcess process) {
        try {
            return port.get(2, TimeUnit.MINUTES);
        } catch (Exception e) {
            String said = process.lastLines();
            process.close();
            throw new IllegalStateException("the S3 server did not start:\n" + said, e);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public String accessKey() {
        return "sidecar";
    }

    public String secretKey() {
        return secretKey;
    }

    /** Makes an empty bucket with a name that no other test uses. */
    public String createBucket() {
        try {
            String bucket = "bucket-" + UUID.randomUUID();
            Files.createDirectory(folder.resolve("buckets").resolve(bucket));
            return bucket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file that holds an object's bytes, to damage it. */
    public Path file(String bucket, String key) {
        return folder.resolve("buckets").resolve(bucket).resolve(key);
    }

    /** Ends it, and removes its buckets. */
    public void close() {
        process.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
