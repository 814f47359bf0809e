# The Batch jobs' image, and on top of it the embedded AWS that runs them on a person's machine.
#
#     docker build -f infra/images/jobs.Dockerfile --target jobs -t emmaa-jobs .
#
# All that a job needs is in the image: nothing is downloaded, and no code is fetched, at run time.
# The base is pinned by digest, for linux/amd64 and linux/arm64, and dependabot renews it. Another one:
# --build-arg PYTHON_IMAGE=…
ARG PYTHON_IMAGE=pinned

FROM docker.io/library/python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b AS pinned

FROM ${PYTHON_IMAGE} AS tools
ARG UV_VERSION=0.13.9
ENV UV_PYTHON=/usr/local/bin/python \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1
RUN python -m venv /opt/tools && /opt/tools/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /opt/emmaa

FROM tools AS environment
COPY scripts/pyproject.toml scripts/uv.lock scripts/
ENV UV_PROJECT_ENVIRONMENT=/opt/venv
RUN /opt/tools/bin/uv sync --project scripts --locked --no-default-groups --no-install-project \
    && printf '/opt/emmaa/plugins\n/opt/emmaa/scripts\n' \
        > "$(/opt/venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/emmaa.pth"

FROM environment AS resources
# The modules of the build alone, so that a change of the jobs does not build the ontology anew.
COPY plugins/emmaa_cycle plugins/emmaa_cycle
COPY scripts/prepare_resources.py scripts/
COPY scripts/emmaa_jobs/*.py scripts/emmaa_jobs/
COPY scripts/emmaa_jobs/commands scripts/emmaa_jobs/commands
COPY scripts/emmaa_jobs/indra_setup scripts/emmaa_jobs/indra_setup
ARG ONTOLOGY=mini
RUN /opt/venv/bin/python scripts/prepare_resources.py --root /opt/resources \
        --ontology "${ONTOLOGY}"

# A clone's umask must not decide who can read the code in the image.
FROM ${PYTHON_IMAGE} AS sources
WORKDIR /sources
COPY infra/images/smoke.py jobs/
COPY plugins/emmaa_cycle jobs/plugins/emmaa_cycle
COPY scripts/*.py jobs/scripts/
COPY scripts/emmaa_jobs jobs/scripts/emmaa_jobs
COPY infra local/infra
COPY lambdas local/lambdas
RUN chmod -R u=rwX,go=rX .

FROM ${PYTHON_IMAGE} AS jobs
# BioNetGen is a Perl program, and the slim image's perl-base lacks modules that it uses; the
# graphviz that pygraphviz bundles needs GLib and X11's libraries, and INDRA needs pygraphviz.
# Debian keeps no old versions of a package, so a pinned one would stop building.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libglib2.0-0 libx11-6 libxext6 libxrender1 perl \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --no-log-init --uid 10001 --create-home emmaa \
    && install --directory --owner emmaa --group emmaa /var/lib/emmaa /var/lib/emmaa-aws
# The layers follow how often they change: environment, resources, code.
COPY --from=environment /opt/venv /opt/venv
# Libraries make folders of their own beside the resources when they are imported.
COPY --from=resources --chown=10001:10001 /opt/resources /opt/resources
WORKDIR /opt/emmaa
COPY --from=sources /sources/jobs ./
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/home/emmaa \
    PYSTOW_HOME=/opt/resources/pystow \
    INDRA_RESOURCES=/opt/resources/indra \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG ONTOLOGY=mini
LABEL org.opencontainers.image.title="emmaa-jobs" \
      org.opencontainers.image.description="EMMAA's Batch jobs on INDRA" \
      org.opencontainers.image.licenses="BSD-2-Clause" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      bio.indra.emmaa.ontology="${ONTOLOGY}"
# A job ends by itself, and Batch asks for no health: its exit code says how it was. What is checked
# is the image, by its command.
HEALTHCHECK NONE
CMD ["python", "smoke.py"]

FROM tools AS local-environment
COPY pyproject.toml uv.lock ./
ENV UV_PROJECT_ENVIRONMENT=/opt/local-venv
RUN /opt/tools/bin/uv sync --locked --no-default-groups --only-group local --no-install-project \
    && printf '/opt/emmaa\n/opt/emmaa/plugins\n' \
        > "$(/opt/local-venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/emmaa.pth"

FROM jobs AS local
COPY --from=local-environment /opt/local-venv /opt/local-venv
COPY --from=sources /sources/local ./
LABEL org.opencontainers.image.title="emmaa-local-aws" \
      org.opencontainers.image.description="An AWS in one container that runs EMMAA's jobs"
EXPOSE 5555
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=5 \
    CMD ["/opt/local-venv/bin/python", "-m", "infra.compose.aws_health"]
CMD ["/opt/local-venv/bin/python", "-m", "infra.compose.aws", "--host", "0.0.0.0", \
     "--jobs-directory", "/opt/emmaa", "--jobs-bin", "/opt/venv/bin", \
     "--state-directory", "/var/lib/emmaa-aws"]
