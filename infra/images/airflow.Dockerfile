# Airflow with this project's DAGs and plugins, for docker-compose and any Airflow that runs images.
# Amazon MWAA needs no image: it takes the same folders from S3.
#
#     docker build -f infra/images/airflow.Dockerfile -t emmaa-airflow .
#
# The base is pinned by digest, for linux/amd64 and linux/arm64, and dependabot renews it. Another one:
# --build-arg PYTHON_IMAGE=…
ARG PYTHON_IMAGE=pinned

FROM docker.io/library/python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b AS pinned

FROM ${PYTHON_IMAGE} AS environment
ARG UV_VERSION=0.13.9
ENV UV_PYTHON=/usr/local/bin/python \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/venv \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1
RUN python -m venv /opt/tools && /opt/tools/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /opt/emmaa
COPY pyproject.toml uv.lock ./
RUN /opt/tools/bin/uv sync --locked --no-default-groups --group postgres --no-install-project

# A clone's umask must not decide who can read the code in the image.
FROM ${PYTHON_IMAGE} AS sources
WORKDIR /sources
COPY infra/images/airflow_health.py infra/images/airflow_login.py ./
COPY plugins plugins
COPY dags dags
RUN chmod -R u=rwX,go=rX .

FROM ${PYTHON_IMAGE} AS airflow
RUN useradd --no-log-init --uid 10001 --create-home emmaa \
    && install --directory --owner emmaa --group emmaa \
        /var/lib/emmaa /var/lib/airflow /var/lib/airflow/logs
COPY --from=environment /opt/venv /opt/venv
WORKDIR /opt/emmaa
COPY --from=sources /sources ./
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/home/emmaa \
    AIRFLOW_HOME=/var/lib/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/emmaa/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/emmaa/plugins \
    AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX=regexp \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/lib/airflow/logs \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="emmaa-airflow" \
      org.opencontainers.image.description="Airflow with EMMAA's DAGs" \
      org.opencontainers.image.licenses="BSD-2-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=6 \
    CMD ["python", "airflow_health.py"]
ENTRYPOINT ["airflow"]
CMD ["version"]
