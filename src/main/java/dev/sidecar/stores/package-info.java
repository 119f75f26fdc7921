/** Stores backup sets in a directory or in an S3 bucket. A new kind of store is one class that implements {@link Store}. */
@NullMarked
@ApplicationModule(allowedDependencies = {"secrets", "settings", "text"})
package dev.sidecar.stores;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
