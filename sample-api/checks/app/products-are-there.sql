-- The shop never sells fewer products than it began with.
-- at least: 50
SELECT count(*) FROM shop.product;
