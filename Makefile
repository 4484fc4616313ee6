# What a person or CI does with this checkout. `make` alone lists it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test lint format viewer bench clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed-unet ## draw data, train a U-Net, predict, inspect, and say where the report is
	@$(BIN)/inspect demo

test: $(VENV)/.installed-dev lint ## run every check: linter, types, tests
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.installed-dev ## run the linter, the formatter's check and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

viewer: ## build the script of the report (needs Node.js); what it makes is committed
	cd reports/viewer && npm ci --no-audit --no-fund && npm run check && npm test && npm run build

bench: $(VENV)/.installed-dev ## measure CPU time against the decode floor, memory and start-up
	$(BIN)/python benchmarks/bench_startup.py
	$(BIN)/python benchmarks/bench_run.py
	$(BIN)/python benchmarks/bench_memory.py

clean: ## remove what the targets above made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find inspector prompts reports unet tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-unet: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[unet]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed-unet
