package dev.sidecar.hosts;

import dev.sidecar.settings.Identity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The list of the other hosts, one file. The command writes it, the relay reads it anew whenever it has changed, so that adding and revoking
 * need no restart. A list that is damaged, or names this host itself, counts for nobody.
 */
public final class Hosts {

    /** More than that is beyond one machine's Prometheus and Loki (docs/satellites.md). */
    static final int MOST = 50;

    private static final int LARGEST_FILE = 64 * 1024;
    private static final int TOKEN_BYTES = 32;
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final Path file;
    private final String own;
    private final Clock clock;
    private volatile Read read = new Read("", List.of());

    private record Read(String version, List<Satellite> satellites) {}

    private record Content(List<Satellite> hosts) {}

    /**
     * @param file where the list is kept
     * @param identity names this host, whose name no other may bear
     */
    public Hosts(Path file, Identity identity, Clock clock) {
        this.file = file;
        this.own = identity.host();
        this.clock = clock;
    }

    /** All, the revoked among them, in the order in which they were added; none if none was ever added. */
    public List<Satellite> all() {
        String version = version();
        Read last = read;
        if (!last.version().equals(version)) {
            last = new Read(version, version.isEmpty() ? List.of() : stored());
            read = last;
        }
        return last.satellites();
    }

    /** The host whose token this is, a revoked one among them. @throws HostsUnreadable if nobody may be let in now */
    public Optional<Satellite> withToken(String token) {
        String digest = digest(token);
        return all().stream()
                .filter(satellite -> satellite.digest().equals(digest))
                .findFirst();
    }

    /** Adds a host, or one again whose token was revoked. @return its token, which nobody can be told again */
    String add(String name) {
        return changed(known -> {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "A host's name has small letters, digits, dots and dashes, 63 at most, such as web-2.");
            }
            if (name.equals(own)) {
                throw new IllegalArgumentException(
                        name
                                + " is this stack's own host (SIDECAR_HOST): choose another name, or its data would be mixed up with this host's.");
            }
            Optional<Satellite> before = find(name, known);
            if (before.filter(Satellite::isTrusted).isPresent()) {
                throw new IllegalArgumentException(
                        name
                                + " exists already. Each machine needs a name of its own; to get a new token for the same machine, revoke the old one first.");
            }
            if (known.stream().filter(Satellite::isTrusted).count() >= MOST) {
                throw new IllegalArgumentException("There are %d hosts already, and no more fit.".formatted(MOST));
            }
            before.ifPresent(known::remove);
            byte[] random = new byte[TOKEN_BYTES];
            new SecureRandom().nextBytes(random);
            String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            known.add(new Satellite(name, digest(token), clock.instant().truncatedTo(ChronoUnit.SECONDS), null));
            // Of the revoked the newest are kept: they only tell a revoked token from a wrong one.
            while (known.size() > 2 * MOST) {
                known.remove(known.stream()
                        .filter(satellite -> !satellite.isTrusted())
                        .findFirst()
                        .orElseThrow());
            }
            return token;
        });
    }

    void revoke(String name) {
        changed(known -> {
            Satellite found = find(name, known)
                    .filter(Satellite::isTrusted)
                    .orElseThrow(() -> new IllegalArgumentException("There is no host '" + name + "' with a token."));
            known.set(
                    known.indexOf(found),
                    new Satellite(
                            name, found.digest(), found.added(), clock.instant().truncatedTo(ChronoUnit.SECONDS)));
            return name;
        });
    }

    private interface Change {
        String apply(List<Satellite> known);
    }

    /** One at a time, and as a whole: a killed command leaves the old list. */
    private String changed(Change change) {
        try {
            Path list = file.toAbsolutePath();
            Files.createDirectories(list.getParent());
            try (FileChannel lock = FileChannel.open(
                            list.resolveSibling(file.getFileName() + ".lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
                    var held = lock.lock()) {
                List<Satellite> known = new ArrayList<>(version().isEmpty() ? List.of() : stored());
                String result = change.apply(known);
                Path next = list.resolveSibling(file.getFileName() + ".next");
                Files.deleteIfExists(next);
                // The relay runs as another user. Digests of random tokens are no secret.
                Files.createFile(
                        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
                Files.write(next, JsonMapper.shared().writeValueAsBytes(new Content(known)));
                Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return result;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The list of hosts cannot be written: " + e.getMessage(), e);
        }
    }

    private static Optional<Satellite> find(String name, List<Satellite> known) {
        return known.stream().filter(satellite -> satellite.name().equals(name)).findFirst();
    }

    /** Another one whenever the list has been replaced; empty if there is none. */
    private String version() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.fileKey() + " " + attributes.lastModifiedTime() + " " + attributes.size();
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new HostsUnreadable("Cannot read the list of hosts: " + e.getMessage());
        }
    }

    private List<Satellite> stored() {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST_FILE + 1);
            if (bytes.length > LARGEST_FILE) {
                throw new HostsUnreadable("The list of hosts is longer than " + LARGEST_FILE + " bytes.");
            }
            List<Satellite> satellites = List.copyOf(
                    JsonMapper.shared().readValue(bytes, Content.class).hosts());
            Set<String> names = new HashSet<>();
            for (Satellite satellite : satellites) {
                if (!NAME.matcher(satellite.name()).matches()
                        || !DIGEST.matcher(satellite.digest()).matches()
                        || satellite.name().equals(own)
                        || !names.add(satellite.name())
                        || !names.add(satellite.digest())) {
                    throw new HostsUnreadable(
                            "The list of hosts contains an invalid name, a duplicate, or this host's own name.");
                }
                // It is not null; a record of a file may be anything.
                satellite.added().toEpochMilli();
            }
            return satellites;
        } catch (IOException | JacksonException | NullPointerException e) {
            throw new HostsUnreadable("The list of hosts cannot be read.");
        }
    }

    private static String digest(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
