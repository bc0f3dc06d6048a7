# `make` lists the targets.

PYTHON ?= python3
# With this variable every process that a test starts compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE
UV := 0.13.9
BIN := .venv/bin
STACK ?= deploy/compose/compose.yaml
COMPOSE = $(if $(shell docker compose version 2>/dev/null),docker compose,docker-compose) --project-name loa --file $(STACK)
INSTALLED := .venv/.installed
# Two processes, each with engines of its own. The tests of one file run in one process, in the order of the files, so the
# long ones (e2e) run early. `PARALLEL=` runs all in one process.
PARALLEL ?= -n 2 --dist loadfile --no-loadscope-reorder
QUICK := not container and not browser and not office and not chaos and not slow
# Imported during installation, so that the modules are compiled before the first start.
WARM := import deploy.cli.operate.up, services.registry.app, services.campaigns.app, services.metrics.app, services.notifier.app
LOCK := uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--all-extras --group dev pyproject.toml -o requirements.lock

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast test-slow test-all e2e check security types lint format bench bench-large sample lock images stack stack-down image-base screenshots clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## create .venv from requirements.lock, if that changed

run: setup ## start everything on this machine, with both samples
	@$(BIN)/loa up --demo

test: setup ## run all tests that need no container engine, browser or office program
	@$(BIN)/pytest $(PARALLEL) -m "$(QUICK)"

test-fast: setup ## run unit and contract tests: no broker or database, under a minute
	@$(BIN)/pytest $(PARALLEL) --dist load tests/unit tests/contract -m "$(QUICK)"

test-slow: setup ## run whole platforms, outages, simulations and checks by other projects' tools, which `make test` leaves out
	@$(BIN)/pytest $(PARALLEL) -m "slow and not container and not browser and not office and not chaos"

test-all: setup ## run every test: slow ones, containers, browser, LibreOffice and chaos too
	@$(BIN)/pytest

e2e: setup ## run the tests of the whole platform, started as a user starts it
	@$(BIN)/pytest tests/e2e -m "not container and not browser and not office and not chaos"

check: lint types ## run before a commit: lint, formatting, types, layers

lint: setup ## ruff, formatting, import-linter
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-logo

security: setup ## bandit, and known vulnerabilities of the dependencies (where a database is reachable)
	@.ci/security

types: setup ## mypy --strict, tests included
	@$(BIN)/mypy

format: setup ## format the code and fix what ruff can fix
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup ## print one table: Loa beside its limits and peers (some five minutes; WRITE=1 keeps it in tests/bench/RESULTS.md)
	@$(BIN)/python -m tests.bench.table $(if $(WRITE),--write)

bench-large: setup ## the same with 100,000 drafts and a draft of 50,000 communications (half an hour)
	@$(BIN)/python -m tests.bench.table --large $(if $(WRITE),--write)

sample: setup ## write today's exercise office to .loa/exercise, in the import format
	@$(BIN)/python -m deploy.sample.exercise .loa/exercise

lock: setup ## resolve the newest dependencies into requirements.lock
	@$(BIN)/$(LOCK) --upgrade --quiet

images: setup ## build every image, or those of IMAGES="registry cli"
	@$(BIN)/python -m deploy.image.build $(IMAGES)

stack: setup ## build and start the platform in containers, and wait until it is ready (STACK=deploy/compose/cluster.yaml: replicas; SERVICES="registry": only these)
	@$(BIN)/python -m deploy.compose.start $(STACK) $(SERVICES)

stack-down: ## stop the platform in containers; the data stay in their volumes
	@$(COMPOSE) down

image-base: ## build a base image where no image registry is reachable (root, debootstrap)
	@deploy/image/base

screenshots: setup ## take pictures of every page of metrics, wide and narrow, in both languages, into .screenshots
	@$(BIN)/python -m tests.support.screenshots

clean: ## remove .venv and caches; data in .loa stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Cần Python 3.11 trở lên / Python 3.11 or newer is needed (PYTHON=… make)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python này thiếu venv: cài gói python3-venv rồi chạy lại / this Python lacks venv: install the package python3-venv and run again."; exit 1; }
	@$(PYTHON) -m venv --without-pip .venv

# uv is fast; if it cannot reach the packages that pip reaches, pip installs them.
$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Đang cài đặt / installing…"
	@set -e; pip="$(PYTHON) -m pip --quiet --disable-pip-version-check --python $(BIN)/python"; \
	$$pip --version >/dev/null 2>&1 \
		|| { $(BIN)/python -m ensurepip >/dev/null; pip="$(BIN)/python -m pip --quiet --disable-pip-version-check"; }; \
	$$pip install uv==$(UV); \
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock \
		|| $$pip install --require-hashes -r requirements.lock; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c '$(WARM)'
	@touch $@
