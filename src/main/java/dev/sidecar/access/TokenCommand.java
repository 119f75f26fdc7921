package dev.sidecar.access;

import dev.sidecar.commands.CommandFailure;
import dev.sidecar.commands.SidecarCommand;
import dev.sidecar.peers.Peer;
import dev.sidecar.peers.PeerUnavailable;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code sidecar token}: has the running sidecar make, list and revoke the tokens with which scripts use its API. */
@Command(
        name = "token",
        description = "Makes, lists and revokes the tokens with which scripts use the API of the running sidecar.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class TokenCommand implements SidecarCommand {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int WRONG_USAGE = 2;
    private static final int NO_SUCH_TOKEN = 4;
    private static final int NO_CONTENT = 204;
    private static final int NOT_FOUND = 404;

    private final Supplier<AdminCredentials> credentials;
    private final URI defaultServer;
    private final PrintStream out;

    @Spec
    private CommandSpec spec;

    TokenCommand(Supplier<AdminCredentials> credentials, URI defaultServer, PrintStream out) {
        this.credentials = credentials;
        this.defaultServer = defaultServer;
        this.out = out;
        this.spec = CommandSpec.create();
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Missing subcommand: run 'sidecar token list'.");
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a token and prints it, this once: the sidecar keeps only its digest.",
                "A script presents it with each request: Authorization: Bearer TOKEN."
            },
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:done", "1:the sidecar does not answer", "2:wrong usage, or there is one of this name"})
    int add(
            @Parameters(paramLabel = "NAME", description = "Name of the token's owner; the audit log shows it.")
                    String name,
            @Option(
                            names = "--role",
                            defaultValue = "viewer",
                            description = "viewer (default) or operator, who also changes things.")
                    String role,
            @Option(
                            names = "--expires",
                            paramLabel = "TIME",
                            defaultValue = "90d",
                            description = "How long it lasts, such as 12h (default: ${DEFAULT-VALUE}; 366d at most).")
                    String lasts,
            @Option(names = "--server", description = "Address of the sidecar, if it does not run on this machine.")
                    @Nullable
                    URI server) {
        JsonNode made = ask(
                server,
                sidecar -> sidecar.exchangeJson("/api/tokens", Map.of("name", name, "role", role, "lasts", lasts)));
        System.err.printf(
                "Token of %s, role %s, until %s. It is not shown again.%n",
                made.path("name").asString(""),
                made.path("role").asString(""),
                made.path("expires").asString(""));
        out.println(made.path("token").asString(""));
        return 0;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists the tokens: name, role, until when, and when each was last used.",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:done", "1:the sidecar does not answer"})
    int list(
            @Option(names = "--server", description = "Address of the sidecar, if it does not run on this machine.")
                    @Nullable
                    URI server) {
        JsonNode tokens = ask(server, sidecar -> sidecar.get("/api/tokens"));
        tokens.forEach(token -> out.println("%s  %s  %s %s  %s"
                .formatted(
                        token.path("name").asString(""),
                        token.path("role").asString(""),
                        token.path("expired").asBoolean(false) ? "expired" : "until",
                        token.path("expires").asString(""),
                        token.path("used").isString()
                                ? "used " + token.path("used").asString("")
                                : "never used")));
        if (tokens.isEmpty()) {
            out.println("There are no tokens.");
        }
        return 0;
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Makes a token useless from the next request on.",
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:done",
                "1:the sidecar does not answer",
                "2:wrong usage",
                "4:there is no token of this name"
            })
    int revoke(
            @Parameters(paramLabel = "NAME", description = "Name of the token.") String name,
            @Option(names = "--server", description = "Address of the sidecar, if it does not run on this machine.")
                    @Nullable
                    URI server) {
        if (!name.matches("[A-Za-z0-9._-]+")) {
            throw new CommandFailure(NO_SUCH_TOKEN, "There is no token of this name.");
        }
        int status = ask(server, sidecar -> sidecar.delete("/api/tokens/" + name));
        if (status == NOT_FOUND) {
            throw new CommandFailure(NO_SUCH_TOKEN, "There is no token of this name.");
        }
        if (status != NO_CONTENT) {
            throw new CommandFailure("The sidecar answered %d and revoked nothing.".formatted(status));
        }
        out.println("Revoked: " + name);
        return 0;
    }

    private interface Question<T> {
        T of(Peer sidecar);
    }

    private <T> T ask(@Nullable URI server, Question<T> question) {
        AdminCredentials login = credentials.get();
        try {
            return question.of(new Peer(
                    "The sidecar",
                    "--server",
                    server == null ? defaultServer : server,
                    LIMIT,
                    headers ->
                            headers.setBasicAuth(login.user(), login.password().reveal(), StandardCharsets.UTF_8)));
        } catch (PeerUnavailable e) {
            throw new CommandFailure(
                    e.isBadRequest() ? WRONG_USAGE : 1,
                    e.getMessage()
                            + (e.isBadRequest()
                                    ? ""
                                    : "\nCheck that the sidecar runs and that the login is right; --server sets the address."));
        }
    }
}
