# What a user and CI run. Everything lives in .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
TESTS ?=

.PHONY: demo check test slow reliability safety bench format snapshots screenshots man findings parity clean

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

demo: $(VENV)/ready
	$(BIN)/pg-rekey demo $(ARGS)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" $(TESTS)

slow: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow $(TESTS)

# Every fault at every moment, and COMMIT in flight a hundred times; writes the page of docs/.
reliability: $(VENV)/ready
	RELIABILITY=docs/reliability.md $(BIN)/python -m pytest -n 2 --dist worksteal tests/faults/test_matrix.py tests/faults/test_commit_in_flight.py $(TESTS)

# Every walk of somebody who tries to do harm; writes the page of docs/.
safety: $(VENV)/ready
	SAFETY=docs/safety.md $(BIN)/python -m pytest -n 2 --dist worksteal tests/walks $(TESTS)

# How the time grows with the catalog; takes minutes.
bench: $(VENV)/ready
	$(BIN)/python -m tests.bench.catalog_size
	$(BIN)/python -m tests.bench.foreign_keys
	$(BIN)/python -m tests.bench.revisions

format: $(VENV)/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Accept what the screens look like now. Look at the pictures first.
snapshots: $(VENV)/ready
	$(BIN)/python -m pytest tests/screens --snapshot-update

screenshots: $(VENV)/ready
	$(BIN)/python scripts/screenshots.py docs/pictures

# What the command line says of itself: the man page, and the pages of --help.
man: $(VENV)/ready
	$(BIN)/python scripts/man_page.py docs/pg-rekey.1
	$(BIN)/python scripts/help_pages.py wizard/help_pages

findings: $(VENV)/ready
	$(BIN)/python scripts/findings_page.py docs/findings.md

parity: $(VENV)/ready
	$(BIN)/python scripts/parity_page.py docs/parity.md

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist
