# `make demo` and `make test` set up everything they need, also on a bare Debian or Ubuntu machine.
# Another Python than the first suitable one on the PATH: make PYTHON=/path/to/python3 test

.PHONY: help demo test lint bench experiment simulation screenshots lock clean system force
.DEFAULT_GOAL := help

IN_VENV := PATH="$(CURDIR)/.venv/bin:$$PATH"
SETUP := pyproject.toml requirements/constraints.txt scripts/python-environment.sh scripts/install_packages.py

# An environment survives neither a move of the checkout nor another choice of Python.
ifneq "$(shell cat .venv/made-in 2>/dev/null)" "$(CURDIR)"
MOVED := force
else ifneq "$(or $(PYTHON),$(shell cat .venv/made-with 2>/dev/null))" "$(shell cat .venv/made-with 2>/dev/null)"
MOVED := force
endif

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## /\1\t/p' Makefile | expand -t 8

demo: .venv/demo.stamp  ## a synthetic study scored and reported, then the workbench in a browser, until Ctrl-C
	@scripts/debian-packages.sh "off-screen rendering" libegl1 libgl1 || true
	@$(IN_VENV) python scripts/demo.py

test:  ## lint and all tests
	@$(MAKE) --no-print-directory -j 2 system lint
	@$(IN_VENV) python -m pytest -n 2 --dist worksteal

lint: .venv/test.stamp  ## ruff and mypy
	@$(IN_VENV) python -m ruff check .
	@$(IN_VENV) python -m ruff format --check .
	@if $(IN_VENV) python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then $(IN_VENV) python -m mypy; \
		else echo "mypy left out: its findings hold for the NumPy of Python 3.11 and later"; fi

bench: .venv/test.stamp  ## measure what Testing/Benchmarks/README.md tabulates
	@$(IN_VENV) python Testing/Benchmarks

experiment: .venv/test.stamp  ## hours: train the demo model, compare four ways to train, write Testing/Benchmarks/model.md
	@$(IN_VENV) python Testing/Benchmarks/model_experiment

simulation: .venv/test.stamp  ## hours: ways to choose slices, compared by a simulated reader; write Testing/Benchmarks/active-learning.md
	@$(IN_VENV) python Testing/Benchmarks/active_learning

screenshots: .venv/test.stamp system  ## pictures of the Slicer modules for the README
	@$(IN_VENV) PYTHONPATH=Testing python Testing/Python/screenshots.py

lock: .venv/test.stamp  ## renew requirements/constraints.txt
	@$(IN_VENV) python scripts/install_packages.py uv
	@$(IN_VENV) python -m uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-annotate \
		--custom-compile-command "make lock" --extra test --constraint requirements/pins.in \
		pyproject.toml requirements/build.in requirements/installer.in --output-file requirements/constraints.txt

clean:  ## remove the environment, caches and what the demo made
	rm -rf .venv .make .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What cannot be installed is said and then done without: nothing that scores a scan needs any of it.
system:
	@scripts/debian-packages.sh "off-screen rendering, tests in a window, in a browser and with PostgreSQL, and checking DICOM files" \
		libegl1 libgl1 \
		xvfb libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0 libfontconfig1 \
		libharfbuzz0b fonts-dejavu-core \
		chromium fonts-liberation \
		postgresql \
		dicom3tools || true

.venv/core.stamp: $(SETUP) $(MOVED)
	@PYTHON="$(PYTHON)" scripts/python-environment.sh
	@touch $@

.venv/demo.stamp: .venv/core.stamp
	@PYTHON="$(PYTHON)" scripts/python-environment.sh annotate,model,workbench
	@touch $@

.venv/test.stamp: .venv/core.stamp
	@PYTHON="$(PYTHON)" scripts/python-environment.sh test
	@touch $@
