# Every command of this repository. `make` alone prints them.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test test-long lint format bench ui docs clean

help: ## Print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.serve ## Set everything up and serve on http://127.0.0.1:5000 with demo runs in view
	@$(BIN)/python -m demo

test: $(VENV)/.dev ## Set everything up and run every test against real parts
	@tools/fetch-parts $(BIN)/python
	@$(BIN)/python -m tools.ui test
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: $(VENV)/.dev ## The property tests and fuzzers with large budgets (a night's work)
	@KIROK_TEST_LONG=1 $(BIN)/python -m pytest tests/property tests/server -n 2

lint: $(VENV)/.dev ## Format, lint, types and floors, of Python and UI
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy src --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/win32
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.ui lint

format: $(VENV)/.dev ## Let ruff put the Python code in shape
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure kirok beside MLflow and FastTrackML, alternately, on this machine
	@$(BIN)/python -m benchmarks $(BENCH)

ui: $(VENV)/.dev ## Build the web page into the package
	@$(BIN)/python -m tools.ui build

docs: $(VENV)/.dev ## Write the generated reference pages anew
	@$(BIN)/python -m tools.reference

clean: ## Remove what the commands above made, and nothing else
	@rm -rf $(VENV) .cache build dist ui/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A virtual environment that is rebuilt when the dependencies change.
$(VENV)/.venv: tools/check-python
	@$(PYTHON) tools/check-python
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@touch $@

$(VENV)/.serve: $(VENV)/.venv pyproject.toml hatch_build.py $(shell git ls-files ui 2>/dev/null)
	@echo "Setting up kirok (once; a minute or two)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.serve
	@echo "Setting up the tests' own needs (once; a few minutes)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
