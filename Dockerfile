# Three images of one tree: `switchboard` (gateway, worker, reference CRM, commands) without Rasa, `rasa` (slots, actions),
# and `release` (the model with what it says), which every process gets from this one image: two builds of it differ.
# for one in switchboard rasa release; do docker build --target $one -t renji-$one .; done
# Linted, not built where it was written; pin the base images by digest in your registry.
FROM python:3.10-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements /requirements
RUN python -m venv /switchboard && \
    /switchboard/bin/pip install --no-deps --require-hashes -r /requirements/gateway.txt
# The requirements are complete, and Rasa's own pins contradict them: hence --no-deps.
RUN python -m venv /rasa && \
    /rasa/bin/pip install --use-pep517 --no-deps --require-hashes -r /requirements/bot.txt

FROM node:22-slim AS browser
WORKDIR /browser
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM packages AS trained
ENV RASA_TELEMETRY_ENABLED=false SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3 OMP_NUM_THREADS=1 RENJI_VAR=/release
WORKDIR /app
COPY . .
# Nothing in the model comes from the machine that builds.
RUN mkdir /release && /rasa/bin/python -m bot.release build && rm -f /release/releases/.lock

FROM python:3.10-slim-bookworm AS release
# What Compose's volume starts from, with its owner.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/renji
COPY --from=trained /release /app/release
USER 10001:10001
CMD ["cp", "-r", "/app/release/.", "/var/lib/renji/"]

FROM python:3.10-slim-bookworm AS base
# RENJI_SECRET_FILE is a path.
# hadolint ignore=DL3064
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
    RENJI_VAR=/var/lib/renji RENJI_SECRET_FILE=/run/secrets/renji/secret RASA_TELEMETRY_ENABLED=false
RUN groupadd --gid 10001 renji && useradd --uid 10001 --gid renji --home-dir /nonexistent --shell /usr/sbin/nologin renji && \
    install -d -o renji -g renji -m 0700 /var/lib/renji
WORKDIR /app
COPY . .
COPY --from=browser /browser/node_modules /app/node_modules
USER 10001:10001

FROM base AS switchboard
COPY --from=packages /switchboard /switchboard
ENV PATH=/switchboard/bin:$PATH
CMD ["python", "gateway.py"]

FROM base AS rasa
COPY --from=packages /rasa /rasa
ENV PATH=/rasa/bin:$PATH
CMD ["python", "-m", "bot.serve", "--slot", "a"]
