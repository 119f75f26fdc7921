package dev.sample.shop;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import tools.jackson.databind.json.JsonMapper;

@Configuration(proxyBeanMethods = false)
class ShopConfiguration {

    @Bean
    FilterRegistrationBean<RequestIdFilter> requestIdFilter() {
        FilterRegistrationBean<RequestIdFilter> registration = new FilterRegistrationBean<>(new RequestIdFilter());
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }

    @Bean
    Shop shop(JdbcClient jdbc, PlatformTransactionManager transactions) {
        return new Shop(jdbc, new TransactionTemplate(transactions));
    }

    @Bean
    @ConditionalOnExpression("!'${redis.host}'.isEmpty()")
    RedisClient redis(
            @Value("${redis.host}") String host,
            @Value("${redis.port}") int port,
            @Value("${redis.password}") String password) {
        DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder()
                .connectionTimeoutMillis(300)
                .socketTimeoutMillis(300)
                .clientName("api");
        if (!password.isEmpty()) {
            config.password(password);
        }
        return RedisClient.builder()
                .hostAndPort(new HostAndPort(host, port))
                .clientConfig(config.build())
                .build();
    }

    @Bean
    ProductCache productCache(ObjectProvider<RedisClient> redis, JsonMapper json, MeterRegistry registry) {
        return new ProductCache(Optional.ofNullable(redis.getIfAvailable()), json, registry);
    }
}
