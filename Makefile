# One command each: `make demo` shows the main job, `make test` runs every check. Both set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed-$(shell cksum pyproject.toml | cut -d' ' -f1)

.PHONY: demo test check lint types unit matrix agree soak accept bench clean

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@rm -f $(VENV)/.installed-* && touch $@

demo: $(STAMP)
	@$(BIN)/python -m examples.demo

test: check

check: lint types unit

lint: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

types: $(STAMP)
	@$(BIN)/mypy

unit: $(STAMP)
	@$(BIN)/pytest -n auto

matrix: $(STAMP)  # on every Python that is here, and on the lowest dependencies that pyproject.toml allows; WHOLE=1: all tests
	@$(BIN)/python tests/matrix.py $(LANES)

agree: $(STAMP)  # all compilers on many generated rulebooks: BOOKS=500 SEED=1; about four programs a rulebook
	@$(BIN)/python -m tests.priced.run --books $(or $(BOOKS),500) --seed $(or $(SEED),1)

soak: $(STAMP)  # the long form of the tests of a crowd, of kills and of the oracle: SALES=100 STEPS=1000000 SEED=1; SQLite runs a tenth of the steps, PostgreSQL a hundredth
	@$(BIN)/python -m tests.soak.run --sales $(or $(SALES),100) --steps $(or $(STEPS),1000000) --seed $(or $(SEED),1)

accept: $(STAMP)
	@ENTITLE_ACCEPT=1 $(BIN)/pytest tests/test_wrong.py tests/test_programs.py tests/test_rulebooks.py::test_generated_sources \
		tests/test_event_types.py
	@$(BIN)/python -m entitle.dsl.reference docs
	@$(BIN)/python -m entitle.shop.api docs

bench: $(STAMP)  # ratios against hand-written code and bare libraries, and a table of them: ONLY="store asking"
	@$(BIN)/python -m benchmarks.run $(ONLY)

clean:
	rm -rf $(VENV) .lanes .mypy_cache .ruff_cache .pytest_cache .hypothesis
