# Every command of the project. Needs git, make and any Python from 3.11 on; uv is fetched if missing,
# and fetches a Python from 3.11 to 3.13 if the machine has none.

SHELL := /bin/bash
.DEFAULT_GOAL := help

UI_PORT ?= 8080
AWS_PORT ?= 5555
PORTS = --ui-port $(UI_PORT) --aws-port $(AWS_PORT)

# The machine's 3.11 to 3.13 is used; `never` forbids that uv fetches one where there is none.
export UV_PYTHON_DOWNLOADS ?= automatic
# Images of Python set it: each process would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# In the locale C, Python 3.11 and 3.12 cannot start in a clone whose path is not ASCII: they read
# their environment's .pth files by the locale.
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif
OWN_UV := .emmaa/tools/bin/uv
UV := $(if $(shell command -v uv 2>/dev/null),uv,$(OWN_UV))
# Where HOME is read-only, uv keeps its packages and Pythons in the clone.
HOME_IS_WRITABLE := $(shell for name in "$${XDG_CACHE_HOME:-$$HOME/.cache}/uv" "$${XDG_CACHE_HOME:-$$HOME/.cache}" "$$HOME"; do \
	if [ -e "$$name" ]; then [ -d "$$name" ] && [ -w "$$name" ] && echo yes; break; fi; done)
ifeq ($(HOME_IS_WRITABLE),)
export UV_CACHE_DIR ?= $(CURDIR)/.emmaa/uv-cache
export UV_PYTHON_INSTALL_DIR ?= $(CURDIR)/.emmaa/uv-python
endif
# Any that is new enough, for what is done before there is an environment.
PYTHON3 = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$name && break; done)
NO_PYTHON = no Python from 3.11 on was found (looked for python3, and python3.14 to python3.11): install one
PYTHON := .venv/bin/python
JOBS_PYTHON := scripts/.venv/bin/python
# The parts of the suite, which `make test` runs LANES at a time: those that take longest come first.
SUITE := test-jobs-1 test-jobs-2 test-rest test-e2e test-dags test-unit
# The first half of the jobs' tests, by the time that they take.
JOBS_1 := $(addprefix tests/jobs/,assembly bucket_check commands cycle db explanation exports \
	indra_setup left_out legacy model model_testing model_types)
LANES ?= 3
SIDE_BY_SIDE = --no-print-directory -j$(LANES) --output-sync=target --keep-going
JOBS_TESTS := -m pytest -c scripts/pyproject.toml --rootdir .
PYTEST_JOBS := $(JOBS_PYTHON) $(JOBS_TESTS)
# What mypy reads with Airflow's packages, but for what needs the jobs', and what it reads with those.
TYPED := plugins dags lambdas infra benchmarks tests
UNTYPED := ^(infra/local/seed/|tests/jobs/|benchmarks/jobs/)
TYPED_JOBS := scripts infra/local/seed tests/jobs benchmarks/jobs

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(if $(STACK),setup,databases) ## Run one day of the whole cycle and print a report (KEEP=1: keep the stack, STACK=compose: on docker-compose's)
	@$(PYTHON) -m infra.local.demo $(PORTS) $(if $(KEEP),--keep) $(if $(STACK),--stack $(STACK))

.PHONY: up
up: databases ## Start the stack with Airflow's UI and leave it running (FRESH=1: without the last start's state, SETTINGS=file.toml: with these settings)
	@$(PYTHON) -m infra.local.up $(PORTS) $(if $(FRESH),--fresh) $(if $(SETTINGS),--settings "$(SETTINGS)")

# Without /proc processes are found by psutil, which a clone without an environment needs no more
# than it has a stack.
DOWN_PYTHON = $(if $(wildcard /proc/self/stat),$(or $(PYTHON3),$(error $(NO_PYTHON))),$(or $(wildcard $(PYTHON)),true))

