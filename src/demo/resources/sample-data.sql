-- Rows enough that a backup takes seconds and not milliseconds; contents that compress like real ones, not like filler.
INSERT INTO shop.customer (name, email, joined_at)
SELECT (ARRAY['Ana', 'Björn', 'Chloé', 'Dmitri', '恵子', 'Zoë'])[1 + n % 6] || ' ' || initcap(substr(md5(n::text), 1, 9)),
  'customer' || n || '@example.com', timestamptz '2020-01-01 00:00Z' + n * interval '83 minutes'
FROM generate_series(1, 20000) n;

INSERT INTO shop.product (sku, name, description, attributes, price_cents, stock)
SELECT 'SKU-' || n, 'Product ' || n,
  (SELECT string_agg(md5((n * 31 + w)::text), ' ') FROM generate_series(1, 12) w),
  jsonb_build_object('colour', (ARRAY['red', 'green', 'blue', 'größer'])[1 + n % 4], 'weight_g', n * 7 % 900,
    'tags', jsonb_build_array(substr(md5(n::text), 1, 6), 'sample'), 'size', jsonb_build_object('w', n % 90, 'h', n % 70)),
  99 + n * 13 % 90000, 1000000
FROM generate_series(1, 5000) n;

INSERT INTO shop.orders (customer_id, placed_at, note)
SELECT 1 + n * 7919 % 20000, timestamptz '2024-01-01 00:00Z' + n * interval '17 minutes',
  CASE WHEN n % 5 = 0 THEN E'Leave it at the door,\nbell is broken; tab\there. ' || md5(n::text) END
FROM generate_series(1, 40000) n;

INSERT INTO shop.order_line (order_id, product_id, quantity, price_cents)
SELECT o.id, 1 + (o.id * 13 + l * 101) % 5000, 1 + (o.id + l) % 4, 99 + (o.id * l) % 90000
FROM shop.orders o CROSS JOIN generate_series(1, 3) l;

-- Large objects of 100 KB that do not compress.
INSERT INTO shop.manual (product_id, content)
SELECT n, lo_from_bytea(0, (SELECT decode(string_agg(md5((n * 10000 + b)::text), ''), 'hex') FROM generate_series(1, 6250) b))
FROM generate_series(1, 40) n;
