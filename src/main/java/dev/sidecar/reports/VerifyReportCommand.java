package dev.sidecar.reports;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.VerifyingKey;
import dev.sidecar.text.HostileText;
import dev.sidecar.text.Limited;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code sidecar report verify}: checks a signed report. It asks no server; with a key given it needs no setting either. */
@Command(
        name = "verify",
        description = {
            "Checks a signed report: whether page and data are what was signed, and by which key. Needs no running sidecar and no settings.",
            "Name its page or its .intoto.json; the other file must be in the same folder."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it is what was signed, by a key that you trust",
            "1:a file cannot be read",
            "2:wrong usage",
            "13:it was changed: a signature or a checksum does not fit",
            "14:no key that you trust signed it",
            "15:it is no signed report"
        })
final class VerifyReportCommand implements Callable<Integer> {

    private static final int LARGEST_KEY_FILE = 64 << 10;

    @Spec
    private @Nullable CommandSpec spec;

    @ParentCommand
    private @Nullable ReportCommand report;

    @Parameters(paramLabel = "FILE", description = "The page (.html) or the signed data (.intoto.json).")
    private Path file = Path.of("");

    @Option(
            names = "--public-key",
            paramLabel = "FILE",
            description = "Trust the keys in this file (PEM), which 'sidecar key' prints, and no others."
                    + " Default: this machine's own key and those that its settings trust.")
    private @Nullable Path publicKey;

    @Override
    public Integer call() {
        try {
            print(ReportCheck.of(file, keys()));
            return 0;
        } catch (ReportRefused e) {
            throw new CommandFailure(e.reason().exitCode(), "NOT GENUINE: " + e.getMessage());
        } catch (BackupFailure e) {
            throw new CommandFailure(e.getMessage());
        } catch (NoSuchFileException e) {
            throw new CommandFailure("There is no file %s.".formatted(HostileText.line(String.valueOf(e.getFile()))));
        } catch (IOException e) {
            throw new CommandFailure("Cannot read %s: %s.".formatted(HostileText.line(file.toString()), e));
        }
    }

    private List<VerifyingKey> keys() throws IOException {
        if (publicKey == null) {
            return Objects.requireNonNull(report).keys();
        }
        try (InputStream in = Files.newInputStream(publicKey)) {
            return VerifyingKey.parse(new String(Limited.whole(in, LARGEST_KEY_FILE), StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("Cannot use the public key %s: %s."
                    .formatted(HostileText.line(publicKey.toString()), e.getMessage()));
        }
    }

    private void print(ReportCheck check) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        ReportDocument document = check.statement().document();
        out.printf(
                "GENUINE: report %s on stack %s, made %s by the sidecar on %s (%s)%n",
                document.id(), document.stack(), document.at(), document.host(), document.environment());
        out.printf(
                "  signed by  %s%n",
                ReportCheck.names(check.signers().stream().map(VerifyingKey::id).toList()));
        if (!check.strangers().isEmpty()) {
            out.printf("  also by    %s, unknown here: proves nothing%n", ReportCheck.names(check.strangers()));
        }
        out.printf("  score      %d %%: %s%n", document.score(), HostileText.line(document.summary()));
        if (document.since() != null) {
            out.printf(
                    "  since %s the score %s; %d proofs stand differently%n",
                    HostileText.line(document.since().id()),
                    ReportHtml.difference(document.since()),
                    document.since().proofs().size());
        }
        Path page = check.page();
        out.println(
                page == null
                        ? "  page       missing, so it was not checked: put %s%s next to it"
                                .formatted(document.name(), ReportFolder.PAGE)
                        : "  page       %s is the page that was signed"
                                .formatted(HostileText.line(page.getFileName().toString())));
        out.flush();
    }
}
