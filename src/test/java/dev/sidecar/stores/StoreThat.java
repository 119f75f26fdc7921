package dev.sidecar.stores;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.OptionalLong;

/** A store with something wrong with it: a test overrides what is. */
public class StoreThat implements Store {

    private final Store store;

    public StoreThat(Store store) {
        this.store = store;
    }

    @Override
    public String name() {
        return store.name();
    }

    @Override
    public Upload create(String key) throws IOException {
        return store.create(key);
    }

    @Override
    public InputStream open(String key) throws IOException {
        return store.open(key);
    }

    @Override
    public List<Stored> list(String prefix) throws IOException {
        return store.list(prefix);
    }

    @Override
    public boolean delete(String key) throws IOException {
        return store.delete(key);
    }

    @Override
    public OptionalLong freeBytes() throws IOException {
        return store.freeBytes();
    }

    @Override
    public void check() throws IOException {
        store.check();
    }

    @Override
    public void sweep(String prefix) throws IOException {
        store.sweep(prefix);
    }
}
