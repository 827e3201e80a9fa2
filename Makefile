# Two commands on a fresh machine: `make demo` and `make test`. The work is in tools/.
.PHONY: help demo test check lint bench web docs wheel clean
.DEFAULT_GOAL := help
export PYTHON

help:
	@echo 'make demo    a city district on an embedded database: one URL and its accounts'
	@echo 'make test    the whole suite, with TimescaleDB, Mosquitto and Chromium'
	@echo 'make check   lint, format, types, then make test'
	@echo 'make bench   benchmarks -> bench/results.json  (ONLY=name, BENCH_QUICK=1)'
	@echo 'make web     build the page into api/page'
	@echo 'make docs    regenerate the tables in docs/ and check every link'
	@echo 'make wheel   dist/xunji-*.whl with the built page inside'
	@echo 'make clean   remove everything that was built or downloaded here'

demo:
	@tools/environment
	@tools/page
	@.venv/bin/xunji demo $(ARGS)

test:
	@tools/test $(ARGS)

check: lint test

lint:
	@tools/environment dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

bench:
	@tools/environment dev
	@.venv/bin/python -m bench $(ONLY)

web:
	@tools/environment
	@tools/page

docs:
	@tools/environment dev
	@.venv/bin/python -m tools.docs

wheel: web
	@tools/environment dev
	@.venv/bin/python -m hatchling build --target wheel

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build api/page
	rm -rf web/node_modules web/test-results web/playwright-report
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
