package dev.sidecar.growth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Figures of other measurements, from the tables of RATIONALE.md: what {@code bench/growth} has no programs for, or would take hours. */
final class Quotes {

    private static final Path PAGE = Path.of("RATIONALE.md");
    /** The load of {@code bench/stack}. */
    private static final double REQUESTS = 170;

    private static final double GIB_OF_ROWS = 2.12;
    private static final double GIB_OF_A_TB = 1e12 / (1L << 30);

    private final String page;

    Quotes() {
        try {
            page = Files.readString(PAGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!page.contains("(" + GIB_OF_ROWS + " GiB with indexes")
                || !page.contains("MiB at " + (int) REQUESTS + "/s")) {
            throw new IllegalStateException(PAGE + " tells of other measurements than those that are quoted");
        }
    }

    /** Processor time of a service for each request through edge, gateway and API. @return µs */
    double microsOfRequest(String service) {
        return (cell("| " + service + " |", 5) - cell("| " + service + " |", 4)) / 100 / REQUESTS * 1e6;
    }

    /** Requests a second at which a service needs so many processors. */
    double requestsAt(String service, double processors) {
        return (processors - cell("| " + service + " |", 4) / 100) / microsOfRequest(service) * 1e6;
    }

    /** @return the µs that a hop needs when it has as much to do as it can */
    double microsAtSaturation(String hop) {
        return cell("| " + hop + " | " + (hop.equals("nginx") ? "35,995" : "26,855"), 4);
    }

    double dumpHoursOfTerabyte() {
        return cell("| 2 | **ours, checksum, every row counted** |", 3) * GIB_OF_A_TB / GIB_OF_ROWS / 3600;
    }

    double proofHoursOfTerabyte() {
        return cell("| **L4 with the start and end", 2) * GIB_OF_A_TB / GIB_OF_ROWS / 3600;
    }

    double restoreHoursOfTerabyte() {
        return cell("| **our restore, parallel", 2) * GIB_OF_A_TB / GIB_OF_ROWS / 3600;
    }

    /** Of a database's size on its server, what a backup of it takes. */
    double share() {
        return cell("| 2 | **ours, checksum, every row counted** |", 7) * 1e6 / (GIB_OF_ROWS * (1L << 30));
    }

    private double cell(String row, int column) {
        String line = page.lines()
                .filter(each -> each.startsWith(row))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(PAGE + " has no row that begins with " + row));
        return Double.parseDouble(line.split("\\|")[column].strip());
    }
}
