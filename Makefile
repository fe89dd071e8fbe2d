# make run: the desk on http://127.0.0.1:8000 · make test: the tests · make doctor: what is wrong.
# All install what they need.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
PY := $(VENV)/bin/python
ARGS ?=

.PHONY: run test doctor lint bench proof screenshots migrate seed schema dev

run: $(VENV)/.run
	@$(PY) manage.py bootstrap --demo
	@exec $(PY) manage.py serve --host $(HOST) --port $(PORT)

test: $(VENV)/.run
	@$(PY) -m config.run_tests $(ARGS)

doctor: $(VENV)/.run
	@$(PY) manage.py doctor $(ARGS)

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	@$(PY) -m config.check_deploy

bench: $(VENV)/.dev
	@$(PY) -m config.bench $(ARGS)

screenshots: $(VENV)/.dev
	@$(PY) -m config.screenshots

proof: $(VENV)/.dev
	@$(PY) -m pytest -m proof $(ARGS)

migrate: $(VENV)/.run
	@$(PY) manage.py bootstrap

seed: $(VENV)/.run
	@$(PY) manage.py bootstrap --demo

schema: $(VENV)/.run
	$(PY) manage.py spectacular

dev: $(VENV)/.dev

$(VENV)/.run: requirements.txt
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
