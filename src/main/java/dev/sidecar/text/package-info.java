/**
 * Writes durations and sizes as a person reads them, and what strangers wrote so that it controls nothing: the same on pages, on the command
 * line, in evidence and in messages. Reads others' text up to a limit, in its encoding.
 */
@NullMarked
@ApplicationModule(allowedDependencies = {})
package dev.sidecar.text;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
