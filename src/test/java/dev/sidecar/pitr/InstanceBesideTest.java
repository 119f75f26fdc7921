package dev.sidecar.pitr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.sidecar.pitr.InstanceBeside.Errand;
import dev.sidecar.pitr.InstanceBeside.Stage;
import dev.sidecar.pitr.InstanceBeside.State;
import dev.sidecar.postgres.TestPostgres;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.support.BoundSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An instance beside that is asked for at a page. */
class InstanceBesideTest {

    private static State settled(InstanceBeside beside) {
        return await().atMost(Duration.ofMinutes(2)).until(beside::state, state -> state.stage() != Stage.WORKING);
    }

    @Test
    void itIsMadePromotedAndRemovedHere(@TempDir Path folder) throws Exception {
        try (ArchivedServer archived = ArchivedServer.start(folder, "")) {
            archived.pitr().take(PhysicalSet.Type.FULL);
            InstanceBeside beside = archived.beside();
            assertThat(beside.isPossible()).isTrue();
            assertThat(beside.state()).isEqualTo(new State(Stage.NONE, false, List.of()));

            beside.recover(RecoveryTarget.LATEST);
            assertThatThrownBy(() -> beside.run(Errand.REMOVE))
                    .isInstanceOf(BackupFailure.class)
                    .hasMessageContaining("in progress");
            assertThat(settled(beside)).satisfies(state -> {
                assertThat(state.said()).first().asString().startsWith("Recovered to the newest archived WAL");
                assertThat(state.stage()).isEqualTo(Stage.READ_ONLY);
            });

            beside.run(Errand.PROMOTE);
            assertThat(settled(beside).stage()).isEqualTo(Stage.PROMOTED);

            beside.run(Errand.REMOVE);
            assertThat(settled(beside)).satisfies(state -> {
                assertThat(state.failed()).isFalse();
                assertThat(state.stage()).isEqualTo(Stage.NONE);
            });
            assertThat(folder.resolve("instance")).isEmptyDirectory();

            beside.recover(RecoveryTarget.at(Instant.EPOCH));
            assertThat(settled(beside)).satisfies(state -> {
                assertThat(state.failed()).isTrue();
                assertThat(state.said()).first().asString().contains("before the first moment that can be recovered");
            });
        }
    }

    /** As root, what runs in it is another user, and owns its folder. */
    @Test
    void aPipeOrALinkInThePlaceOfItsFilesHoldsNobodyUpAndLeadsNowhereHere(@TempDir Path folder) throws Exception {
        Path mark = Files.writeString(folder.resolve("sidecar-instance"), "15\n");
        Path pid = Files.createDirectory(folder.resolve("data")).resolve("postmaster.pid");
        assertThat(new ProcessBuilder("mkfifo", pid.toString()).start().waitFor())
                .isZero();
        PitrProperties properties = BoundSettings.of(
                "sidecar.pitr",
                Map.of("instance.directory", folder.toString(), "results-file", "-"),
                PitrProperties.class);
        Recoveries recoveries =
                new PitrConfiguration().recoveries(properties, new PgBackRest(properties), TestPostgres.of(Map.of()));

        assertThat(CompletableFuture.supplyAsync(recoveries::stage).get(1, TimeUnit.MINUTES))
                .isEqualTo(Stage.STOPPED);

        Files.delete(mark);
        Files.createSymbolicLink(mark, Files.writeString(folder.resolve("secret"), "a secret"));
        assertThatThrownBy(recoveries::stop).isInstanceOf(BackupFailure.class).hasMessageNotContaining("a secret");
    }

    /** The script of its container, with a program in the place of the sidecar that writes down what it was called with. */
    @Nested
    class InAContainerOfItsOwn {

        @TempDir
        private Path folder;

        private Path requests;
        private Path instance;
        private Process container;
        private Clock clock = Clock.systemUTC();

        @BeforeEach
        void start() throws IOException {
            requests = Files.createDirectory(folder.resolve("requests"));
            instance = Files.createDirectory(folder.resolve("instance"));
            Path program = Files.writeString(folder.resolve("sidecar"), """
                    #!/bin/sh
                    printf '<%%s>' "$@" >>%1$s/called
                    echo >>%1$s/called
                    [ ! -e %1$s/hang ] || exec sleep 600
                    case $* in
                      restore*) mkdir -p %2$s/data && touch %2$s/sidecar-instance %2$s/data/recovery.signal && echo $PPID >%2$s/data/postmaster.pid ;;
                      *promote) rm %2$s/data/recovery.signal ;;
                      *remove) rm -r %2$s/data %2$s/sidecar-instance ;;
                    esac
                    printf 'said \\033[31m<b>red\\n'
                    """.formatted(folder, instance));
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            run();
        }