.PHONY: down
down: ## End what `make up` and `make demo KEEP=1` left, and a demo that runs in another terminal
	@PYTHONPATH=plugins $(DOWN_PYTHON) -m infra.local.down

.PHONY: status
status: ## Show the components of what runs, addresses, login, unfinished jobs, and what went wrong
	@test -x $(PYTHON) || { echo "Nothing is installed yet: \`make up\` installs and starts the stack."; exit 1; }
	@$(PYTHON) -m infra.local.status

.PHONY: logs
logs: ## Follow the logs of what `make up` started (NAME=…: of one component alone)
	@ls .emmaa/up/$(or $(NAME),*).log > /dev/null 2>&1 \
		|| { echo "There is no log .emmaa/up/$(or $(NAME),*).log: \`make up\` starts the stack."; exit 1; }
	@tail -n 20 -F .emmaa/up/$(or $(NAME),*).log

.PHONY: mails
mails: setup ## Show the mails of what runs in the browser, operators' messages included
	@$(PYTHON) -m infra.local.mails

# Files of both environments may be named, and with `::` a test of one: FILE="tests/a.py tests/jobs/b.py::test_c".
ROOT_FILES = $(filter-out tests/jobs/%,$(FILE))
JOBS_FILES = $(filter tests/jobs/%,$(FILE))

.PHONY: screenshots
screenshots: setup ## Take the pictures of README and docs, of a day of the demo (needs Chromium)
	@$(PYTHON) -m infra.local.screenshots

.PHONY: test
test: setup ## Run the test suite (FILE=…: these files alone, each in its environment)
ifeq ($(strip $(FILE)),)
	@$(MAKE) $(SIDE_BY_SIDE) $(SUITE)
else
	$(if $(ROOT_FILES),$(PYTHON) -m pytest $(ROOT_FILES))
	$(if $(JOBS_FILES),$(PYTEST_JOBS) $(JOBS_FILES))
endif

BASE ?= main

.PHONY: test-changed
test-changed: setup ## Run the tests of what changed against main (BASE=…: another branch)
	@files=$$($(PYTHON) -m tests.changed $(BASE)) || exit; \
	if [ -n "$$files" ]; then $(MAKE) --no-print-directory test FILE="$$files"; \
	else echo "no test imports or names what changed against $(BASE)"; fi

.PHONY: ci
ci: setup ## All that CI runs: the test suite, test-processes and check (LANES=2: fewer at a time)
	@$(MAKE) $(SIDE_BY_SIDE) $(SUITE) test-processes check

.PHONY: test-dags
test-dags: setup ## Tests of the DAGs and of Airflow's side (Airflow's environment, as the next two)
	$(PYTHON) -m pytest tests/dags

.PHONY: test-unit
test-unit: setup ## Unit tests
	$(PYTHON) -m pytest tests/unit

.PHONY: test-rest
test-rest: setup ## Tests of the embedded AWS and of what deploys, and simulated faults
	$(PYTHON) -m pytest tests $(foreach folder,dags unit jobs e2e faults/real faults/stack,--ignore tests/$(folder))

.PHONY: test-jobs
test-jobs: setup ## Tests of the Batch jobs (INDRA's environment)
	$(PYTEST_JOBS) tests/jobs

.PHONY: test-jobs-1
test-jobs-1: setup ## The first half of test-jobs
	$(PYTEST_JOBS) $(JOBS_1)

.PHONY: test-jobs-2
test-jobs-2: setup ## The second half of test-jobs
	$(PYTEST_JOBS) tests/jobs $(addprefix --ignore ,$(JOBS_1))

.PHONY: test-e2e
test-e2e: setup ## Two days of the cycle, and backfills, on a real Airflow
	$(PYTHON) -m pytest tests/e2e

.PHONY: test-processes
test-processes: setup ## Kill and stop the processes of a real Airflow while jobs run
	$(PYTHON) -m pytest tests/faults/real

