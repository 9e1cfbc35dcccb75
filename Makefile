# Each target does its own set-up: a fresh machine needs Python 3.11, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST_ARGS ?=

.PHONY: setup demo test test-browser pictures lint bench crashes year faults messages format coverage locks clean

setup: $(STAMP)

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Perennial needs Python 3.11 or newer.")'
	@echo "Setting up $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python tests/demo/install.py requirements/dev.txt
	@touch $(STAMP)

# Site, worker, an emulator of Instagram and a mailbox on this machine, until Ctrl-C. RESET=1 starts afresh.
demo: $(STAMP)
	@RESET='$(RESET)' exec $(BIN)/python -m tests.demo

# On PostgreSQL: DATABASE_URL=postgres://user:password@host/name make test
test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# In the system's Chromium, or the one that CHROMIUM names; pictures of every page go to .artifacts/browser/,
# unless PICTURES=0.
test-browser: $(STAMP)
	$(BIN)/python -m pytest tests/browser -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Takes the pictures of README.md anew, on its walk through a demo.
pictures: $(STAMP)
	$(BIN)/python -m tests.browser.pictures

# The suite with branch coverage; fails where less than 95 % of tokens/ is covered.
coverage: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term $(PYTEST_ARGS)
	$(BIN)/coverage report --include='tokens/*' --fail-under=95 --format=total

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

# How fast refreshing is here and now: docs/performance.md. BENCH=full takes an hour and measures all; BENCH_DATABASE_URL
# names a database of PostgreSQL that is made for the run and dropped after it.
bench: $(STAMP)
	@BENCH='$(BENCH)' exec $(BIN)/python -m tests.benchmarks

# A year of 10,000 connections in virtual time, through outages, limits and idle workers: docs/simulated-year.md. YEAR
# takes options of the command, such as YEAR='--connections 1000 --seed 2'.
year: $(STAMP)
	@exec $(BIN)/python -m tests.year $(YEAR)

# Ten thousand connection-months in which one call in twenty meets a fault that passes: does any end that lives?
# FAULTS takes options of the command.
faults: $(STAMP)
	@exec $(BIN)/python -m tests.year --connections 834 --faults 0.05 --seconds 600 \
		--result .artifacts/faults.json $(FAULTS)

# Kills workers, and takes away what they stand on, while they refresh: docs/reliability.md. CRASHES=full takes longer;
# CRASHES_ARGS names scenarios and more, as python -m tests.crashes --help has it.
crashes: $(STAMP)
	@CRASHES='$(CRASHES)' exec $(BIN)/python -m tests.crashes $(CRASHES_ARGS)

# After words for creators or mails have changed: gathers them into locale/, compiles, and names what is untranslated.
messages: $(STAMP)
	$(BIN)/python -m tests.messages

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes the hash-pinned locks from the ranges in pyproject.toml; needs uv.
locks:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/base.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra dev -c requirements/base.txt pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) .demo .artifacts .tests.sqlite3* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
