# make demo    set up, then the main job: a Keras model to a measured report on an emulated board
# make test    set up, then all tests
# make test-long  set up, then all tests with many more random models and faults: hours
# make check   set up, then formatting, lint, types, import rules
# make gate    set up, then compare the examples' figures on emulated boards with tests/gate's baseline
# make format  set up, then rewrite the sources in the project's format
# make report-sample  set up, then put the demo's report into README.md
# make board-tables   set up, then put the boards that there are into README.md and docs/boards.md
# make benchmarks  set up, then measure every figure that README.md shows, and put them there
# make wheel-test  set up, then build a wheel and do the demo with nothing but it
# make clean   remove what the targets above have made (.venv included)

PYTHON ?=
export PYTHON

bin := .venv/bin
stamp := .venv/.tinydeploy-setup
c_sources = $(shell find firmware_templates -name '*.[ch]' -o -name '*.cpp')

.PHONY: setup demo test test-long check format format-check lint types imports gate report-sample board-tables benchmarks wheel-test clean

setup: $(stamp)

$(stamp): pyproject.toml scripts/setup.sh tests/players/package.json
	scripts/setup.sh
	touch $@

demo: setup
	cd examples/digits && ../../$(bin)/tinydeploy run

test: setup
	$(bin)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

test-long: setup
	TINYDEPLOY_TESTS=long $(bin)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

check: format-check lint types imports

format: setup
	$(bin)/ruff format .
	$(bin)/ruff check --fix --quiet .
	$(bin)/clang-format -i $(c_sources)

format-check: setup
	$(bin)/ruff format --check .
	$(bin)/clang-format --dry-run -Werror $(c_sources)

lint: setup
	$(bin)/ruff check .

types: setup
	$(bin)/mypy

imports: setup
	$(bin)/lint-imports

gate: setup
	$(bin)/tinydeploy check --project tests/gate/tinydeploy.toml --output build/gate

report-sample: setup
	$(bin)/python scripts/refresh_report_sample.py

board-tables: setup
	$(bin)/python scripts/refresh_board_tables.py

benchmarks: setup
	$(bin)/python -m benchmarks.run --readme
	$(bin)/python -m benchmarks.growth

wheel-test: setup
	scripts/wheel_test.sh

clean:
	rm -rf .venv dist examples/*/build tests/players/node_modules
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
