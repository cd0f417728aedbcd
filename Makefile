.DEFAULT_GOAL := help
.PHONY: css help run test test-fast lint types imports migrations check messages shell demo simulate benchmark clean

PY := .venv/bin/python
export PYTHONPATH := $(CURDIR)

help:  ## show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.ready-run: requirements.txt scripts/bootstrap.py
	@python3 scripts/bootstrap.py && touch $@

.venv/.ready-dev: requirements-dev.txt scripts/bootstrap.py
	@python3 scripts/bootstrap.py dev && touch $@

run: .venv/.ready-run  ## open the site with a demo city on http://127.0.0.1:8000 (Ctrl-C ends it)
	@$(PY) scripts/run.py

test: .venv/.ready-dev  ## the whole suite, browser tests included (SQLite, or DATABASE_URL and REDIS_URL)
	@CHROMIUM=$$($(PY) scripts/browser.py) && export CHROMIUM && $(PY) -m pytest -n 2

test-fast: .venv/.ready-dev  ## the suite without the browser
	@$(PY) -m pytest -n 2 -m "not browser"

lint: .venv/.ready-dev  ## ruff, format of imports included
	@.venv/bin/ruff check .

types: .venv/.ready-dev  ## mypy
	@.venv/bin/mypy

imports: .venv/.ready-dev  ## the layers: who may import whom
	@.venv/bin/lint-imports

migrations: .venv/.ready-dev  ## no model without its migration
	@DJANGO_SETTINGS_MODULE=lms.settings.test $(PY) manage.py makemigrations --check --dry-run

check: lint types imports migrations  ## all checks but the tests

messages: .venv/.ready-dev  ## collect the texts to translate and compile the catalogues
	@$(PY) scripts/messages.py collect && $(PY) scripts/messages.py compile

css:  ## rebuild the purged Bootstrap (needs Node)
	@scripts/purge_css.sh

simulate: .venv/.ready-run  ## a city of 1,000 learners in the local database
	@$(PY) manage.py simulate --learners 1000 --classes 20 --days 90 --seed 1

benchmark: .venv/.ready-dev  ## speed of the main pages beside a bare Django view
	@$(PY) benchmarks/pages.py

clean:  ## remove the environment and the local database
	rm -rf .venv var
