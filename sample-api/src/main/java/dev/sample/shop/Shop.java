package dev.sample.shop;

import static dev.sample.shop.RequestIdFilter.sqlComment;
import static dev.sample.shop.RequestIdFilter.sqlTrace;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The shop's products and orders in PostgreSQL. */
final class Shop {

    private static final String COLUMNS =
            "SELECT id, sku, name, description, attributes::text, price_cents, stock FROM shop.product ";

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    Shop(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    List<Product> products(long after, int limit) {
        return sql(COLUMNS + "WHERE id > ? ORDER BY id LIMIT ?")
                .params(after, limit)
                .query(Product.class)
                .list();
    }

    Optional<Product> product(long id) {
        return sql(COLUMNS + "WHERE id = ?").param(id).query(Product.class).optional();
    }

    Optional<Map<String, Object>> order(long id) {
        return sql("SELECT id, customer_id, placed_at::text, note FROM shop.orders WHERE id = ?")
                .param(id)
                .query()
                .listOfRows()
                .stream()
                .findFirst();
    }

    /** Takes the goods off the stock and writes the order, both or neither. @return its number, or empty if there is too little */
    Optional<Long> order(long customerId, long productId, int quantity) {
        return transaction.execute(status -> {
            List<Integer> price =
                    sql("UPDATE shop.product SET stock = stock - ? WHERE id = ? AND stock >= ? RETURNING price_cents")
                            .params(quantity, productId, quantity)
                            .query(Integer.class)
                            .list();
            if (price.isEmpty()) {
                return Optional.empty();
            }
            long order = sql("INSERT INTO shop.orders (customer_id) VALUES (?) RETURNING id")
                    .param(customerId)
                    .query(Long.class)
                    .single();
            sql("INSERT INTO shop.order_line (order_id, product_id, quantity, price_cents) VALUES (?, ?, ?, ?)")
                    .params(order, productId, quantity, price.get(0))
                    .update();
            return Optional.of(order);
        });
    }

    /** Makes the database wait, in a statement of its own. */
    void sleep(double seconds) {
        sql("SELECT pg_sleep(?)").param(seconds).query().listOfRows();
    }

    private JdbcClient.StatementSpec sql(String statement) {
        return jdbc.sql(sqlComment() + statement + sqlTrace());
    }
}
