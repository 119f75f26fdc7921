package dev.sidecar;

import dev.sidecar.commands.Commands;
import dev.sidecar.dataplane.DataPlane;
import dev.sidecar.postgres.Prover;
import dev.sidecar.relay.Relay;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The sidecar: a server without arguments, the gateway alone with {@code gateway}, the relay of other hosts with {@code relay}, a prover with {@code prover}, a command ({@code sidecar backup …}) with others. */
@SpringBootApplication(proxyBeanMethods = false)
public class SidecarApplication {

    /** @param args nothing for the server, or the name of a command and what it takes */
    public static void main(String[] args) {
        if (DataPlane.isAskedFor(args)) {
            DataPlane.run(args);
            return;
        }
        if (Relay.isAskedFor(args)) {
            Relay.run(args);
            return;
        }
        if (Prover.isAskedFor(args)) {
            Prover.run(args);
            return;
        }
        if (Commands.isCommand(args)) {
            System.exit(Commands.run(SidecarApplication.class, args));
        }
        SpringApplication.run(SidecarApplication.class, args);
    }
}
