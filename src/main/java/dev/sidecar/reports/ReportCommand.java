package dev.sidecar.reports;

import dev.sidecar.access.AdminCredentials;
import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import dev.sidecar.sets.VerifyingKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sidecar report}: prints the readiness report of the running sidecar, or has it signed. */
@Command(
        name = "report",
        description = {
            "Prints the readiness report of the running sidecar: the last result of every proof.",
            "With --sign writes it as a page that you can pass on, and a file with its signature."
        },
        subcommands = VerifyReportCommand.class,
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
    private final Supplier<List<VerifyingKey>> keys;

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

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description =
                    "With --sign: name of the page, which ends in .html; the signature gets the same name with .intoto.json."
                            + " Default: readiness-<stack>-<time>.html.")
    private @Nullable Path out;

    static final class Form {

        @Option(names = "--json", description = "Print JSON.")
        boolean json;

        @Option(names = "--markdown", description = "Print Markdown (default).")
        boolean markdown;

        @Option(
                names = "--sign",
                description = "Sign the report, which the sidecar then keeps, and write page and signature.")
        boolean sign;
    }

    /**
     * @param login called only when the command needs it, as reading the login can fail
     * @param keys the public keys that this machine trusts; called only when they are needed, for the same reason
     */
    ReportCommand(Supplier<AdminCredentials> login, Supplier<List<VerifyingKey>> keys) {
        this.login = login;
        this.keys = keys;
    }

    List<VerifyingKey> keys() {
        return keys.get();
    }

    @Override
    public Integer call() throws InterruptedException {
        requireSensibleOut();
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
            if (form.sign) {
                sign(sidecar);
            } else {
                out().println(form.json ? report.toPrettyString() : sidecar.text("/api/report.md"));
            }
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

    private void requireSensibleOut() {
        if (out != null && !form.sign) {
            throw new ParameterException(commandLine(), "--out names the page that --sign writes; add --sign.");
        }
        if (out != null && !out.toString().endsWith(ReportFolder.PAGE)) {
            throw new ParameterException(commandLine(), "--out must name a file that ends in .html.");
        }
    }

    private void sign(Peer sidecar) {
        JsonNode signed = sidecar.exchangeJson("/api/reports", Map.of());
        String id = signed.path("id").asString();
        String stack = signed.path("stack").asString();
        // They become the name of a file here.
        if (!ReportFolder.ID.matcher(id).matches()
                || !Statement.LABEL.matcher(stack).matches()) {
            throw new CommandFailure("What answers at %s is no sidecar that signs reports.".formatted(url));
        }
        Path page = out != null ? out : Path.of(ReportDocument.name(stack, id) + ReportFolder.PAGE);
        String name = page.getFileName().toString();
        Path envelope = page.resolveSibling(
                name.substring(0, name.length() - ReportFolder.PAGE.length()) + ReportFolder.ENVELOPE);
        try {
            write(page, sidecar.text("/api/reports/" + id + ReportFolder.PAGE));
            write(envelope, sidecar.text("/api/reports/" + id + ReportFolder.ENVELOPE));
        } catch (IOException e) {
            throw new CommandFailure(
                    "The report is signed and kept as %s, but cannot be written here: %s. Choose another place with --out."
                            .formatted(id, e));
        }
        out().println(signed.path("summary").asString() + " ("
                + signed.path("score").asInt() + " %)");
        out().println(page);
        out().println(envelope);
    }

    private static void write(Path file, String text) throws IOException {
        ReportFolder.replace(file, text.getBytes(StandardCharsets.UTF_8));
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

    private CommandLine commandLine() {
        return Objects.requireNonNull(spec).commandLine();
    }

    private PrintWriter out() {
        return commandLine().getOut();
    }

    private PrintWriter err() {
        return commandLine().getErr();
    }
}
