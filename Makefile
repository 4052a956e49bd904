# `make repro` and `make test` are all a user needs; the rest is for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: repro test coverage lint lock audit bench bench-tables seeds check-reproducible torture mutate in-git

# What git complains of here; nothing in a repository.
git-says = $(shell git rev-parse --git-dir 2>&1 >/dev/null)

repro: $(VENV)/installed
	@python -m jobs.repro

test: $(VENV)/installed-dev
	@python -m pytest --numprocesses 2

coverage: $(VENV)/installed-dev
	@python -m coverage erase
	@python -m coverage run -m pytest --numprocesses 2
	@python -m coverage combine --quiet
	@python -m coverage report

lint: $(VENV)/installed-dev
	@ruff check .
	@ruff format --check .
	@python -m mypy

ONLY ?= peers
bench: $(VENV)/installed-bench
	@python -m jobs.benchmark --only $(ONLY)

bench-tables: $(VENV)/installed-dev $(VENV)/tables/installed
	@python -m jobs.benchmark --only tables --python $(VENV)/tables/bin/python

RECIPE ?= gaussian_tuned
N ?= 5
seeds: $(VENV)/installed
	@python -m jobs.seeds $(RECIPE) -n $(N)

check-reproducible: $(VENV)/installed
	@python -m jobs.check_reproducible

torture: $(VENV)/installed-dev
	@python -m tests.torture

mutate: $(VENV)/installed-mutate
	@python -m tests.torture.mutate

lock: $(VENV)/installed-dev
	@for set in requirements $(addprefix requirements/,jax gpu dev audit); do \
	    uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	        --generate-hashes --no-annotate --no-header \
	        $$set.in --output-file $$set.txt || exit 1; \
	done

# Known vulnerabilities of what is pinned; the list of them comes from the network.
audit: $(VENV)/audit/installed
	@for set in dev gpu audit; do \
	    $(VENV)/audit/bin/python -m pip_audit --strict --require-hashes --disable-pip \
	        -r requirements/$$set.txt || exit 1; \
	done

# DVC and the tests need git: said before anything is installed. A downloaded archive has none.
in-git:
	$(if $(git-says),$(error Forger needs a git repository, and git says: $(git-says); clone the \
	    project, or here: git init && git add -A && git commit -m Forger))
	@:

$(BIN)/python: | in-git
	@$(PYTHON) -m venv $(VENV)

# Brings the command `forger`, by the setuptools that TensorFlow needs.
itself = python -m pip install --quiet --no-deps --no-build-isolation --editable .

# requirements/dev.txt holds the same versions and more, so a test environment also runs `repro`.
$(VENV)/installed: requirements.txt | in-git $(BIN)/python
	@echo "Installing requirements.txt into $(VENV), 3 GB: some minutes …"
	@python -m pip install --quiet --require-hashes -r $<
	@$(itself)
	@touch $@

$(VENV)/installed-dev: requirements/dev.txt | in-git $(BIN)/python
	@echo "Installing requirements/dev.txt into $(VENV) …"
	@python -m pip install --quiet --require-hashes -r $<
	@$(itself)
	@touch $@ $(VENV)/installed

# Its own environment: it must not change what it looks at.
$(VENV)/audit/installed: requirements/audit.txt | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

# PyTorch is a peer to measure against, never a dependency; without it the table says so.
$(VENV)/installed-bench: requirements/bench.txt $(VENV)/installed-dev
	@echo "Installing requirements/bench.txt into $(VENV) …"
	@python -m pip install --quiet -r $< || echo "PyTorch could not be installed."
	@touch $@

# Their own environment: ctgan needs an older pandas.
$(VENV)/tables/installed: requirements/bench_tables.txt requirements/bench_data.txt | $(BIN)/python
	@$(PYTHON) -m venv $(VENV)/tables
	@$(VENV)/tables/bin/python -m pip install --quiet -r requirements/bench_tables.txt
	@$(VENV)/tables/bin/python -m pip install --quiet --no-deps -r requirements/bench_data.txt
	@touch $@

$(VENV)/installed-mutate: requirements/mutate.txt $(VENV)/installed-dev
	@echo "Installing requirements/mutate.txt into $(VENV) …"
	@python -m pip install --quiet -r $<
	@touch $@
