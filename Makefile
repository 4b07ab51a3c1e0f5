# `make demo` and `make test` are all you need; both set everything up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check prove messages screenshots benchmarks

demo: $(READY)
	$(BIN)/lotse demo

test: $(READY)
	@test -x /usr/bin/chromium || echo "The browser tests are skipped: install Debian's chromium (apt-get install chromium)."
	$(BIN)/python -m pytest -m "not prove" --cov --cov-report= $(ARGS)
	$(BIN)/python -m coverage report --skip-covered --fail-under=90

# The long forms of the proofs: kills, floods, hostile input.
prove: $(READY)
	$(BIN)/python -m pytest -m prove $(ARGS)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/messages.py check
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_catalogues.py

messages: $(READY)
	$(BIN)/python scripts/messages.py update

benchmarks: $(READY)
	$(BIN)/python benchmarks/all.py

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)
