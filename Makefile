# Every target's line after ## is what `make help` prints.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The first Python that runs at all (a shim of pyenv may not); deploy/up.py then looks for 3.10 itself.
PYTHON3 = $(or $(shell for python in python3.10 python3 /usr/bin/python3; do \
	$$python -c "" 2>/dev/null && echo $$python && break; done),python3)
PY := .venv/bin/python
TESTS ?= tests
# Processes that share the tests; 0 runs them in one.
WORKERS ?= 2
# Compiling TensorFlow anew costs each Rasa process ten seconds.
unexport PYTHONDONTWRITEBYTECODE
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export OMP_NUM_THREADS := 1

.PHONY: help up down dev demo-reset train rolling-restart bundle test test-full test-setup test-light prepare-tests browser-files check lint-containers format bench report eval requirements

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Install what is missing, train, seed, start everything and wait until it answers
	@$(PYTHON3) deploy/up.py up

down: ## Stop everything; state is kept
	@$(PYTHON3) deploy/up.py down

dev: ## Like up, then reload code and wording when a file changes
	@$(PYTHON3) deploy/up.py dev

demo-reset: ## Stop and forget the demo's state; the environment stays
	@$(PYTHON3) deploy/up.py demo-reset

train: ## Build a release, training the model if its sources changed
	@$(PYTHON3) deploy/up.py train

rolling-restart: ## Replace every process but Redis by a new one while people go on writing
	@$(PYTHON3) deploy/up.py rolling-restart

bundle: ## One file in var/bundle that installs where there is no Internet: wheels, release, browser files
	@$(PYTHON3) deploy/up.py bundle

prepare-tests: ## Install what the tests need from the package indexes
	@$(PYTHON3) deploy/up.py prepare-tests

browser-files:
	@$(PYTHON3) deploy/up.py browser-files

test: prepare-tests ## All behaviour with small counts, 2 minutes of chaos, a browser (about 14 minutes)
	@bash deploy/with_postgresql.sh $(PY) -m pytest -n $(WORKERS) --durations 10 $(TESTS)

test-full: prepare-tests ## The same with an hour of chaos instead of two minutes, 10,000 interleavings and random dialogs, and drills
	@CHAOS_SECONDS=3600 STALLS=1 HISTORIES=500 CONFORMANCE=25 FOREIGN=1 ALL_IN_ENGLISH=1 INTERLEAVINGS=10000 CROSSINGS=10000 RULE_DIALOGS=10000 FAIL_OVERS=20 ALL_ON_CLUSTER=1 EVERY_DATABASE=1 UPGRADE=1 DRILLS=1 REPLACEMENTS=5 bash deploy/with_postgresql.sh $(PY) -m pytest $(TESTS) --timeout 7200

test-setup: ## Install what needs root or npm: Chromium, fonts, Redis, PostgreSQL, promtool, axe-core, Prism
	@bash deploy/test_setup.sh

test-light: ## Tests that need no Rasa, in an environment of their own; PYTHON=python3.13 picks the Python
	@bash deploy/test_light.sh

check: prepare-tests ## Format, lint, types, import directions, tests of the documents
	@bash deploy/check.sh

lint-containers: ## Lint Dockerfile, compose.yaml and the chart; nothing is run. Python 3.12 or newer
	@bash deploy/lint.sh

format: ## Format the code
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix --select I .

bench: ## Benchmarks; each prints a table with ratios. The first time stock Rasa learns for minutes
	@$(PY) -m bench.stock.project
	@set -e; for file in bench/*.py; do echo "== $$file"; $(PY) -m "bench.$$(basename "$$file" .py)"; done

report: ## Volume, containment, resolution and re-contact of the running installation
	@$(PY) -m console.reports

eval: ## What the bot understands of the evaluation sets
	@$(PY) -m tests.nlu.evaluate

requirements: ## Resolve requirements/*.in into hashed *.txt again
	@bash requirements/compile.sh
