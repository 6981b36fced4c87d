# make setup   an environment in .venv with the locked versions
# make eval    the demo, from manifest to report        (CONFIG=my.yaml for another run)
# make test    every check and every test
# make test-faults   the long tests of what may go wrong: kills, hangs, full disks
# make bench   the speed that is promised, as ratios in one run (DATA=folder of speechocean762 and artie_bias_corpus)
# make check   style, types and import layers only
# make calibrate   simulations with known truth: coverage, error rates, power
# Needs Linux, Python 3.11 to 3.13 with venv, and the package index. Nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: help setup eval test check test-default test-model test-faults bench calibrate lock clean

CONFIG ?= configs/demo.yaml
DATA ?= $(or $(ASR_FAIR_SHARED_DATA),../shared/data)
VENV := .venv
RUN := $(VENV)/bin/python -m
PIP := $(RUN) pip --disable-pip-version-check
STAMP := $(VENV)/.installed
# The first of these that is a supported Python; PYTHON=/path/to/python picks another one.
PYTHON ?= $(firstword $(foreach each,python3 python3.13 python3.12 python3.11,$(shell \
	$(each) -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $(each))))

help:
	@sed -n '1,8s/^# //p' Makefile

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: needs Python 3.11, 3.12 or 3.13 with venv; name one: make PYTHON=/path/to/python" >&2; exit 2; }
	@echo "== Setting up $(VENV) with $$($(PYTHON) --version): the packages of requirements.lock, about 6 GB with CUDA's libraries, 2 to 10 minutes"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --progress-bar off --requirement requirements.lock | { grep --line-buffered -E '^(Collecting|Building|Installing|Successfully)' || true; } | cut -c 1-100
	@$(PIP) install --quiet --no-deps --editable .
	@touch $@
	@echo "== $(VENV) is ready"

eval: $(STAMP)
	@echo "== Running $(CONFIG): manifest, conditions, transcripts, scores, report"
	@$(RUN) asr_fair run "$(CONFIG)"

check: $(STAMP)
	@echo "== Style (ruff), types (mypy), import layers (import-linter)"
	@$(RUN) ruff check .
	@$(RUN) ruff format --check --quiet .
	@$(RUN) mypy
	@$(VENV)/bin/lint-imports

test-default: $(STAMP)
	@echo "== Tests without model weights"
	@$(RUN) pytest -m "not model and not faults" --numprocesses auto --dist loadfile --junitxml=test-results/default.xml

test-model: $(STAMP)
	@echo "== Tests with the real Whisper tiny.en"
	@$(RUN) pytest -m "model and not faults" --junitxml=test-results/model.xml

test-faults: $(STAMP)
	@echo "== Workers and runs are killed, hang, and fill disks: nothing may be lost (within 15 minutes)"
	@$(RUN) pytest -m faults --junitxml=test-results/faults.xml
	@echo "== Open:"
	@echo "  test-results/faults.xml"

test: check test-default test-model
	@echo "== All checks and tests passed. Open:"
	@echo "  test-results/default.xml"
	@echo "  test-results/model.xml"

bench: $(STAMP)
	@echo "== Measuring: engines, the whole run, scoring (about 25 minutes on 2 cores that do nothing else)"
	@missed=0; \
	ASR_FAIR_SHARED_DATA="$(abspath $(DATA))" $(RUN) benchmarks.engines > benchmarks/results/engines.md || missed=1; \
	$(RUN) benchmarks.pipeline --corpus "$(DATA)/speechocean762" > benchmarks/results/pipeline.md || missed=1; \
	$(RUN) benchmarks.scoring "$(DATA)" > benchmarks/results/scoring.md || missed=1; \
	echo "== Open:"; printf '  benchmarks/results/%s.md\n' engines pipeline scoring; \
	if [ $$missed = 1 ]; then echo "== A target was missed: the tables say which" >&2; exit 1; fi

calibrate: $(STAMP)
	@echo "== Simulating: coverage, error rates and power of what asr-fair computes (about 15 minutes on 2 cores)"
	@OMP_NUM_THREADS=1 $(RUN) benchmarks.calibration > benchmarks/results/calibration.md
	@echo "== Open:"
	@echo "  benchmarks/results/calibration.md"

lock:
	@uv pip compile --universal --fork-strategy fewest --python-version 3.11 --all-extras --generate-hashes pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) runs test-results
