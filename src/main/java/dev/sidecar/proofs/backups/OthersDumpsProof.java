package dev.sidecar.proofs.backups;

import dev.sidecar.dumps.DumpState;
import dev.sidecar.dumps.Dumps;
import dev.sidecar.proofs.Area;
import dev.sidecar.proofs.Claim;
import dev.sidecar.proofs.Finding;
import dev.sidecar.proofs.Proof;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Exists only where dumps of others are set: nobody who takes none is to see a proof missing. */
@Conditional(OthersDumpsProof.AreSet.class)
final class OthersDumpsProof implements Proof {

    private final Dumps dumps;

    OthersDumpsProof(Dumps dumps) {
        this.dumps = dumps;
    }

    record Where(
            @DefaultValue("") String folder,
            @DefaultValue("") String bucket) {

        boolean isSet() {
            return !folder.isBlank() || !bucket.isBlank();
        }
    }

    static final class AreSet implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return Binder.get(context.getEnvironment())
                    .bind("sidecar.dumps.sources", Bindable.mapOf(String.class, Where.class))
                    .orElse(Map.of())
                    .values()
                    .stream()
                    .anyMatch(Where::isSet);
        }
    }

    @Override
    public Claim claim() {
        return new Claim(
                "BKP-10",
                Area.BACKUPS,
                "The newest dump of every source that others take is recent, of a usual size, and was restored, and your own checks held on it.",
                Duration.ofMinutes(5));
    }

    @Override
    public Finding prove() {
        List<DumpState> states = dumps.sources().stream().map(dumps::look).toList();
        List<String> problems =
                states.stream().flatMap(state -> state.problems().stream()).toList();
        List<String> lines =
                states.stream().flatMap(state -> state.lines().stream()).toList();
        return (problems.isEmpty()
                        ? Finding.held("%s", lines.get(0))
                        : Finding.broken("%s", String.join(" ", problems)))
                .with(lines);
    }
}
