# make run    a working suite with a demonstration, on this machine alone
# make test   every check and every test, exactly what CI runs
# Needs Python 3.11 or later and make. Nothing is installed outside .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
WORKERS ?= 5
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CODE = $(wildcard parcours services shared tests benchmarks)

# Some machines say that Python is to keep no bytecode. Tests start hundreds of processes: without it each compiles all of
# parcours again, which is a fifth of the CPU of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: env run test tests lint format bench soak conformance contract lock clean

env: $(STAMP)

$(STAMP): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "No Python found. parcours needs Python 3.11 or later: install it, or name one: make env PYTHON=/path/to/python3"; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$("$(PYTHON)" --version 2>&1), parcours needs Python 3.11 or later: make env PYTHON=/path/to/python3.11"; exit 2; }
	@echo "1/3 $(VENV) with $$("$(PYTHON)" --version)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 2; }
	@echo "2/3 libraries of requirements.lock (about 200 MB, once)"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	@echo "3/3 parcours itself"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input --quiet --no-build-isolation --no-deps -e .
	@touch $(STAMP)
	@echo "Ready: $(BIN)/parcours --help"

# One simple command: make runs it without a shell in between, so Ctrl-C and SIGTERM reach it and make waits for its end.
run: env
	@$(BIN)/parcours up --demo

# A file of tests stays in one worker, with the servers it starts; much of their time is spent waiting. In the order of
# their folders: those with processes and brokers begin first, so that no worker is left with a long one at the end.
# The checks run beside them: they take one processor, and tests wait for much else than processors.
test: env
	@$(MAKE) --no-print-directory -j 2 lint tests

tests: env
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: env
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: env
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

soak: env
	$(BIN)/python -m pytest -m soak --timeout 0 $(PYTEST_ARGS)

conformance: env
	$(BIN)/python -m tests.services.agrement.cases.page

contract: env
	$(BIN)/parcours contract docs/contract

# Needs the package index. Review the difference before it is committed.
lock:
	"$(PYTHON)" -m venv .lock && .lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	.lock/bin/pip-compile --quiet --generate-hashes --strip-extras --all-extras --no-header --no-annotate --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links $(LOCK_ARGS) --output-file requirements.lock pyproject.toml
	rm -rf .lock

# Data in .parcours stays: it may be somebody's.
clean:
	rm -rf $(VENV) .lock build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
