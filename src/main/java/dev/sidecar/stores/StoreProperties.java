package dev.sidecar.stores;

import dev.sidecar.secrets.Secret;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the stores.
 *
 * @param directory directory of the local store; empty for none
 * @param s3 the bucket; used if its name is set
 */
@ConfigurationProperties("sidecar.backup")
record StoreProperties(
        @DefaultValue("backups") String directory,
        @DefaultValue S3 s3) {

    /**
     * Settings of a bucket, of S3 or of a server that speaks its protocol.
     *
     * @param bucket its name; blank for none
     * @param endpoint address of the server; blank for Amazon's own
     * @param region such as eu-central-1
     * @param accessKey blank to use the credentials in the environment of the process
     * @param secretKey the secret of the access key
     * @param prefix before every key, such as {@code backups/}
     */
    record S3(
            @DefaultValue("") String bucket,
            @DefaultValue("") String endpoint,
            @DefaultValue("us-east-1") String region,
            @DefaultValue("") String accessKey,
            @Nullable Secret secretKey,
            @DefaultValue("") String prefix) {}
}
