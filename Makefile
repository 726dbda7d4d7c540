# The two commands of the README: `make train` and `make test`. Each sets up what it needs.
PYTHON ?= python3
# As many processes as cores; a file stays in one, which shares its fixtures.
PYTEST_ARGS ?= -n auto --dist loadfile
# Without those that take long; `make test TESTS=` runs them all, as CI does.
TESTS ?= -m "not slow"
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help train test lint board bench clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# One environment per state of the dependency files; the stamps are what make compares.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tfkit needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=python3.11, say."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

train: $(VENV)/.installed  ## train, judge and save a network on the bundled digits
	@$(BIN)/tfkit train digits

test: $(VENV)/.installed-dev lint  ## lint, type-check and run the tests (TESTS= for the slow ones too)
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS)
	$(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS) tests/legacy_tf1 legacy_tf1

lint: $(VENV)/.installed-dev  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

board: $(VENV)/.installed  ## open TensorBoard on logs/
	@$(BIN)/tfkit board logs

bench: $(VENV)/.installed-dev  ## compare with other systems
	$(BIN)/python tests/benchmarks/run.py $(BENCH_ARGS)

clean:  ## remove the environment and caches; logs/ stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