        private void run() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                            "setsid", "docker/beside", requests.toString(), instance.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment()
                    .putAll(Map.of(
                            "BESIDE_COMMAND", folder.resolve("sidecar").toString(), "TMPDIR", folder.toString()));
            container = builder.start();
            await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(requests.resolve("there")));
        }

        @AfterEach
        void stop() throws InterruptedException, IOException {
            // All of its group at once: what is left for a moment would still write.
            new ProcessBuilder("kill", "-9", "--", "-" + container.pid())
                    .start()
                    .waitFor();
            container.waitFor();
        }

        private InstanceBeside beside() {
            return new BesideThere(requests, clock);
        }

        private String called() throws IOException {
            Path called = folder.resolve("called");
            return Files.exists(called) ? Files.readString(called) : "";
        }

        @Test
        void itIsAskedByAFileAndTellsHowItWent() throws Exception {
            assertThat(beside().isPossible()).isTrue();
            assertThat(beside().state().stage()).isEqualTo(Stage.NONE);

            beside().recover(RecoveryTarget.time("2026-11-27 02:13:00.5+00"));

            State state = settled(beside());
            assertThat(state.stage()).isEqualTo(Stage.READ_ONLY);
            assertThat(state.failed()).isFalse();
            assertThat(state.said()).first().asString().contains("<b>red").doesNotContain("\u001b");
            beside().run(Errand.PROMOTE);
            assertThat(settled(beside()).stage()).isEqualTo(Stage.PROMOTED);
            beside().run(Errand.REMOVE);
            assertThat(settled(beside()).stage()).isEqualTo(Stage.NONE);
            assertThat(called())
                    .isEqualTo("<restore><--to-time><2026-11-27T02:13:00.500Z>\n<pitr><promote>\n<pitr><remove>\n");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "7 recover $(touch called)",
                    "7 recover 2026;touch called",
                    "7 recover --in-place",
                    "7 recover",
                    "7 dump app",
                    "7 `touch called`"
                })
        void nothingElseIsRun(String request) throws Exception {
            Files.writeString(requests.resolve("request"), request + "\n");

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> Files.exists(requests.resolve("answer"))
                            && Files.readString(requests.resolve("answer")).startsWith("7 2\n"));
            assertThat(called()).isEmpty();
        }

        @Test
        void whatWasStoppedMeanwhileFailedAndIsNotRunAgain() throws Exception {
            Files.createFile(folder.resolve("hang"));
            beside().recover(RecoveryTarget.LATEST);
            await().atMost(Duration.ofMinutes(1)).until(() -> !called().isEmpty());
            assertThat(beside().state().stage()).isEqualTo(Stage.WORKING);
            stop();
            Files.delete(folder.resolve("hang"));

            run();

            State state = await().atMost(Duration.ofMinutes(1)).until(() -> beside().state(), State::failed);
            assertThat(state.said()).containsExactly("The container was stopped while it worked.");
            beside().run(Errand.START);
            settled(beside());
            assertThat(called()).isEqualTo("<restore><--latest>\n<pitr><start>\n");
        }

        @Test
        void aRequestThatNobodyTakesIsTold() throws Exception {
            stop();
            beside().recover(RecoveryTarget.LATEST);
            assertThat(beside().state().stage()).isEqualTo(Stage.WORKING);

            clock = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(2));

            assertThat(beside().state().failed()).isTrue();
            assertThat(beside().state().said()).first().asString().contains("start pitr-beside");
        }

        @Test
        void aPipeInThePlaceOfItsFilesHoldsNobodyUpAndALinkIsNotWrittenThrough() throws Exception {
            stop();
            Files.deleteIfExists(requests.resolve("there"));
            for (String name : List.of("answer", "there", "request")) {
                assertThat(new ProcessBuilder("mkfifo", requests.resolve(name).toString())
                                .start()
                                .waitFor())
                        .isZero();
            }
            assertTimeoutPreemptively(Duration.ofSeconds(30), () -> beside().state());
            Files.delete(requests.resolve("there"));
            Files.writeString(requests.resolve("there"), "none\n");
            Path ours = Files.writeString(folder.resolve("ours"), "ours");
            Files.createSymbolicLink(requests.resolve("request.new"), ours);

            beside().run(Errand.START);

            assertThat(ours).hasContent("ours");
            assertThat(requests.resolve("request")).isRegularFile();
        }

        /** Its files are a stranger's: the database's superuser of that moment may have written them. */
        @Test
        void whatItSaysIsLimitedAndLeadsNowhere() throws Exception {
            stop();
            Files.writeString(folder.resolve("secret"), "1 0\npassword\n");
            Files.createSymbolicLink(requests.resolve("answer"), folder.resolve("secret"));
            assertThat(beside().state().failed()).isTrue();
            assertThat(beside().state().said())
                    .first()
                    .asString()
                    .startsWith("Cannot read the state of the separate instance")
                    .doesNotContain("password");

            Files.delete(requests.resolve("answer"));
            byte[] much = new byte[1 << 20];
            Arrays.fill(much, (byte) 'x');
            Files.write(requests.resolve("answer"), much);
            Files.writeString(requests.resolve("there"), "anything <b>");
            assertThat(beside().state()).isEqualTo(new State(Stage.NONE, false, List.of()));
        }
    }
}
