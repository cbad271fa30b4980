# Two commands matter: `make run` and `make test`. The others are for people who work on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.DEFAULT_GOAL := help
.PHONY: help run test test-long check shots bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: $(VENV)/.installed ## start the dashboard on http://127.0.0.1:8501
	$(BIN)/streamlit run app.py --server.port $(PORT)

# Two at a time with one thread each: two programs with two threads each spend most of the time waiting for each other.
test: $(VENV)/.installed-dev ## run all tests, those in a browser included
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/.installed-dev ## run the tests that take minutes
	$(BIN)/python -m pytest -m long

check: $(VENV)/.installed-dev ## style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

shots: $(VENV)/.installed-dev ## screenshots of every page into shots/
	$(BIN)/python -m tests.browser.shots

bench: $(VENV)/.installed-dev ## measure speed; prints the tables of benchmarks/results.md
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.classical
	$(BIN)/python -m benchmarks.many_runs
	$(BIN)/python -m benchmarks.live_page
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.visitors

clean: ## remove the virtual environment and caches, never runs or checkpoints
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis shots

# The stamp files make a second `make run` start in seconds.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "segcore needs Python 3.11 or newer; '$(PYTHON)' is `$(PYTHON) -V`. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "Python could not make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: $(VENV)/bin/python requirements.txt constraints.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt -c constraints.txt
	$(BIN)/python -m pip install --quiet --no-deps segmentation-models-pytorch -c constraints.txt
	@touch $@
