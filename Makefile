# Everything a person or a machine does with this project. `make help` lists it.
# Needs GNU make, python3 3.11 or newer, and nothing else to run; `make lock` needs uv as well.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MYPY_CORE := -p models -p routing -p classifiers -p cases -p town -p bot.flows -p app
RUN_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11
# an index address of yours never gets into a lock, and a lock is the same wherever it is made

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev bulk browser run demo test soak check bench pictures sbom lock clean migration

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## make .venv and install what the program needs

bulk: $(VENV)/.installed ## setup, and what `python -m app bulk` needs for several processes or machines
	$(RUN_INSTALL) -r requirements-bulk.lock

run: $(VENV)/.installed ## start everything; Ctrl-C stops it
	@exec $(BIN)/python -m app up

demo: $(VENV)/.installed ## play Telegram without a token: program, simulator, both bots, scripted people; Ctrl-C stops all
	@exec $(BIN)/python -m simulator.demo $(ARGS)

setup-dev: $(VENV)/.installed-dev browser ## setup, and what tests and checks need

test: setup-dev ## all tests, two at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: setup-dev ## every promise in its full size, an hour and more; writes docs/reliability.json and .md
	SOAK=1 $(BIN)/python -m pytest -m promise $(ARGS)

check: $(VENV)/.installed-dev ## style, types, import directions, no unpickling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy $(MYPY_CORE)
	$(BIN)/lint-imports
	@! grep -rnE '^[[:space:]]*(import|from)[[:space:]]+(pickle|joblib|dill|cloudpickle|shelve|marshal)\b' \
		--include='*.py' classifiers cases bot web town routing models app simulator migrations benchmarks tests \
		|| { echo 'a model file could run code through these: use arrays'; exit 1; }

bench: $(VENV)/.installed-dev ## every figure of speed into benchmarks/results.json and docs/performance.md; half an hour, alone
	$(BIN)/python -m benchmarks.bench $(ARGS)

pictures: $(VENV)/.installed-dev ## the documents' screenshots, taken anew by the browser tests
	PICTURES=docs/pictures $(BIN)/python -m pytest tests/web tests/simulator/test_demo.py tests/cases/test_bulletin.py -q

sbom: $(VENV)/.installed ## what we run on, from the lock, as CycloneDX JSON: sbom.cdx.json
	$(BIN)/python -m app.sbom > sbom.cdx.json

lock: ## write the locks anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv: https://docs.astral.sh/uv/'; exit 1; }
	uv pip $(COMPILE) pyproject.toml -o requirements.lock
	uv pip $(COMPILE) pyproject.toml --extra bulk -c requirements.lock -o requirements-bulk.lock
	uv pip $(COMPILE) pyproject.toml --extra bulk --group dev -c requirements.lock -c requirements-bulk.lock -o requirements-dev.lock

migration: $(VENV)/.installed-dev ## a revision from the changed models: make migration NAME=0002_what_changed
	@test -n "$(NAME)" || { echo 'make migration NAME=0002_what_changed'; exit 1; }
	$(BIN)/python -m app.draft $(NAME)

clean: ## remove .venv and caches; your data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# Installed once; again when the lock changes.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed: make setup PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock | $(VENV)/bin/python
	$(RUN_INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(RUN_INSTALL) -r requirements-dev.lock
	@touch $@

# The browser tests drive a Chromium of the system, with a font that has Chinese.
browser:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then \
		echo 'browser: found'; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; \
	else \
		echo 'browser: none found; install chromium and fonts-noto-cjk, or the browser tests are skipped'; \
	fi
