# The sidecar, built from source: a fresh clone needs Docker and nothing else.
#
# It is built on the image of the staging database, to have server and client programs of exactly that major: it takes
# backups with that pg_dump and proves them by a restore into a scratch server of that postgres. Java is copied in.

# Versions: docker-compose.staging.yml passes its own pin of PostgreSQL; Java: https://adoptium.net/support, the LTS line;
# Maven: https://maven.apache.org/download.cgi, the 3.9 line
ARG POSTGRES_IMAGE=postgres:18.6
# Extensions that the databases use, by the package name after postgresql-<major>-: backups are restored in here, too.
ARG POSTGRES_EXTENSIONS=pgaudit
ARG BUILD_IMAGE=maven:3.9-eclipse-temurin-25
ARG JRE_IMAGE=eclipse-temurin:25-jre

FROM ${JRE_IMAGE} AS jre

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY pom.xml ./
COPY src/main src/main
COPY docs/runbooks docs/runbooks
COPY prometheus/rules prometheus/rules
COPY grafana grafana
RUN --mount=type=cache,target=/root/.m2 \
    mvn --batch-mode --no-transfer-progress package -Dmaven.test.skip=true \
    && java -Djarmode=tools -jar target/observability-sidecar.jar extract --layers --destination /layers
COPY docker/gateway-jar /usr/local/bin/
RUN gateway-jar /layers/application /layers/dependencies/lib
# The compression library, unpacked here: at run time there is no directory that is both writable and executable.
RUN case "$(uname -m)" in x86_64) arch=amd64 ;; *) arch=$(uname -m) ;; esac \
    && mkdir -p /native/unpacked && cd /native/unpacked \
    && jar xf "$(find /layers -name 'zstd-jni-*.jar')" "linux/$arch" \
    && mv "linux/$arch"/libzstd-jni-*.so /native/libzstd-jni.so && rm -r /native/unpacked

# Only the files of these packages are taken, as for the database's own image (postgres/Dockerfile).
FROM ${POSTGRES_IMAGE} AS extensions
ARG POSTGRES_EXTENSIONS
RUN apt-get update \
    && cd /tmp \
    && for extension in $POSTGRES_EXTENSIONS; do apt-get download "postgresql-$PG_MAJOR-$extension" || exit 1; done \
    && for package in postgresql-*.deb; do \
           dpkg-deb --extract "$package" /extensions \
           && dpkg-deb --show --showformat '${Package} ${Version} ${Architecture}\n' "$package" >>/extensions/packages || exit 1; \
       done
# pgBackRest with the one library that the database's image lacks.
RUN mkdir /tmp/pgbackrest && cd /tmp/pgbackrest \
    && apt-get download pgbackrest $(apt-cache depends pgbackrest | sed -n 's/.*Depends: \(libssh2-1[a-z0-9]*\)$/\1/p') \
    && for package in *.deb; do \
           dpkg-deb --extract "$package" /pgbackrest \
           && dpkg-deb --show --showformat '${Package} ${Version} ${Architecture}\n' "$package" >>/extensions/packages || exit 1; \
       done

