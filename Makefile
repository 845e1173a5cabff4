# Two commands for a new machine: `make demo` and `make test`. Each makes its own .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= ../shared/data

.PHONY: demo test check bench bench-accuracy bench-speed clean

demo: $(STAMP)
	$(BIN)/surefoot demo $(DEMO_ARGS)

test: $(STAMP)
	@sh tests/parts.sh
	$(BIN)/python -m pytest -q $(TEST_ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

bench: bench-accuracy bench-speed

bench-accuracy: $(STAMP)
	$(BIN)/python benchmarks/accuracy.py

bench-speed: $(STAMP)
	$(BIN)/python benchmarks/speed.py

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
