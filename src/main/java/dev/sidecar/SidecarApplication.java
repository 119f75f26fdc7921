package dev.sidecar;

import dev.sidecar.commands.Commands;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The sidecar: a server without arguments, a command ({@code sidecar backup …}) with them. */
@SpringBootApplication(proxyBeanMethods = false)
public class SidecarApplication {

    /** @param args nothing for the server, or the name of a command and what it takes */
    public static void main(String[] args) {
        if (Commands.isCommand(args)) {
            System.exit(Commands.run(SidecarApplication.class, args));
        }
        SpringApplication.run(SidecarApplication.class, args);
    }
}
