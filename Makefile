# Every target does its own set-up: a virtual environment in .venv, with the versions that were
# tested. `make help` lists the targets.

# The first Python >= 3.11 of these; choose another one by `make test PYTHON=/path/to/python`.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
# More options for pip, such as an index with CPU builds of torch (see CONTRIBUTING.md).
PIP_FLAGS ?=
# More options for pytest, such as `-k lease` or `-x`.
PYTEST_FLAGS ?=
# Test processes: one per core, and no more than four, because many tests start workers themselves.
PYTEST_WORKERS ?= logical --maxprocesses 4

VENV := .venv
BIN := $(VENV)/bin
DEMO := examples/neural_force_functional/demo.toml

# pip leaves compiling to the first import (half of the install time), so imports must be able to keep it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-slow test-cluster validate bench lint style types setup clean FORCE
.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" read -r target text; do \
		printf '  make %-12s %s\n' "$$target" "$$text"; done

demo: $(VENV)/.test ## Run a campaign that learns and chooses what to simulate, and report on it
	$(BIN)/perrin run $(DEMO)
	$(BIN)/perrin report $(DEMO)

test: $(VENV)/.test ## Run the tests, and one fault per executor where Slurm is installed
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -q -ra --durations 10 --color no $(PYTEST_FLAGS)

test-slow: $(VENV)/.test ## Kill, damage and resume campaigns on this machine in more ways
	$(BIN)/python -m pytest -m slow -n 3 --dist load -q -ra --durations 10 --color no $(PYTEST_FLAGS)

test-cluster: $(VENV)/.test ## Cause every fault on real Slurm clusters, several at once
	$(BIN)/python -m pytest -m cluster -n 3 --dist loadgroup -q -ra --durations 10 --color no $(PYTEST_FLAGS) tests/cluster

validate: $(VENV)/.test ## Compare long runs with exact results and published numbers
	$(BIN)/python -m pytest -m validate -n $(PYTEST_WORKERS) --dist load -rA --durations 0 --color no $(PYTEST_FLAGS)

bench: $(VENV)/.bench ## Run every benchmark beside its peer; write docs/performance.md
	$(BIN)/python benchmarks/_table.py

lint: style types ## Check style, format and types

style: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy finds the package by the name of its folder, and a checkout may have any name: hence the link.
types: $(VENV)/.test
	@mkdir -p .typing && ln -sfn .. .typing/perrin
	MYPYPATH=.typing $(BIN)/mypy --strict -p perrin --exclude '/(tests|examples|benchmarks|docs|build)/'

setup: $(VENV)/.test ## Make the virtual environment and install, nothing else

clean: ## Remove the virtual environment, caches and builds, but no results
	rm -rf $(VENV) .typing .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist perrin.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.test: EXTRAS := test
$(VENV)/.bench: EXTRAS := test,bench
$(VENV)/.test $(VENV)/.bench: pyproject.toml constraints.txt
	@[ -n '$(PYTHON)' ] && '$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: perrin needs Python >= 3.11 and '$(or $(PYTHON),python3)' is not one;" \
			"name one by 'make $(MAKECMDGOALS) PYTHON=/path/to/python3.11'" >&2; exit 1; }
	@[ "$$(cat $(VENV)/.whole 2>/dev/null)" = '$(CURDIR)' ] || '$(PYTHON)' -m venv --clear $(VENV)
	@rm -f $(VENV)/.whole
	$(BIN)/python -m pip install -q --no-compile -c constraints.txt $(PIP_FLAGS) --upgrade pip
	$(BIN)/python -m pip install -q --no-compile -c constraints.txt $(PIP_FLAGS) -e '.[$(EXTRAS)]'
	@echo '$(CURDIR)' > $(VENV)/.whole && touch $@

# .whole names the checkout that was installed, and is missing while pip works: an environment that
# was left half made, or came with a copied or moved checkout, is made anew.
ifneq ($(shell cat $(VENV)/.whole 2>/dev/null),$(CURDIR))
$(VENV)/.test $(VENV)/.bench: FORCE
endif
