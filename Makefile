# `make demo` and `make test` are all you need; both set everything up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: install demo test coverage check prove messages screenshots benchmarks lock

install: $(READY)

demo: $(READY)
	$(BIN)/lotse demo

# The files in their order: neighbours share what is slow to make (the journeys one running bot). Half of the
# time is waiting, so that four workers fit on two cores.
WORKERS ?= 4
# Compiled once, not in each of the many processes that are started.
export PYTHONDONTWRITEBYTECODE :=
RUN = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# The rules of the house and the catalogues are looked at by `make check`.
CHECKS := tests/test_architecture.py tests/test_catalogues.py

test: $(READY)
	@test -x /usr/bin/chromium || echo "The browser tests are skipped: install Debian's chromium (apt-get install chromium)."
	$(RUN) -m "not prove" $(CHECKS:%=--ignore=%) $(ARGS)

# The same tests with branches counted: 95 % overall, all of domain and services. Counting makes them half as
# slow again, so it is asked for by hand.
coverage: $(READY)
	$(RUN) -q -m "not prove" --cov --cov-report= $(ARGS)
	$(BIN)/python -m coverage report --skip-covered --fail-under=95
	$(BIN)/python -m coverage report --skip-covered --fail-under=100 --include="bot/domain/*,bot/services/*"

# The long forms of the proofs: kills, floods, hostile input; properties with many random examples. They share
# nothing, so who has nothing to do takes the next.
prove: $(READY)
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "prove or hypothesis" --hypothesis-profile=prove $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/messages.py check
	$(BIN)/python -m pytest -q $(CHECKS)

messages: $(READY)
	$(BIN)/python scripts/messages.py update

# A quiet machine, please: a quarter of an hour, figures of two arms each.
benchmarks: $(READY)
	$(BIN)/python -m benchmarks.updates
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.understanding --final
	$(BIN)/python -m benchmarks.meaning
	$(BIN)/python -m benchmarks.broadcast
	$(BIN)/python -m benchmarks.million
	$(BIN)/python -m benchmarks.loop

screenshots: $(READY)
	$(BIN)/python scripts/screenshots.py

# Needs uv. Hashes, no addresses: the same files everywhere.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header --no-strip-extras pyproject.toml
lock:
	$(COMPILE) --extra build -o requirements.lock
	$(COMPILE) --extra dev -o requirements-dev.lock

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)
