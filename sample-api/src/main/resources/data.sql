-- A few rows for an empty database.
INSERT INTO shop.customer (name, email)
SELECT 'Customer ' || n, 'customer' || n || '@example.com' FROM generate_series(1, 20) n
WHERE NOT EXISTS (SELECT FROM shop.customer);

INSERT INTO shop.product (sku, name, description, attributes, price_cents, stock)
SELECT 'SKU-' || n, 'Product ' || n, 'The ' || n || 'th thing one did not know one needed.',
  jsonb_build_object('colour', (ARRAY['red', 'green', 'blue', 'größer'])[1 + n % 4], 'weight_g', n * 7 % 900), 99 + n * 13, 1000000
FROM generate_series(1, 50) n
WHERE NOT EXISTS (SELECT FROM shop.product);

INSERT INTO shop.manual (product_id, content)
SELECT id, lo_from_bytea(0, convert_to(repeat('Manual of ' || sku || E'.\n', 500), 'UTF8')) FROM shop.product WHERE id <= 5
AND NOT EXISTS (SELECT FROM shop.manual);
