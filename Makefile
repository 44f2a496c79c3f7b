# Two commands need nothing before them: `make demo` and `make test`.
VENV ?= .venv
export VENV

.PHONY: demo test check wheel clean

# With a screen: napari with the sample and the docks. Without: the same job, headless.
demo:
	@scripts/setup.sh python
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] && scripts/setup.sh screen; then \
		"$$VENV/bin/napari-ssrvae" demo; \
	else \
		"$$VENV/bin/napari-ssrvae" demo --headless; \
	fi

# Every check and every test, the window's too, on a virtual display of its own.
test:
	@scripts/setup.sh python test
	@scripts/setup.sh virtual-screen
	@scripts/test.sh $(ARGS)

# The quick checks alone: style, types, walls, manifest.
check:
	@scripts/setup.sh python test
	@scripts/test.sh --checks-only

# The wheel, installed with its extras into an empty environment outside the checkout, opened and used.
wheel:
	@scripts/setup.sh python test
	@scripts/setup.sh virtual-screen
	@scripts/check_wheel.sh

clean:
	rm -rf "$$VENV" build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
