package dev.sample.shop;

/** @param attributes a JSON object, as text */
record Product(long id, String sku, String name, String description, String attributes, int priceCents, int stock) {}
