# Everything is run from here. `make` lists what there is.
PYTHON ?= python3
JOBS ?= 2
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# Small batched eigenproblems stall 10–100× on several BLAS threads; parallel tests bring their own processes.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PYTHONUTF8 := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

NOTEBOOKS := $(wildcard chapters/*.ipynb) $(wildcard solutions/*/*.ipynb)
SET ?=
SETS := $(or $(SET),$(notdir $(patsubst %/,%,$(wildcard solutions/*/))))

.DEFAULT_GOAL := help
.PHONY: help book lab test bench execute exercises grade formgrade lint clean
.SILENT:

help:
	echo "make book       build the site and name the file to open"
	echo "make lab        open JupyterLab on the chapters"
	echo "make test       check everything: code, numbers, notebooks, pages"
	echo "make bench      time explorers, elphlib and the grader against their peers, half an hour → benchmarks/RESULTS.md"
	echo "make exercises  generate exercises/ from solutions/, all sets or SET=01-phonons"
	echo "make grade      grade SUBMISSIONS=folder [SET=01-phonons] → build/grades/"
	echo "make formgrade  read and mark the answers in words, in the browser"
	echo "make execute    run chapters and solutions again and store their text outputs"
	echo "make lint       format and lint rules, types"
	echo "make clean      remove what was built; the environment stays (delete .venv for that)"
	echo
	echo "Each sets up what it needs. Another Python: make book PYTHON=python3.13"

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1); the book needs Python 3.11 or newer." >&2; \
	  echo "Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	test -x $(BIN)/python || { echo "Making a virtual environment in $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	echo "Installing the pinned packages …"
	$(BIN)/python -m pip install --quiet --prefer-binary --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

book: $(VENV)/installed
	$(BIN)/python book/build_book.py

lab: $(VENV)/installed
	$(BIN)/python -m jupyter lab --LabApp.default_url=/lab/tree/chapters $(LAB_OPTIONS)

lint: $(VENV)/installed
	$(BIN)/python -m ruff check --quiet .
	$(BIN)/python -m ruff format --quiet --check .
	$(BIN)/python -m mypy --no-error-summary

test: lint book
	ELPHLIB_DISPLAY=text $(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=loadscope \
	  --nbval-lax --nbval-current-env --nbval-cell-timeout=600 tests chapters solutions

bench: $(VENV)/installed
	ELPHLIB_DISPLAY=text $(BIN)/python benchmarks/run.py

execute: $(VENV)/installed
	$(BIN)/python book/execute.py $(NOTEBOOKS)

exercises: $(VENV)/installed
	$(foreach set,$(SETS),$(BIN)/python -m nbgrader generate_assignment $(set) --force --log-level=ERROR || exit 1;)

grade: $(VENV)/installed
	test -n "$(SUBMISSIONS)" || { echo "Name what the students handed in: make grade SUBMISSIONS=folder" >&2; exit 2; }
	$(BIN)/python -m grading "$(SUBMISSIONS)" --jobs $(JOBS) $(if $(SET),--set $(SET)) \
	  $(if $(filter yes,$(UNSANDBOXED)),--unsandboxed) $(GRADE_OPTIONS)

formgrade: $(VENV)/installed
	$(BIN)/python -m jupyter lab --ServerApp.default_url=/formgrader $(LAB_OPTIONS)

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
