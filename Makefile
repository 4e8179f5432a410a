# make help lists the targets. Everything goes into .venv; a second run installs nothing.
VENV ?= .venv
JOBS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))

# python3.12, python3.11 or python3: the first that runs, has venv and is 3.11 or 3.12
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c '$(FITS)' >/dev/null 2>&1 && { echo $$p; break; }; done)

COVER := --cov=riskwatch --cov-branch --cov-report=term:skip-covered --cov-fail-under=90
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -o faulthandler_timeout=600
TESTS ?=
BENCHES ?= montco911 likelihood throughput growth fairness_gate surge desk_load gauges
DETECTION ?= noufaily registers nab streams shapes compound busy around ablation

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast test-long lint format bench bench-detection lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.base ## install, simulate a county, replay it and print its alerts
	$(BIN)/riskwatch demo

serve: $(VENV)/.base ## open the page at http://127.0.0.1:8750
	$(BIN)/riskwatch serve

test: $(VENV)/.test ## run the whole suite; at least 90 % of the branches of riskwatch/
	$(PYTEST) $(COVER) $(TESTS)

test-fast: $(VENV)/.test ## run the suite without its slow tests and without coverage
	$(PYTEST) -m "not slow and not long" $(TESTS)

test-long: $(VENV)/.test ## run the long tests alone: 500 kills of the engine, 200 of the delivery; about an hour
	$(PYTEST) -m long $(TESTS)

lint: $(VENV)/.dev ## ruff, mypy and the import rule
	@failed=0; for tool in "ruff check ." "ruff format --check ." mypy lint-imports; do \
		echo "== $$tool"; $(BIN)/$$tool || failed=1; done; exit $$failed

format: $(VENV)/.dev ## let ruff format and repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test ## run the benchmarks; RISKWATCH_DATA names the folder of real records
	@for name in $(BENCHES); do echo "== $$name"; $(BIN)/python -m "benchmarks.$$name" || exit 1; done

bench-detection: $(VENV)/.test ## hold detection against the published and R's surveillance; an hour or two
	@for name in $(DETECTION); do echo "== $$name"; $(BIN)/python -m "benchmarks.detection.$$name" || exit 1; done

lock: ## make the locks anew from pyproject.toml (needs uv); the widest first, so that each layer fits the others
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile pyproject.toml locks/build.in --extra dev $(LOCK) -o locks/dev.txt
	uv pip compile pyproject.toml locks/build.in --extra test -c locks/dev.txt $(LOCK) -o locks/test.txt
	uv pip compile pyproject.toml locks/build.in -c locks/test.txt $(LOCK) -o locks/base.txt

LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -q

clean: ## remove .venv and what was built; a store is never touched
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
	rm -rf .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# --- layers of one environment; each stamp says that its lock is installed -----------------------

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "riskwatch needs Python 3.11 or 3.12 with venv and pip; install one \
	(on Debian: python3 and python3-venv), or name it: make demo PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c '$(FITS)' || { echo "$(PYTHON) is not Python 3.11 or 3.12 with venv and pip; \
	name another: make demo PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: locks/base.txt pyproject.toml | $(VENV)/.python
	@echo "installing the base layer into $(VENV): about 650 MB, half a minute to a few minutes"
	$(PIP) --require-hashes -r locks/base.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: locks/test.txt $(VENV)/.base
	$(PIP) --require-hashes -r locks/test.txt
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.test
	$(PIP) --require-hashes -r locks/dev.txt
	@touch $@
