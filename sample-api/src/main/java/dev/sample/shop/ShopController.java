package dev.sample.shop;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
@RequestMapping("/api")
class ShopController {

    private final Shop shop;
    private final ProductCache cache;

    ShopController(Shop shop, ProductCache cache) {
        this.shop = shop;
        this.cache = cache;
    }

    record NewOrder(long customerId, long productId, int quantity) {}

    @GetMapping("/products")
    List<Product> products(@RequestParam(defaultValue = "0") long after, @RequestParam(defaultValue = "20") int limit) {
        return shop.products(after, Math.max(1, Math.min(limit, 100)));
    }

    @GetMapping("/products/{id}")
    Product product(@PathVariable long id) {
        return cache.get(id, () -> shop.product(id))
                .orElseThrow(
                        () -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no product " + id + "."));
    }

    @GetMapping("/orders/{id}")
    Map<String, Object> order(@PathVariable long id) {
        return shop.order(id)
                .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no order " + id + "."));
    }

    @PostMapping("/orders")
    ResponseEntity<Map<String, Long>> order(@RequestBody NewOrder order) {
        if (order.quantity() < 1) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "quantity must be at least 1");
        }
        long number = shop.order(order.customerId(), order.productId(), order.quantity())
                .orElseThrow(
                        () -> new ResponseStatusException(HttpStatus.CONFLICT, "There is not enough of this product."));
        cache.forget(order.productId());
        return ResponseEntity.created(URI.create("/api/orders/" + number)).body(Map.of("id", number));
    }

    /** As slow as asked for, up to ten seconds, by a slow statement. */
    @GetMapping("/slow")
    Map<String, Double> slow(@RequestParam(defaultValue = "1") double seconds) {
        double bounded = Math.max(0, Math.min(seconds, 10));
        shop.sleep(bounded);
        return Map.of("slept", bounded);
    }

    /** Fails as asked for; 500 with a stack trace in the log. */
    @GetMapping("/error")
    void error(@RequestParam(defaultValue = "500") int status) {
        if (status == 500) {
            throw new IllegalStateException("This failure was asked for.");
        }
        throw new ResponseStatusException(HttpStatus.valueOf(Math.max(400, Math.min(status, 599))));
    }
}
