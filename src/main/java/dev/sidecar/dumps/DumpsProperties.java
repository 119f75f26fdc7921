package dev.sidecar.dumps;

import dev.sidecar.secrets.Secret;
import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import dev.sidecar.settings.InvalidSetting;
import dev.sidecar.stores.Source;
import dev.sidecar.text.HostileText;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Where dumps lie that others take, and what is asked of them.
 *
 * @param sources the sources, each under a name of its own such as {@code nightly}
 * @param look how often to look for a new dump
 * @param resultsFile file in which the results are kept over a restart
 */
@ConfigurationProperties("sidecar.dumps")
record DumpsProperties(
        @DefaultValue Map<String, From> sources,
        @DefaultValue("10m") Duration look,
        String resultsFile) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    DumpsProperties {
        InvalidSetting.unless(
                look.compareTo(Duration.ofSeconds(10)) >= 0, "sidecar.dumps.look", look, "be 10s or more, such as 10m");
        sources.forEach((name, from) -> {
            String setting = setting(name);
            InvalidSetting.unless(
                    NAME.matcher(name).matches(),
                    "sidecar.dumps.sources",
                    name,
                    "name each source with small letters, digits and hyphens, 40 at most");
            InvalidSetting.unless(
                    from.folder.isBlank() || from.bucket.isBlank(),
                    setting + ".folder",
                    from.folder,
                    "be blank where %s.bucket is set".formatted(setting));
            try {
                from.matcher();
            } catch (PatternSyntaxException e) {
                throw new InvalidSetting(
                        setting + ".pattern", from.pattern, "be a pattern such as app-*.dump: " + e.getDescription());
            }
            positive(setting + ".greatest-age", from.greatestAge);
            positive(setting + ".limit", from.limit);
            InvalidSetting.unless(
                    from.growth >= 1 && from.growth <= 1_000, setting + ".growth", from.growth, "be from 1 to 1000");
            InvalidSetting.unless(
                    from.leastShare >= 0 && from.leastShare <= 100,
                    setting + ".least-share",
                    from.leastShare,
                    "be a number of per cent from 0 to 100");
        });
    }

    private static void positive(String setting, Duration duration) {
        InvalidSetting.unless(
                !duration.isNegative() && !duration.isZero(), setting, duration, "be more than zero, such as 26h");
    }

    /** Those that say where the dumps lie: compose passes one with a blank folder where none is meant. */
    Set<String> names() {
        return sources.entrySet().stream()
                .filter(source -> source.getValue().isSet())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws BackupFailure if there is none of this name */
    From from(String source) {
        From from = sources.get(source);
        if (from == null || !from.isSet()) {
            throw new BackupFailure(
                    Reason.NOT_FOUND,
                    "There is no source '%s'; there %s."
                            .formatted(
                                    HostileText.line(source),
                                    names().isEmpty()
                                            ? "is none (sidecar.dumps.sources)"
                                            : "are " + String.join(", ", names())));
        }
        return from;
    }

    static String setting(String name) {
        return "sidecar.dumps.sources." + name;
    }

    /**
     * One source.
     *
     * @param folder the folder the dumps lie in; or a bucket
     * @param bucket name of the bucket; or a folder
     * @param endpoint address of the bucket's server; blank for Amazon's own
     * @param region of the bucket
     * @param accessKey blank to use the credentials in the environment of the process
     * @param secretKey the secret of the access key
     * @param prefix before every key in the bucket
     * @param pattern which files are its dumps, as a shell pattern of the path below the folder; {@code **} crosses folders
     * @param database whose dump it is: which of several in one file, and whose own checks run; blank for the name of the source
     * @param greatestAge how old the newest dump may be
     * @param leastSize how small it may be
     * @param leastShare how small it may be, in per cent of the median of those before it
     * @param growth how many times its size a dump may have, decompressed: a small file can become any number of bytes
     * @param settled how long a dump must have been unchanged to count as finished
     * @param limit how long its restore may take
     */
    record From(
            @DefaultValue("") String folder,
            @DefaultValue("") String bucket,
            @DefaultValue("") String endpoint,
            @DefaultValue("us-east-1") String region,
            @DefaultValue("") String accessKey,
            @Nullable Secret secretKey,
            @DefaultValue("") String prefix,
            @DefaultValue("**") String pattern,
            @DefaultValue("") String database,
            @DefaultValue("26h") Duration greatestAge,
            @DefaultValue("1B") DataSize leastSize,
            @DefaultValue("50") int leastShare,
            @DefaultValue("50") int growth,
            @DefaultValue("2m") Duration settled,
            @DefaultValue("6h") Duration limit) {

        boolean isSet() {
            return !folder.isBlank() || !bucket.isBlank();
        }

        PathMatcher matcher() {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        }

        Source open(String name) {
            return folder.isBlank()
                    ? Source.bucket(setting(name), bucket, endpoint, region, accessKey, secretKey, prefix)
                    : Source.folder(Path.of(folder));
        }

        String databaseOr(String name) {
            return database.isBlank() ? name : database;
        }
    }
}
