# make lab     install everything, open the course in JupyterLab
# make test    install everything, run all tests, on several cores; PYTEST="tests/library -k shapes" some, on one
# make grade   install everything, grade a sample class of eight
# make bench   install PyTorch and HIPS autograd too, measure the library beside them
# make bench-browser   how fast the explorers are under a hand, in a real JupyterLab
# make bench-grading   grade a class with nbgrader as it comes, and with ours

PYTHON  ?= python3
VENV    := .venv
READY   := $(VENV)/.ready
SAMPLE  := classroom/sample
EXTRAS  := lab,grade,scale,test
PYTEST  ?= -n logical --maxprocesses 4

# nbgrader calls `alembic` by name, so the environment's bin comes first on PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: lab test grade bench bench-browser bench-grading clean

lab: $(READY)
	backprop lab

test: $(READY)
	python -m pytest $(PYTEST)

grade: $(READY)
	backprop class 04 -n 8 --classroom $(SAMPLE)
	backprop grade 04 --classroom $(SAMPLE) --isolation any
	backprop feedback 04 --classroom $(SAMPLE)

bench: $(VENV)/.bench
	python -m benchmarks.library $(BENCH)

bench-browser: $(READY)
	python -m benchmarks.browser $(BENCH)

bench-grading: $(READY)
	python -m benchmarks.grading $(BENCH)

clean:
	rm -rf $(VENV)

# uv where it is found, else pip; both leave compiled bytecode.
$(READY): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python '>=3.11' $(VENV) && \
	    uv pip install --quiet --compile-bytecode --python $(VENV)/bin/python -e '.[$(EXTRAS)]'; \
	else \
	    $(PYTHON) -m venv $(VENV) && \
	    $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'; \
	fi
	@touch $(READY)

$(VENV)/.bench: $(READY)
	@if command -v uv >/dev/null 2>&1; then \
	    uv pip install --quiet --python $(VENV)/bin/python -e '.[bench]'; \
	else \
	    $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'; \
	fi
	@touch $@
