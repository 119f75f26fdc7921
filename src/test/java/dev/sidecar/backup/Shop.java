package dev.sidecar.backup;

import dev.sidecar.support.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * A database as a shop has it, the same each time: customers, products, orders and their lines, reviews, and an event for each
 * click as JSON. Nothing repeats that would not repeat in life: keys are random UUIDs, times have microseconds, and prose is drawn
 * from 20,000 words by Zipf's law, so that it compresses about as badly as English does.
 */
final class Shop {

    static final List<String> TABLES = List.of("customer", "product", "orders", "order_line", "review", "event");

    private static final int WORDS = 20_000;
    private static final double EVENTS_FOR_EACH_ORDER = 2.5;
    private static final int CLIENTS = 400;
    private static final int VISITORS_AT_ONCE = 32;
    private static final int CLICKS_OF_A_VISITOR = 8;

    private static final List<String> SYLLABLES = Arrays.asList(("a be ca de e fi ga hel i jo ka lo ma ne o pa qui ra"
                    + " sen ti u ver wa xi ya zo ing er tion al est ous men pre con dis re un com for th st ch sh ly")
            .split(" "));
    private static final List<String> STATES = List.of("new", "paid", "packed", "sent", "delivered", "returned");
    private static final List<String> ACTIONS = List.of("viewed", "searched", "added", "removed", "checkout", "paid");
    private static final String SCHEMA = """
            CREATE TABLE customer (id bigint PRIMARY KEY, email text NOT NULL, name text, phone text, address jsonb,
                created_at timestamptz NOT NULL);
            CREATE TABLE product (id uuid PRIMARY KEY, sku text NOT NULL, title text, description text,
                price numeric(10,2), attributes jsonb);
            CREATE TABLE orders (id uuid PRIMARY KEY, customer_id bigint NOT NULL, placed_at timestamptz NOT NULL,
                total numeric(10,2), status text, note text);
            CREATE TABLE order_line (order_id uuid NOT NULL, line int NOT NULL, product_id uuid NOT NULL, quantity int,
                price numeric(10,2), PRIMARY KEY (order_id, line));
            CREATE TABLE review (id bigint PRIMARY KEY, product_id uuid NOT NULL, customer_id bigint NOT NULL,
                at timestamptz NOT NULL, stars int, body text);
            CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, order_id uuid, body jsonb);
            """;
    private static final List<String> INDEXES = List.of(
            "CREATE UNIQUE INDEX ON customer (email)",
            "CREATE INDEX ON orders (customer_id)",
            "CREATE INDEX ON orders (placed_at)",
            "CREATE INDEX ON review (product_id)",
            "CREATE INDEX ON event (at)",
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customer",
            "ALTER TABLE order_line ADD FOREIGN KEY (order_id) REFERENCES orders",
            "VACUUM ANALYZE");

    private final SplittableRandom random = new SplittableRandom(42);
    private final String[] words = new String[WORDS];
    private final double[] reach = new double[WORDS];
    private final String[] clients = new String[CLIENTS];
    private Instant now = Instant.parse("2024-01-01T00:00:00Z");

    private Shop() {
        double sum = 0;
        for (int rank = 0; rank < WORDS; rank++) {
            StringBuilder word = new StringBuilder();
            int syllables = 1 + (rank > 40 ? 1 : 0) + (rank > 800 ? random.nextInt(2) : 0) + random.nextInt(2);
            for (int i = 0; i < syllables; i++) {
                word.append(SYLLABLES.get(random.nextInt(SYLLABLES.size())));
            }
            words[rank] = word.toString();
            sum += 1.0 / (rank + 2);
            reach[rank] = sum;
        }
        for (int i = 0; i < CLIENTS; i++) {
            clients[i] = "Mozilla/5.0 (" + word() + "; " + word() + " " + random.nextInt(20) + "_" + random.nextInt(9)
                    + ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + (90 + random.nextInt(50)) + ".0."
                    + random.nextInt(9999) + ".0 Safari/537.36";
        }
    }

    /** Fills an empty database. @param orders how many; 540,000 make 1 GB with their indexes */
    static void fill(PostgresServer server, String database, int orders) throws SQLException, IOException {
        server.execute(database, SCHEMA);
        try (Connection connection = server.connect(database)) {
            new Shop().copy(connection.unwrap(PGConnection.class), orders);
        }
        server.execute(database, INDEXES.toArray(String[]::new));
    }

