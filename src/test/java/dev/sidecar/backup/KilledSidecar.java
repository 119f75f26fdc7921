package dev.sidecar.backup;

import dev.sidecar.secrets.Secret;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.convert.converter.Converter;

/** A process of its own that a test kills: it begins to take or to verify a backup, says so, and waits for its end. */
public final class KilledSidecar {

    private KilledSidecar() {}

    /** @param arguments {@code take|verify}, the database or the id, then settings as name=value */
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        for (String argument : List.of(arguments).subList(2, arguments.length)) {
            settings.put(
                    "sidecar.backup." + argument.substring(0, argument.indexOf('=')),
                    argument.substring(argument.indexOf('=') + 1));
        }
        ApplicationConversionService conversions = new ApplicationConversionService();
        conversions.addConverter(String.class, Secret.class, (Converter<String, Secret>) Secret::of);
        BackupProperties properties = new Binder(
                        List.of(new MapConfigurationPropertySource(settings)), null, conversions, null)
                .bindOrCreate("sidecar.backup", BackupProperties.class);
        LocalStore local = new LocalStore(Path.of(properties.directory()));
        Progress progress = new Progress(Clock.systemUTC());
        Encryption encryption = new Encryption(properties.encryption());
        if (arguments[0].equals("take")) {
            TroubledStore store = TroubledStore.stalling(local, key -> key.contains("tables-01"));
            Thread watch = new Thread(() -> {
                try {
                    store.reached.await();
                    System.out.println("begun");
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            watch.start();
            new Taker(properties, new Catalogue(List.of(store)), encryption, Clock.systemUTC())
                    .take(
                            new TakeRequest(arguments[1], Generation.MANUAL, Instant.EPOCH),
                            java.util.Optional.empty(),
                            progress);
        } else {
            Clients.Client client = new Clients(properties.server().programs()).ofMajor(Integer.parseInt(arguments[1]));
            ScratchServer.start(properties.scratch(), client, 0, java.util.List.of());
            System.out.println("begun");
            Thread.sleep(600_000);
        }
    }
}
