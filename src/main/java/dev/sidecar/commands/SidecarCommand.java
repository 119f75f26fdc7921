package dev.sidecar.commands;

import java.util.concurrent.Callable;

/**
 * One command of the command line, {@code sidecar <name> …}. A feature declares a bean of this type, annotated with picocli's
 * {@code @Command} (name, description, exit codes), and is thereby part of {@code sidecar --help}. The result of {@link #call()}
 * is the exit code: 0 for done, 1 for failed, 2 for wrong usage; further ones are the command's own and stand in its help.
 */
public interface SidecarCommand extends Callable<Integer> {}