.PHONY: bench-scheduler
bench-scheduler: setup ## Measure the scheduler's side (NAMES="describe_calls stages" for some)
	@$(PYTHON) -m benchmarks.scheduler $(NAMES)

.PHONY: mwaa-check
mwaa-check: setup ## Parse and test the DAGs in what Amazon MWAA installs, for each version
	@$(PYTHON) -m infra.mwaa.check

.PHONY: mwaa-run
mwaa-run: setup ## Run a day on Amazon MWAA's own code (MWAA_IMAGES=clone of aws/amazon-mwaa-docker-images)
	@$(PYTHON) -m infra.mwaa.run --images "$(MWAA_IMAGES)" $(VERSIONS)

.PHONY: canary
canary: setup ## Try the DAGs on the newest Airflow and amazon provider, unconstrained
	@$(PYTHON) -m infra.mwaa.canary

.PHONY: odd-place
odd-place: ## Run the demo in a private clone with an odd path, a read-only HOME, the locale C and dead proxies
	@.ci/odd-place

.PHONY: deploy-plan
deploy-plan: setup ## Show what DEPLOYMENT=file.toml would deploy to AWS; needs no account
	@$(PYTHON) infra/deploy.py $(or $(DEPLOYMENT),infra/deployment.example.toml) --plan $(ARGS)

.PHONY: deploy
deploy: setup ## Deploy DEPLOYMENT=file.toml to AWS, showing and asking first (ARGS="--yes --profile P")
	@$(PYTHON) infra/deploy.py $(or $(DEPLOYMENT),$(error name a file: make deploy DEPLOYMENT=my-deployment.toml)) $(ARGS)

.PHONY: golden
golden: setup ## Write the tests' golden files anew; look at git diff afterwards
	$(PYTEST_JOBS) tests/jobs/cycle/test_golden_day.py tests/jobs/stats tests/jobs/explanation --renew-golden -q

.PHONY: bench-jobs
bench-jobs: setup ## Measure the Batch jobs and print a table (docs/benchmarks.md)
	@$(JOBS_PYTHON) -m benchmarks.jobs

FAULT_SCHEDULES ?= 10000

.PHONY: faults
faults: setup ## 10,000 simulated schedules of faults (FAULT_SCHEDULES=…), then faults of real processes
	$(PYTHON) -m tests.faults --schedules $(FAULT_SCHEDULES)
	@$(MAKE) --no-print-directory test-processes
	$(PYTHON) -m pytest tests/faults/stack

