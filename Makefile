# Two commands do all the set-up: `make run` opens coach, `make test` runs every check and test.
# `make bench` measures speed and memory, `make picture` draws the README's picture again.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench lint picture clean
.DELETE_ON_ERROR:

run: .venv/installed
	$(BIN)/coach

test: .venv/installed-dev lint
	$(BIN)/pytest

bench: .venv/installed-dev
	PYTHONPATH=tests:tests/benchmarks:models/recipe $(BIN)/python tests/benchmarks

picture: .venv/installed-dev
	$(BIN)/python docs/picture.py

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "coach needs Python 3.11 or newer; try: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	@echo "Installing coach into .venv. The first time llama.cpp is compiled, which takes about 8 minutes on two cores"
	@echo "(it needs a C++ compiler: on Debian and Ubuntu 'apt-get install build-essential', on macOS 'xcode-select --install')."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv .venv-rivals build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
