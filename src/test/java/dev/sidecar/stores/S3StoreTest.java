package dev.sidecar.stores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sidecar.secrets.Secret;
import dev.sidecar.stores.StoreProperties.S3;
import dev.sidecar.support.FaultyLink;
import dev.sidecar.support.FaultyLink.Fault;
import dev.sidecar.support.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real server; the faults are those of the link to it. */
class S3StoreTest extends StoreContract {

    /** The smallest that S3 takes. */
    private static final int PART_BYTES = 5 << 20;

    private static final S3Connection IMPATIENT =
            new S3Connection(Duration.ofSeconds(5), Duration.ofSeconds(2), Duration.ofSeconds(20), 3);

    private final S3Server server = S3Server.shared();

    private FaultyLink link;
    private String bucket;
    private S3Store store;

    @BeforeEach
    void open() {
        link = FaultyLink.to(server.port());
        bucket = server.createBucket();
        store = IMPATIENT.open(settings(bucket, server.secretKey()), PART_BYTES);
    }

    @AfterEach
    void close() {
        store.close();
        link.close();
    }

    @Override
    Store store() {
        return store;
    }

    @Override
    void assertNothingIsLeft() {
        assertThat(store.client()
                        .listMultipartUploads(request -> request.bucket(bucket))
                        .uploads())
                .isEmpty();
    }

    @Test
    void keysLieUnderThePrefix() throws IOException {
        store(SET + "manifest.json", "x");

        assertThat(store.client()
                        .listObjectsV2(request -> request.bucket(bucket))
                        .contents())
                .extracting(object -> object.key())
                .containsExactly("shop/backups/" + SET + "manifest.json");
    }

    @Test
    void listsMoreThanOnePage() throws IOException {
        for (int i = 0; i < 1_100; i++) {
            Files.writeString(
                    Files.createDirectories(server.file(bucket, "shop/backups/" + SET))
                            .resolve("%04d".formatted(i)),
                    "x");
        }

        assertThat(store.list("")).hasSize(1_100);
    }

    @Test
    void aServerThatFailsNowAndThenIsAskedAgain() throws IOException {
        byte[] content = random(12_345_678);
        link.next(2, "partNumber=2", Fault.answer(500, "InternalError"));
        link.next(1, "PUT", Fault.answer(503, "SlowDown"));
        link.next(1, "uploads", Fault.answer(500, "InternalError"));

        store(SET + "database.dump.zst", content);

        assertThat(read(SET + "database.dump.zst")).isEqualTo(content);
    }