.PHONY: check
check: setup ## Lint, types, import directions, templates
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy --exclude '$(UNTYPED)' $(TYPED)
	.venv/bin/mypy --cache-dir .mypy_cache/jobs --python-executable $(JOBS_PYTHON) $(TYPED_JOBS)
	.venv/bin/lint-imports
	@if compgen -G 'infra/cloudformation/*.y*ml' > /dev/null; then \
		.venv/bin/cfn-lint --regions ALL_REGIONS -- infra/cloudformation/*.y*ml; fi
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yaml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	.venv/bin/zizmor --offline --quiet --persona pedantic .github
	@$(MAKE) --no-print-directory docs

.PHONY: docs
docs: setup ## Build the docs site into .emmaa/site; a warning fails it
	.venv/bin/zensical build --strict

.PHONY: coverage
coverage: setup ## Measure the lines and branches that tests run, and hold each package's gate
	@rm -f .emmaa/coverage .emmaa/coverage.*
	@$(MAKE) --no-print-directory -j2 --output-sync=target coverage-airflow coverage-jobs
	@$(PYTHON) -m coverage combine --quiet
	@$(PYTHON) -m coverage json --quiet -o .emmaa/coverage.json
	@$(PYTHON) -m tests.coverage_gate .emmaa/coverage.json

.PHONY: coverage-airflow
coverage-airflow: setup
	$(PYTHON) -m coverage run -m pytest -q tests --ignore tests/jobs --ignore tests/e2e --ignore tests/faults

.PHONY: coverage-jobs
coverage-jobs: setup
	$(JOBS_PYTHON) -m coverage run --rcfile pyproject.toml $(JOBS_TESTS) -q tests/jobs

MUTANTS ?= 300
SEED ?= 1

.PHONY: mutate
mutate: setup ## Change the code in 300 small ways, and see whether tests notice (MUTANTS=…, SEED=…, ONLY="a folder", MINUTES=…)
	$(PYTHON) -m tests.mutation --mutants $(MUTANTS) --seed $(SEED) --results .emmaa/mutants.jsonl \
		$(if $(MINUTES),--minutes $(MINUTES)) $(ONLY)

.PHONY: compose-env
compose-env: ## Write the secrets of docker-compose.yaml's services (infra/compose/env)
	@$(or $(PYTHON3),$(error $(NO_PYTHON))) infra/compose/make_env.py

.PHONY: compose-check
compose-check: setup ## Prove docker-compose.yaml on a container engine, with a day of the demo (COMPOSE=…: another command)
	$(PYTHON) -m infra.compose.check

MIGRATIONS := $(wildcard scripts/emmaa_jobs/db/migrations/*/*.py)
# Each takes one core for most of its time. Within `make -j` that one says how many run at once.
AT_ONCE = --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j3)

.PHONY: setup
setup: ## Install both environments and INDRA's resources
	@$(MAKE) $(AT_ONCE) installed

# Apart from `setup`: most commands need no PostgreSQL.
.PHONY: databases
databases:
	@$(MAKE) $(AT_ONCE) installed migrated

.PHONY: installed
installed: .venv/.ready scripts/.venv/.ready .emmaa/resources/.ready
	@:

.PHONY: migrated
migrated: .emmaa/postgres/.ready
	@:

.venv/.ready: pyproject.toml uv.lock | $(filter $(OWN_UV),$(UV))
	@echo "installing Airflow's environment (.venv)"
	@$(UV) sync --quiet --locked
	@touch $@

scripts/.venv/.ready: scripts/pyproject.toml scripts/uv.lock | $(filter $(OWN_UV),$(UV))
	@echo "installing the jobs' environment (scripts/.venv)"
	@$(UV) sync --quiet --locked --project scripts
	@touch $@

.emmaa/resources/.ready: scripts/.venv/.ready scripts/prepare_resources.py
	@echo "building INDRA's resources (.emmaa/resources)"
	@$(JOBS_PYTHON) scripts/prepare_resources.py --root .emmaa/resources
	@touch $@

# A stack makes them itself if they do not fit its code. Here it is done beside INDRA's resources.
.emmaa/postgres/.ready: .venv/.ready scripts/.venv/.ready infra/local/stack/database.py $(MIGRATIONS)
	@$(PYTHON) -m infra.local.databases
	@touch $@

$(OWN_UV):
	@echo "installing uv (.emmaa/tools)"
	@rm -rf .emmaa/tools
	@python=$(or $(PYTHON3),$(error $(NO_PYTHON))); \
	if $$python -m venv .emmaa/tools > /dev/null 2>&1; then \
		.emmaa/tools/bin/python -m pip install --quiet uv; \
	else \
		rm -rf .emmaa/tools; $$python -m pip install --quiet --target .emmaa/tools uv; \
	fi || { rm -rf .emmaa/tools; \
		echo "uv could not be installed: see above. $$python needs venv or pip"\
		"(Debian and Ubuntu: apt install python3-venv), or install uv yourself: https://docs.astral.sh/uv"; \
		exit 1; } >&2

.PHONY: clean
clean: down ## Remove the environments, the tools' caches, all local state and docker-compose.yaml's secrets
	rm -rf .venv scripts/.venv infra/compose/env .emmaa
	rm -rf .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
