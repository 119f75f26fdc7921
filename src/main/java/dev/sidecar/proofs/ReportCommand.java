package dev.sidecar.proofs;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
        name = "report",
        description = "Prints the readiness report of the running sidecar: the last result of every proof.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every proof holds, but for those left out by name",
            "1:the sidecar does not answer",
            "2:wrong usage",
            "10:at least one proof is broken",
            "11:not all drills finished in time",
            "12:no proof is broken, but not every one holds: some are not set up, inconclusive or not drilled yet"
        })
final class ReportCommand implements SidecarCommand {

    private static final int BROKEN = 10;
    private static final int UNFINISHED = 11;
    private static final int INCOMPLETE = 12;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Supplier<AdminCredentials> login;

    @Spec
    private @Nullable CommandSpec spec;

    @ArgGroup
    private Form form = new Form();

    @Option(names = "--prove-now", description = "Run all drills first and wait for them.")
    private boolean proveNow;

    @Option(
            names = "--limit",
            defaultValue = "900",
            description = "With --prove-now: wait at most this many seconds (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
            names = "--url",
            defaultValue = "http://localhost:8080",
            description = "Address of the sidecar (default: ${DEFAULT-VALUE}).")
    private URI url = URI.create("http://localhost:8080");

    static final class Form {

        @Option(names = "--json", description = "Print JSON.")
        boolean json;

        @Option(names = "--markdown", description = "Print Markdown (default).")
        boolean markdown;
    }

    /** @param login called only when the command runs, as reading the login can fail */
    ReportCommand(Supplier<AdminCredentials> login) {
        this.login = login;
    }

    @Override
    public Integer call() throws InterruptedException {
        AdminCredentials admin = login.get();
        Peer sidecar = new Peer(
                "The sidecar",
                "--url",
                url,
                Duration.ofSeconds(30),
                headers -> headers.setBasicAuth(admin.user(), admin.password().reveal()));
        try {
            boolean finished = !proveNow || proved(sidecar);
            JsonNode report = sidecar.get("/api/report");
            out().println(form.json ? report.toPrettyString() : sidecar.text("/api/report.md"));
            if (!finished) {
                return UNFINISHED;
            }
            if (report.path("broken").asInt(1) != 0) {
                return BROKEN;
            }
            return report.path("complete").asBoolean() ? 0 : INCOMPLETE;
        } catch (PeerUnavailable e) {
            throw new CommandFailure(e.getMessage()
                    + "\nCheck that the sidecar runs there and that the login is right; --url sets the address.");
        }
    }

    private boolean proved(Peer sidecar) throws InterruptedException {
        Instant began = Instant.parse(sidecar.get("/api/report").path("at").asString());
        sidecar.postJson("/api/report/drills", Map.of());
        long end = System.nanoTime() + Duration.ofSeconds(limit).toNanos();
        int told = -1;
        while (System.nanoTime() < end) {
            JsonNode report = sidecar.get("/api/report");
            int all = report.path("proofs").size() + report.path("waiting").size();
            int fresh = 0;
            for (JsonNode proof : report.path("proofs")) {
                fresh += Instant.parse(proof.path("at").asString()).isAfter(began) ? 1 : 0;
            }
            if (fresh != told) {
                err().printf("%d of %d drills finished%n", fresh, all);
                err().flush();
                told = fresh;
            }
            if (fresh == all) {
                return true;
            }
            Thread.sleep(PAUSE.toMillis());
        }
        return false;
    }

    private PrintWriter out() {
        return java.util.Objects.requireNonNull(spec).commandLine().getOut();
    }

    private PrintWriter err() {
        return java.util.Objects.requireNonNull(spec).commandLine().getErr();
    }
}
