# One image for every service; the command chooses which runs: `kap api intake`, `kap worker intake`.
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS build
WORKDIR /build
COPY requirements/runtime.txt .
RUN python -m venv --without-pip /opt/kap \
 && python -m pip --python /opt/kap/bin/python install --no-cache-dir --disable-pip-version-check \
      --root-user-action ignore --require-hashes -r runtime.txt
COPY cli /app/cli
COPY services /app/services
COPY shared /app/shared
COPY deploy/health.py /app/health.py
# The checkout's own launcher finds the packages in the same way: one line names their folder.
RUN for packages in /opt/kap/lib/python3*/site-packages; do echo /app >"$packages/kap.pth"; done \
 && printf '%s\n' '#!/bin/sh' 'exec /opt/kap/bin/python -m cli.main "$@"' >/opt/kap/bin/kap \
 && chmod 0755 /opt/kap/bin/kap \
 && find /app -name __pycache__ -prune -exec rm -rf {} + \
 && chmod -R u=rwX,go=rX /app \
 && /opt/kap/bin/python -m compileall -q -j 0 /app

FROM ${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="KAP Network" \
      org.opencontainers.image.description="The platform that networks of ketamine-assisted psychotherapy clinics run on" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A volume first mounted at /run/kap, where secrets are read from, takes owner and mode from here.
RUN groupadd --gid 10001 kap \
 && useradd --uid 10001 --gid kap --no-create-home --home-dir /tmp --shell /usr/sbin/nologin kap \
 && install -d -o kap -g kap -m 0755 /run/kap
COPY --from=build /opt/kap /opt/kap
COPY --from=build /app /app
# Only /tmp needs to be writable.
ENV PATH=/opt/kap/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1
WORKDIR /app
USER 10001:10001
EXPOSE 8000 9000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=4 CMD ["python", "health.py"]
ENTRYPOINT ["kap"]
CMD ["--help"]
