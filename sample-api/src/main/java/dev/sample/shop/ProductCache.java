package dev.sample.shop;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.SetParams;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Keeps products in Redis for a minute. Without Redis, or with a broken one, everything comes from the database. */
final class ProductCache {

    private static final Logger log = LoggerFactory.getLogger(ProductCache.class);
    private static final SetParams ONE_MINUTE = SetParams.setParams().ex(60);

    private final Optional<RedisClient> redis;
    private final JsonMapper json;
    private final Counter hits;
    private final Counter misses;
    private final Counter errors;

    ProductCache(Optional<RedisClient> redis, JsonMapper json, MeterRegistry registry) {
        this.redis = redis;
        this.json = json;
        this.hits = counter(registry, "hit");
        this.misses = counter(registry, "miss");
        this.errors = counter(registry, "error");
    }

    private static Counter counter(MeterRegistry registry, String result) {
        return Counter.builder("sample.cache.requests")
                .description("Look-ups in the cache by their result")
                .tag("result", result)
                .register(registry);
    }

    Optional<Product> get(long id, Supplier<Optional<Product>> database) {
        if (redis.isEmpty()) {
            return database.get();
        }
        Optional<Product> cached = read(redis.get(), id);
        if (cached.isPresent()) {
            hits.increment();
            return cached;
        }
        misses.increment();
        Optional<Product> product = database.get();
        product.ifPresent(found -> write(redis.get(), found));
        return product;
    }

    /** A product that was sold is read again. */
    void forget(long id) {
        redis.ifPresent(client -> attempt(() -> client.del(key(id))));
    }

    private Optional<Product> read(RedisClient client, long id) {
        return attempt(() -> client.get(key(id))).map(text -> json.readValue(text, Product.class));
    }

    private void write(RedisClient client, Product product) {
        attempt(() -> client.set(key(product.id()), json.writeValueAsString(product), ONE_MINUTE));
    }

    private <T> Optional<T> attempt(Supplier<T> call) {
        try {
            return Optional.ofNullable(call.get());
        } catch (JedisException | JacksonException e) {
            errors.increment();
            log.atWarn().addKeyValue("error", e.toString()).log("cache did not answer, the database is asked instead");
            return Optional.empty();
        }
    }

    private static String key(long id) {
        return "product:" + id;
    }
}
