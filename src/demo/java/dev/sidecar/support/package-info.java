/** Programs that live no longer than the one that started them. The demonstration and the tests both use them; the latter add their own. */
@NullMarked
package dev.sidecar.support;

import org.jspecify.annotations.NullMarked;