FROM ${POSTGRES_IMAGE}
COPY --from=extensions /extensions/usr/lib/postgresql/ /usr/lib/postgresql/
COPY --from=extensions /extensions/usr/share/postgresql/ /usr/share/postgresql/
COPY --from=extensions /pgbackrest/usr/bin/ /usr/bin/
COPY --from=extensions /pgbackrest/usr/lib/*-linux-gnu/ /usr/local/lib/
RUN ldconfig && /usr/bin/pgbackrest version
COPY --from=jre /opt/java/openjdk /opt/java/openjdk
ENV JAVA_HOME=/opt/java/openjdk \
    PATH=/opt/java/openjdk/bin:$PATH

# One directory of secrets per service. The volumes that preflight writes copy them: the owner is the
# sidecar, the group is the service's, and the set-group-id bit hands the group on to every file. So preflight needs
# neither root nor a capability. Names and numbers: docker-compose.staging.yml.
RUN groupadd --gid 10010 sidecar \
    && useradd --uid 10010 --gid 10010 --home-dir /var/lib/sidecar --no-create-home --shell /usr/sbin/nologin sidecar \
    && install -d -o sidecar -g sidecar -m 0750 /var/lib/sidecar /var/lib/sidecar/backups \
    && install -d -o sidecar -g sidecar -m 0700 /var/lib/sidecar-signing /var/lib/pgbackrest /var/lib/pitr-beside /run/pitr-beside \
    && install -d -o sidecar -g sidecar -m 0755 /var/lib/sidecar-hosts \
    && useradd --uid 10011 --user-group --home-dir /var/lib/prover --no-create-home --shell /usr/sbin/nologin prover \
    && install -d -o prover -g sidecar -m 2750 /run/prover \
    && install -d -o prover -g prover -m 0700 /var/lib/prover \
    && install -m 0711 /bin/dash /usr/local/bin/prover-shell \
    && install -d -m 0755 /run/secrets /run/config \
    && for volume in secrets/postgres:999 secrets/redis:1000 secrets/api:10020 secrets/sidecar:10010 secrets/gateway:10030 secrets/relay:10031 secrets/nginx:101 \
           secrets/grafana:472 secrets/prometheus:65534 secrets/alertmanager:65534 secrets/postgres-exporter:65534 \
           secrets/redis-exporter:59000 secrets/nginx-exporter:1001 secrets/node-exporter:65534 secrets/blackbox-exporter:65534 \
           secrets/pitr-archive:10010 secrets/pitr-source:999 secrets/pitr-beside:10010 config/prometheus:65534 config/prometheus/rules:65534 \
           config/prometheus/targets:65534 config/alertmanager:65534 config/alertmanager/templates:65534 config/grafana:472; do \
           install -d -o sidecar -g "${volume#*:}" -m 2750 "/run/${volume%:*}"; \
       done

# The parts that change least come first, so that an upgrade of the sidecar alone changes one small layer.
WORKDIR /app
COPY --from=build /layers/dependencies/ ./
COPY --from=build /layers/spring-boot-loader/ ./
COPY --from=build /layers/snapshot-dependencies/ ./
COPY --from=build /native/ native/
COPY --from=build /layers/application/ ./
COPY docker/sidecar docker/healthy docker/prover docker/beside docker/sbom postgres/pgbackrest /usr/local/bin/
COPY --from=extensions /extensions/packages ./
RUN sbom packages >image.cdx.json

# Small on purpose; the figures are in RATIONALE.md. One arena: glibc otherwise keeps one per thread and core, and of two the second cost
# 25 MiB that were never used again. Memory that the compiler used is returned every half a minute: glibc would keep it. The archives of
# classes lie where they were made for, so that their pages stay the file's. The gateway's live data are some 10 MB; without its limit one
# method's compilation takes 30 MiB.
ENV MALLOC_ARENA_MAX=1 \
    SIDECAR_JVM="-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -Xmx128m -XX:MaxNewSize=12m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=25 -Xss512k -XX:MaxMetaspaceSize=160m -XX:ReservedCodeCacheSize=64m -XX:MaxDirectMemorySize=32m -XX:TrimNativeHeapInterval=30000 -XX:+ExitOnOutOfMemoryError -Dsun.net.inetaddr.ttl=5 -Dsun.net.inetaddr.negative.ttl=1 --enable-native-access=ALL-UNNAMED -DZstdNativePath=/app/native/libzstd-jni.so -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -XX:AOTCache=/app/sidecar.aot" \
    COMMAND_JVM="-XX:TieredStopAtLevel=1 -XX:AOTCache=/app/command.aot" \
    PROVER_JVM="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx32m -Xss256k -XX:ReservedCodeCacheSize=16m" \
    GATEWAY_JVM="-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:CompileCommand=quiet -XX:CompileCommand=memlimit,*.*,4M -Xmx32m -Xmn6m -Xss256k -XX:MaxMetaspaceSize=64m -XX:ReservedCodeCacheSize=24m -XX:MaxDirectMemorySize=32m -XX:TrimNativeHeapInterval=10000 -XX:+ExitOnOutOfMemoryError -Dsun.net.inetaddr.ttl=5 -Dsun.net.inetaddr.negative.ttl=1 --enable-native-access=ALL-UNNAMED -Dio.netty.jfr.enabled=false -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -XX:AOTCache=/app/gateway.aot"

# A cache of the classes of one start, linked and laid out: later starts read it.
RUN SIDECAR_JVM="${SIDECAR_JVM%-XX:AOTCache=*}-XX:AOTCacheOutput=/app/sidecar.aot -Dspring.context.exit=onRefresh" sidecar
# The commands' own, of one that finds no backup; and what their help prints.
RUN SIDECAR_JVM="${SIDECAR_JVM%-XX:AOTCache=*}" COMMAND_JVM="${COMMAND_JVM%-XX:AOTCache=*}-XX:AOTCacheOutput=/app/command.aot" \
    SIDECAR_BACKUP_DIRECTORY=/tmp sidecar list --json \
    && java -cp observability-sidecar.jar dev.sidecar.commands.HelpFiles help
# The gateway's own, of a run under load: it also holds what the methods were seen to do, which the second compiler then need not wait for. Its
# own health stands for the API; 16 clients send their requests without waiting for the answers.
RUN GATEWAY_JVM="${GATEWAY_JVM%-XX:AOTCache=*}-XX:AOTCacheOutput=/app/gateway.aot" SIDECAR_GATEWAY_UPSTREAM=http://127.0.0.1:8001 \
    bash -c 'client() { exec 3<>/dev/tcp/127.0.0.1/8000; requests >&3 & [ "$(grep -c "HTTP/1.1 200" <&3)" = 4001 ]; }; \
        requests() { for _ in $(seq 4000); do printf "$get\r\n"; done; printf "${get}Connection: close\r\n\r\n"; }; \
        get="GET /actuator/health HTTP/1.1\r\nHost: gateway\r\nUser-Agent: build\r\n"; \
        sidecar gateway >/dev/null & gateway=$!; until healthy 8001; do sleep 1; done; \
        clients=; for _ in $(seq 16); do client & clients="$clients $!"; done; for c in $clients; do wait $c || exit 1; done; \
        kill $gateway; wait $gateway; test -s /app/gateway.aot'

# Who may reach the port is decided where it is published; the sidecar answers only to the host names of SIDECAR_ACCESS_HOSTS.
ENV SERVER_ADDRESS=0.0.0.0
USER sidecar
WORKDIR /var/lib/sidecar
VOLUME ["/var/lib/sidecar"]
EXPOSE 8000 8001 8080
STOPSIGNAL SIGTERM
# A start takes seconds; the limit allows for a busy machine. Checks run every second while starting, then rarely: each one is a
# process.
HEALTHCHECK --interval=30s --timeout=5s --retries=3 --start-period=180s --start-interval=1s CMD ["healthy"]
ENTRYPOINT ["sidecar"]
CMD []