    private void copy(PGConnection connection, int orders) throws SQLException, IOException {
        int customers = Math.max(1, orders / 8);
        UUID[] products = new UUID[Math.max(1, orders / 40)];
        UUID[] placed = new UUID[orders];
        try (Table product = new Table(connection, "product")) {
            for (int i = 0; i < products.length; i++) {
                products[i] = uuid();
                product.row(
                        products[i],
                        sku(),
                        prose(3, 8),
                        prose(30, 160),
                        price(),
                        "{\"colour\": \"" + word() + "\", \"weight_g\": " + random.nextInt(9000) + ", \"ean\": \""
                                + digits(13) + "\"}");
            }
        }
        try (Table customer = new Table(connection, "customer")) {
            for (int i = 1; i <= customers; i++) {
                String name = capital(word()) + " " + capital(word());
                customer.row(
                        i,
                        name.toLowerCase(java.util.Locale.ROOT).replace(' ', '.') + i + "@" + word() + ".example",
                        name,
                        "+49" + digits(10),
                        "{\"street\": \"%s %d\", \"postcode\": \"%s\", \"city\": \"%s\"}"
                                .formatted(capital(word()), random.nextInt(200), digits(5), capital(word())),
                        at(1_800));
            }
        }
        try (Table order = new Table(connection, "orders")) {
            for (int i = 0; i < orders; i++) {
                placed[i] = uuid();
                order.row(
                        placed[i],
                        1 + random.nextInt(customers),
                        at(60),
                        price(),
                        STATES.get(random.nextInt(STATES.size())),
                        random.nextInt(3) == 0 ? prose(4, 40) : "\\N");
            }
        }
        try (Table line = new Table(connection, "order_line")) {
            for (UUID order : placed) {
                int lines = 1 + random.nextInt(4);
                for (int i = 1; i <= lines; i++) {
                    line.row(order, i, products[random.nextInt(products.length)], 1 + random.nextInt(3), price());
                }
            }
        }
        try (Table review = new Table(connection, "review")) {
            for (int i = 0; i < orders / 2; i++) {
                review.row(
                        i,
                        products[random.nextInt(products.length)],
                        1 + random.nextInt(customers),
                        at(120),
                        1 + random.nextInt(5),
                        prose(15, 150));
            }
        }
        Visitor[] visitors = new Visitor[VISITORS_AT_ONCE];
        try (Table event = new Table(connection, "event")) {
            for (int i = 0; i < orders * EVENTS_FOR_EACH_ORDER; i++) {
                int who = random.nextInt(visitors.length);
                if (visitors[who] == null || random.nextInt(CLICKS_OF_A_VISITOR) == 0) {
                    visitors[who] = visitor(placed[random.nextInt(orders)]);
                }
                String body =
                        "{\"ip\": \"%s\", \"ms\": %d, \"path\": \"/%s/%s\", \"type\": \"%s\", \"client\": \"%s\", \"session\": \"%s\"}"
                                .formatted(
                                        visitors[who].ip,
                                        random.nextInt(2000),
                                        word(),
                                        products[random.nextInt(products.length)],
                                        ACTIONS.get(random.nextInt(ACTIONS.size())),
                                        visitors[who].client,
                                        visitors[who].session);
                event.row(i, at(20), visitors[who].order, body);
            }
        }
    }

    private record Visitor(UUID session, UUID order, String ip, String client) {}

    private Visitor visitor(UUID order) {
        String ip = "%d.%d.%d.%d"
                .formatted(random.nextInt(256), random.nextInt(256), random.nextInt(256), random.nextInt(256));
        return new Visitor(uuid(), order, ip, clients[random.nextInt(CLIENTS)]);
    }

    private UUID uuid() {
        return new UUID(
                random.nextLong() & ~0xF000L | 0x4000L, random.nextLong() & Long.MAX_VALUE >> 1 | Long.MIN_VALUE);
    }

    private String sku() {
        return (word() + "-" + digits(6)).toUpperCase(java.util.Locale.ROOT);
    }

    private String digits(int count) {
        StringBuilder digits = new StringBuilder();
        for (int i = 0; i < count; i++) {
            digits.append((char) ('0' + random.nextInt(10)));
        }
        return digits.toString();
    }

    private String price() {
        int cents = (int) (99 + 40_000 * Math.pow(random.nextDouble(), 3));
        return cents / 100 + "." + cents / 10 % 10 + cents % 10;
    }

    /** Some time after the last. */
    private Instant at(int seconds) {
        now = now.plus(Duration.ofNanos(random.nextLong(1_000_000L * seconds) * 1_000));
        return now;
    }

    private String word() {
        int rank = Arrays.binarySearch(reach, random.nextDouble() * reach[WORDS - 1]);
        return words[rank < 0 ? -rank - 1 : rank];
    }

    private String prose(int least, int most) {
        int count = least + random.nextInt(most - least);
        StringBuilder prose = new StringBuilder();
        boolean starts = true;
        for (int i = 0; i < count; i++) {
            String word = word();
            prose.append(i == 0 ? "" : " ").append(starts ? capital(word) : word);
            int mark = random.nextInt(24);
            starts = mark < 2;
            prose.append(starts ? "." : mark == 2 ? "," : "");
        }
        return prose.toString();
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    /** Rows on their way into a table. */
    private static final class Table implements AutoCloseable {

        private final PGCopyOutputStream out;

        Table(PGConnection connection, String name) throws SQLException {
            out = new PGCopyOutputStream(connection, "COPY " + name + " FROM STDIN", 1 << 18);
        }

        void row(Object... values) throws IOException {
            StringBuilder row = new StringBuilder();
            for (Object value : values) {
                row.append(row.isEmpty() ? "" : "\t").append(value);
            }
            out.write(row.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
