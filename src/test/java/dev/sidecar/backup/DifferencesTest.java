package dev.sidecar.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sidecar.backup.Differences.Difference;
import dev.sidecar.backup.Differences.Kind;
import dev.sidecar.sets.BackupId;
import dev.sidecar.sets.Manifest.Contents;
import dev.sidecar.sets.Manifest.Extension;
import dev.sidecar.sets.Manifest.Sequence;
import dev.sidecar.sets.Manifest.Table;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DifferencesTest {

    private static final BackupId ID = BackupId.parse("shop.20261123T020003Z.daily.7f3a90c1");

    private final Contents expected = contents(2L, 7L, 3, List.of(new Extension("citext", "1.6")));
    private final Contents restored = contents(1L, 9L, 4, List.of());

    private static Contents contents(Long rows, Long sequence, long largeObjects, List<Extension> extensions) {
        return new Contents(
                List.of(
                        new Table("public", "order", rows, 0, null, true),
                        new Table("public", "old public.order copy", rows, 0, null, true)),
                List.of(new Sequence("public", "order_id", sequence, sequence)),
                largeObjects,
                extensions,
                List.of(),
                List.of());
    }

    private List<Difference> between() {
        return Differences.between(expected, restored, Map.of());
    }

    private List<String> concerning(boolean schemaOnly, String... tables) {
        RestoreRequest request = new RestoreRequest(ID, "copy", false, schemaOnly, List.of(tables));
        return between().stream()
                .filter(difference -> difference.concerns(request))
                .map(difference -> difference.kind() + " " + difference.name())
                .toList();
    }

    @Test
    void eachDifferenceSaysWhatDiffers() {
        assertThat(between())
                .extracting(Difference::kind)
                .containsExactly(Kind.TABLE, Kind.TABLE, Kind.SEQUENCE, Kind.LARGE_OBJECTS, Kind.EXTENSION);
        assertThat(Difference.sentences(between()))
                .contains("has 1 rows instead of 2.", "Sequence public.order_id is at 9 instead of between 7 and 7.");
    }

    @Test
    void ofAPartialRestoreOnlyTheTablesAskedForCount() {
        String order = expected.tables().get(0).qualifiedName();
        String namesake = expected.tables().get(1).qualifiedName();

        assertThat(concerning(false)).hasSize(5);
        assertThat(concerning(false, order)).containsExactly("TABLE " + order);
        assertThat(concerning(false, namesake)).containsExactly("TABLE " + namesake);
        assertThat(concerning(true, order)).isEmpty();
        assertThat(concerning(true)).isEmpty();
    }
}
