-- An order without a line was lost half way.
-- expect: 0
SELECT count(*)
FROM shop.orders o
WHERE NOT EXISTS (SELECT FROM shop.order_line l WHERE l.order_id = o.id);
