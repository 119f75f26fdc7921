package dev.sidecar.probes;

import java.util.concurrent.Callable;

/**
 * One thing to ask.
 *
 * @param what its name for people, such as {@code mail server}
 * @param where host and port or address, without any secret
 * @param fix what to look at if it does not answer
 * @param ask asks; returns what it said in a few words, or throws what kept it from answering
 */
record Probe(String what, String where, String fix, Callable<String> ask) {}
