# Two commands for everybody: `make run` and `make test`. Each sets up what it needs.

VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
READY := $(VENV)/.ready

.PHONY: run test bench drills soak guarantees audit setup train lock lint types check nlu-report clean

run: setup
	@$(BIN)/pendamping setup
	@exec $(BIN)/pendamping start

test: train
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

bench: train
	@$(BIN)/python -m bench

# Kills, stopped databases, full disks, Telegram in trouble, jumping clocks, several machines; an hour and more.
drills: train
	@$(BIN)/python -m tests.drills

# Five hundred chats and twenty workers for an hour; `python -m tests.drills.soak --minutes 5` for less.
soak: train
	@$(BIN)/python -m tests.drills.soak

guarantees: setup
	@$(BIN)/python -m bench.guarantees

# Known vulnerabilities of what is in the lock, a bill of materials, secrets in tracked files (docs/operating.md).
audit: setup
	@$(BIN)/python -m supply --uvx .uv/bin/uvx

setup: $(READY)

# uv in a private venv; --without-pip, so that Debian's python3-venv is not needed.
$(UV):
	@echo "→ uv (private, in .uv)"
	@python3 -m venv --without-pip .uv
	@python3 -m pip --python .uv/bin/python install --quiet --disable-pip-version-check uv

# Compiled bytecode: without it importing rasa takes 20 s instead of 6 s.
$(READY): requirements.lock pyproject.toml | $(UV)
	@echo "→ environment (.venv, about 2.5 GB; a minute or two the first time)"
	@test -x $(BIN)/python || $(UV) venv --quiet --python python3.11 $(VENV)
	@$(UV) pip sync --quiet --python $(VENV) --require-hashes --compile-bytecode requirements.lock
	@$(UV) pip install --quiet --python $(VENV) --no-deps -e .
	@touch $@

train: setup
	@$(BIN)/pendamping train

# A hashed requirements file instead of uv.lock: it names no registry.
lock: | $(UV)
	@$(UV) pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-header --quiet -o requirements.lock

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: setup
	@$(BIN)/mypy

check: lint types
	@RASA_TELEMETRY_ENABLED=false $(BIN)/python -W ignore -m rasa data validate

nlu-report: setup
	@$(BIN)/python -m tests.nlu.score

clean:
	@rm -rf models results .pytest_cache .mypy_cache .ruff_cache .hypothesis
