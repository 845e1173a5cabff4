# Two commands for a new machine: `make demo` and `make test`. Each makes its own .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= ../shared/data
PEERS := .venv-peers

.PHONY: demo test check languages bench bench-accuracy bench-speed bench-signs bench-alerts bench-radio bench-peers fuzz chaos soak clean

demo: $(STAMP)
	$(BIN)/surefoot demo $(DEMO_ARGS)

# Files of tests run beside each other, one on a core, on four cores at most. JOBS=0: one after another.
JOBS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN || echo 1); echo $$((cores < 4 ? cores : 4)))
test: $(STAMP)
	@sh tests/parts.sh
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

# What the pages say, taken out of the code anew and put into every language's catalogue (docs/languages.md). What is new
# there is empty: the tests fail until somebody has translated it. NEW=fr begins another language.
PO := src/surefoot/web/locale
NEW ?=
languages: $(STAMP)
	$(BIN)/pybabel -q extract -F pyproject.toml -k _ -k N_ -k _n:1,2 -k _p:1c,2 --no-location --sort-output -w 100 -o $(PO)/surefoot.pot src/surefoot
	test -z "$(NEW)" || $(BIN)/pybabel -q init -D surefoot -i $(PO)/surefoot.pot -d $(PO) -l $(NEW) -w 100
	for po in $(PO)/*/LC_MESSAGES/surefoot.po; do \
	  $(BIN)/pybabel -q update -D surefoot -i $(PO)/surefoot.pot -o $$po -l $$(basename $$(dirname $$(dirname $$po))) --ignore-pot-creation-date --no-fuzzy-matching --ignore-obsolete -w 100; \
	done
	rm $(PO)/surefoot.pot

bench: bench-accuracy bench-speed bench-signs

bench-accuracy: $(STAMP)
	$(BIN)/python benchmarks/accuracy.py

bench-speed: $(STAMP)
	$(BIN)/python benchmarks/speed.py

# Signs of weakness; half an hour and more, most of it simulated days. SIGNS_DAYS=20 is enough for a look.
SIGNS_DAYS ?= 200
bench-signs: $(STAMP)
	$(BIN)/python benchmarks/signs_foot_drop.py --data $(DATA)
	$(BIN)/python benchmarks/signs_push_off.py --data $(DATA)
	$(BIN)/python benchmarks/signs_giving_way.py --data $(DATA) --days $(SIGNS_DAYS)
	$(BIN)/python benchmarks/signs_tests.py --data $(DATA)
	$(BIN)/python benchmarks/activities.py --data $(DATA)
	$(BIN)/python benchmarks/stairs.py --data $(DATA)

# Any bytes to every sensor's decoder, and to those of messages: ten million inputs each, some minutes on two cores.
FUZZ_INPUTS ?= 10000000
# And anything at all to every page and form of the clinic.
FUZZ_REQUESTS ?= 200000
fuzz: $(STAMP)
	$(BIN)/python benchmarks/fuzz.py --inputs $(FUZZ_INPUTS)
	$(BIN)/python benchmarks/fuzz_messages.py --inputs $(FUZZ_INPUTS)
	$(BIN)/python benchmarks/fuzz_forms.py --inputs $(FUZZ_REQUESTS)
	$(BIN)/python benchmarks/fuzz_home.py
	$(BIN)/python benchmarks/fuzz_api.py

# Delivery under kill -9, power cuts and a backlog: half an hour and more. What is claimed: docs/reliability.md.
KILLS ?= 300
chaos: $(STAMP)
	@sh tests/parts.sh
	$(BIN)/python benchmarks/powercut.py
	$(BIN)/python benchmarks/chaos.py control
	$(BIN)/python benchmarks/chaos.py drain
	$(BIN)/python benchmarks/chaos.py kills --kills $(KILLS)

# Homes, broker, workers and database at ten times the usual load: memory and every row.
SOAK_MINUTES ?= 80
soak: $(STAMP)
	@sh tests/parts.sh
	$(BIN)/python benchmarks/soak.py --minutes $(SOAK_MINUTES)

# The simulated radio: what arrives and when it is said to be taken, links that break, what a gateway costs and survives,
# its memory over a day, and what the simulated radio itself does. An hour and a half.
bench-radio: $(STAMP)
	$(BIN)/python benchmarks/radio.py
	$(BIN)/python benchmarks/clocks.py
	$(BIN)/python benchmarks/simulator.py

# Rules of alerts, on made-up charts, blocks and days: false alarms, and days until found. Half an hour on one idle core; 5,000 people's
# charts are two minutes of it. Then simulated patients from raw samples on, a fortnight each: LIVES=24 is some hours, what was lived is kept.
LIVES ?= 100
bench-alerts: $(STAMP)
	$(BIN)/python benchmarks/alerts.py
	$(BIN)/python benchmarks/sudden.py quiet
	$(BIN)/python benchmarks/sudden.py step --people 50
	$(BIN)/python benchmarks/charts.py alarms --people 60
	$(BIN)/python benchmarks/charts.py alarms --people 60 --case shoes --answers
	$(BIN)/python benchmarks/dayrules.py tests limits slopes days
	$(BIN)/python benchmarks/cohort.py
	$(BIN)/python benchmarks/weakening.py dorsi --lives $(LIVES)

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
