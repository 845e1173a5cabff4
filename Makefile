# Two commands for a new machine: `make demo` and `make test`. Each makes its own .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= ../shared/data
PEERS := .venv-peers

.PHONY: demo test check bench bench-accuracy bench-speed bench-signs bench-alerts bench-radio bench-peers fuzz clean

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

bench: bench-accuracy bench-speed bench-signs

bench-accuracy: $(STAMP)
	$(BIN)/python benchmarks/accuracy.py

bench-speed: $(STAMP)
	$(BIN)/python benchmarks/speed.py

# Signs of weakness; half an hour and more, most of it simulated days. SIGNS_DAYS=20 is enough for a look.
SIGNS_DAYS ?= 200
bench-signs: $(STAMP)
	$(BIN)/python benchmarks/signs_foot_drop.py --data $(DATA)
	$(BIN)/python benchmarks/signs_giving_way.py --data $(DATA) --days $(SIGNS_DAYS)
	$(BIN)/python benchmarks/signs_tests.py --data $(DATA)
	$(BIN)/python benchmarks/activities.py --data $(DATA)
	$(BIN)/python benchmarks/stairs.py --data $(DATA)

# Any bytes to every sensor's decoder: ten million inputs, some minutes on two cores.
FUZZ_INPUTS ?= 10000000
fuzz: $(STAMP)
	$(BIN)/python benchmarks/fuzz.py --inputs $(FUZZ_INPUTS)

# The simulated radio: what arrives, links that break, what a gateway costs and survives, its memory over a day. An hour.
bench-radio: $(STAMP)
	$(BIN)/python benchmarks/radio.py

# Rules of alerts, on made-up charts, blocks and days: false alarms, and days until found. Half an hour.
bench-alerts: $(STAMP)
	$(BIN)/python benchmarks/alerts.py rules
	$(BIN)/python benchmarks/alerts.py acute
	$(BIN)/python benchmarks/charts.py alarms

bench-peers: $(STAMP) $(PEERS)/.installed
	$(BIN)/python benchmarks/peers.py --data $(DATA) --peers $(PEERS)/bin/python

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# Other people's packages, never in the project's own environment. What cannot be installed here is said by the benchmark.
$(PEERS)/.installed: Makefile
	$(PYTHON) -m venv $(PEERS)
	-$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check gaitmap==2.6.0 gaitmap-mad==2.6.0
	-$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary protopunica protopunica==0.14.8.post2
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .hypothesis