    @Test
    void aServerThatGoesOnFailingEndsTheUploadAndLeavesNoParts() throws IOException {
        link.next(100, "partNumber=2", Fault.answer(500, "InternalError"));

        assertThatThrownBy(() -> store(SET + "database.dump.zst", random(12_345_678)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(
                        "could not store part 2 of %sdatabase.dump.zst in bucket %s: HTTP 500".formatted(SET, bucket));
        assertThat(store.list("")).isEmpty();
        assertNothingIsLeft();
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() {
        link.next(100, "PUT", Fault.silence());

        assertThatThrownBy(() -> store(SET + "manifest.json", "x"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("could not store " + SET + "manifest.json")
                .hasMessageContainingAll("timed out");
    }

    @Test
    void aPublishedObjectWhoseAnswerWasLostIsPublished() throws IOException {
        link.next(1, "POST /" + bucket + "/shop/backups/" + SET + "database.dump.zst?uploadId", Fault.lostAnswer());

        store(SET + "database.dump.zst", random(12_345_678));

        assertThat(read(SET + "database.dump.zst")).hasSize(12_345_678);
        assertNothingIsLeft();
    }

    @Test
    void aSmallObjectWhoseAnswersWereAllLostIsRemoved() throws IOException {
        link.next(3, "PUT", Fault.lostAnswer());

        assertThatThrownBy(() -> store(SET + "manifest.json", "x")).isInstanceOf(IOException.class);

        assertThat(store.list("")).isEmpty();
    }

    @Test
    void readingGoesOnWhereTheConnectionBroke() throws IOException {
        byte[] content = random(12_345_678);
        store(SET + "database.dump.zst", content);
        link.next(1, "GET", Fault.cutAfter(1_000_000));
        link.next(1, "GET", Fault.cutAfter(3_000_000));
        link.next(1, "GET", Fault.stallAfter(100_000));

        assertThat(read(SET + "database.dump.zst")).isEqualTo(content);
        assertThat(link.requests()).filteredOn(line -> line.startsWith("GET")).hasSize(4);
    }

    @Test
    void readingDoesNotGoOnForEver() throws IOException {
        store(SET + "database.dump.zst", random(1_000_000));
        link.next(100, "GET", Fault.cutAfter(400));

        assertThatThrownBy(() -> read(SET + "database.dump.zst")).isInstanceOf(IOException.class);
    }

    @Test
    void anObjectThatWasExchangedWhileItWasReadIsNotMixed() throws IOException {
        store(SET + "database.dump.zst", random(1_000_000));
        link.next(1, "GET", Fault.cutAfter(500_000));

        try (InputStream in = store.open(SET + "database.dump.zst")) {
            store.delete(SET + "database.dump.zst");
            store(SET + "database.dump.zst", random(1_000_001));

            assertThatThrownBy(in::readAllBytes).hasMessageContaining("HTTP 412");
        }
    }

    @Test
    void anObjectUnderLockIsRetainedAndThatIsNoError() throws IOException {
        store(SET + "manifest.json", "x");
        link.next(1, "DELETE", Fault.answer(403, "AccessDenied"));

        assertThat(store.delete(SET + "manifest.json")).isFalse();
        assertThat(store.list("")).hasSize(1);
    }

    @Test
    void aClockThatDiffersFromTheServersIsAllowedFor() throws IOException {
        link.next(1, "PUT", Fault.answer(403, "RequestTimeTooSkewed"));

        store(SET + "manifest.json", "x");

        assertThat(read(SET + "manifest.json")).asString().isEqualTo("x");
    }

    @Test
    void aWrongKeyIsNamedAndNotShown() {
        try (S3Store stranger = IMPATIENT.open(settings(bucket, "not-the-key-7391"), PART_BYTES)) {
            Throwable thrown = catchThrowable(stranger::check);

            assertThat(thrown)
                    .hasMessageContaining("SignatureDoesNotMatch: fix sidecar.backup.s3.access-key and secret-key");
            StringWriter trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace));
            assertThat(trace.toString()).doesNotContain("not-the-key-7391");
        }
    }

    @Test
    void aBucketThatIsNotThereIsNamed() {
        try (S3Store nowhere = IMPATIENT.open(settings("bucket-that-is-not-there", server.secretKey()), PART_BYTES)) {
            assertThatThrownBy(nowhere::check)
                    .hasMessage("could not list the objects under check/ in bucket bucket-that-is-not-there:"
                            + " HTTP 404 NoSuchBucket: create the bucket, or fix sidecar.backup.s3.bucket");
        }
    }

    /** As a server does that is restarted, or short of connections: each of them costs a request that is sent on it. */
    @Test
    void connectionsThatTheServerHasEndedCostNoUpload() throws Exception {
        byte[] content = random(PART_BYTES + 1);
        try (KeptConnections kept = new KeptConnections(server.port(), 5);
                S3Store patient = S3Connection.PATIENT.open(
                        new S3(
                                bucket,
                                kept.endpoint(),
                                "us-east-1",
                                server.accessKey(),
                                Secret.of(server.secretKey()),
                                "shop/backups/"),
                        PART_BYTES)) {
            for (String key : new String[] {SET + "globals.sql.zst", SET + "database.dump.zst"}) {
                try (Store.Upload upload = patient.create(key)) {
                    kept.openAll(patient);
                    kept.endAll();
                    upload.write(ByteBuffer.wrap(content, 0, key.contains("dump") ? content.length : 7));
                    upload.publish();
                }
            }
        }

        assertThat(read(SET + "globals.sql.zst")).hasSize(7);
        assertThat(read(SET + "database.dump.zst")).isEqualTo(content);
    }

    /** A link whose connections are kept, and ended by its server all at once. */
    private static final class KeptConnections implements AutoCloseable {

        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final List<Socket> clients = new CopyOnWriteArrayList<>();
        private final int target;
        private final int many;
        private volatile CountDownLatch all = new CountDownLatch(0);

        KeptConnections(int target, int many) throws IOException {
            this.target = target;
            this.many = many;
            daemon(() -> {
                while (true) {
                    Socket client = listener.accept();
                    clients.add(client);
                    daemon(() -> serve(client));
                }
            });
        }

        String endpoint() {
            return "http://127.0.0.1:" + listener.getLocalPort();
        }

        /** Has the client open all of its connections: none is answered before all are there. */
        void openAll(S3Store store) {
            all = new CountDownLatch(many);
            endAll();
            CompletableFuture.allOf(IntStream.range(0, many)
                            .mapToObj(i -> CompletableFuture.runAsync(
                                    () -> assertThatCode(() -> store.list("")).doesNotThrowAnyException(),
                                    command -> daemon(command::run)))
                            .toArray(CompletableFuture[]::new))
                    .join();
        }

        void endAll() {
            for (Socket client : clients) {
                clients.remove(client);
                try {
                    client.shutdownOutput();
                } catch (IOException e) {
                    // It has ended already.
                }
            }
        }

        private void serve(Socket client) throws Exception {
            try (client;
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
                all.countDown();
                all.await();
                daemon(() -> server.getInputStream().transferTo(client.getOutputStream()));
                client.getInputStream().transferTo(server.getOutputStream());
            }
        }

        private interface Work {
            void run() throws Exception;
        }

        private static void daemon(Work work) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            work.run();
                        } catch (Exception e) {
                            // A broken link is what this is for.
                        }
                    },
                    "kept-connections");
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void close() throws IOException {
            listener.close();
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void anInterruptEndsAnUploadAndItsPartsGo() throws Exception {
        link.next(100, "partNumber=1", Fault.silence());
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread uploading = new Thread(
                () -> ended.complete(catchThrowable(() -> store(SET + "database.dump.zst", random(12_345_678)))));
        uploading.start();
        org.awaitility.Awaitility.await()
                .until(() -> link.requests().stream().anyMatch(line -> line.contains("partNumber=1")));

        uploading.interrupt();

        assertThat(ended.get(60, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        assertNothingIsLeft();
    }

    private S3 settings(String name, String secretKey) {
        return new S3(name, link.endpoint(), "us-east-1", server.accessKey(), Secret.of(secretKey), "shop/backups/");
    }
}
