# Every action of the project. `make` alone explains them; `make check` is what CI runs.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RELEASE := $(VENV)-release/bin
SITE_VENV := $(VENV)-site
COMPARE_VENV := $(VENV)-compare
BENCH ?= full
BENCH_VENV := $(VENV)-bench
PEER_VENV := $(VENV)-peer
REDOCLY := node_modules/.package-lock.json
export PYTHONPATH :=
# Compiled modules are kept, because the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## Explain every target
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: PYTHON (%s), VENV (%s). Everything is set up when first needed.\n' '$(PYTHON)' '$(VENV)'

##@ Use
.PHONY: demo
demo: $(VENV)/.run ## Run a query against the emulator: progress, rows, one failure, one expiry
	@echo 'Running the demonstration: about 9 s.'
	@$(BIN)/supermetrics-query demo

##@ Develop
.PHONY: test
test: $(VENV)/.dev ## Run the tests
	@echo 'Running the tests: about 4 min.'
	@$(BIN)/python -m pytest --numprocesses 4 --dist worksteal -m 'not soak and not alone'
	@$(BIN)/python -m pytest tests/io -m 'alone and not soak'

.PHONY: test-contract
test-contract: $(VENV)/.dev ## Run the tests that a change of openapi.yaml can break
	@echo 'Running the tests of the contract: about 1 min.'
	@$(BIN)/python -m pytest --numprocesses 4 --dist worksteal $(OF_THE_CONTRACT)
OF_THE_CONTRACT = tests/contract tests/emulator/test_emulator_contract.py tests/emulator/test_emulator_conformance.py \
	tests/release/test_compatibility.py tests/client/test_public.py tests/cli/test_help.py tests/docs/test_docs.py

.PHONY: attack
attack: $(VENV)/.dev ## Attack every client for 15 s: a server that spoils its answers in a hundred ways
	@echo 'Attacking every client: about 20 s.'
	@$(ATTACK) --numprocesses 4 --attack-seconds 15

.PHONY: soak
soak: $(VENV)/.dev ## Run the tests that take minutes: several processes, killed processes, a longer attack
	@$(BIN)/python -m pytest -m soak --timeout 600
	@$(ATTACK) --attack-seconds 150 --attack-from $$(date +%s)
ATTACK = $(BIN)/python -m pytest tests/hostile/test_invariants.py

.PHONY: mutants
mutants: $(VENV)/.dev ## Break each rule of the emulator and of the validation once; MUTANTS=dates takes one module
	@$(BIN)/python -m tools.mutants $(MUTANTS)

.PHONY: check
check: drift contract diff lint types layers test attack ## Everything CI runs

.PHONY: generate
generate: $(VENV)/.dev ## Regenerate generated/ from openapi.yaml
	@$(BIN)/python -m tools.contract.generate

.PHONY: drift
drift: $(VENV)/.dev ## Fail when generated/ is not what openapi.yaml generates
	@$(BIN)/python -m tools.contract.generate --check

.PHONY: templates
templates: $(VENV)/.dev ## Record that the generator's templates that ours replace have been looked at
	@$(BIN)/python -m tools.contract.upstream

.PHONY: try-generator
try-generator: $(VENV)/.dev ## Generate and test with another generator, VERSION=0.30.0, in build/; the project is not changed
	@$(BIN)/python -m tools.contract.trial $(VERSION) $(WITH)

.PHONY: contract
contract: $(VENV)/.dev $(REDOCLY) ## Validate and lint openapi.yaml
	@$(BIN)/openapi-spec-validator --subschema-errors all openapi.yaml
	@$(BIN)/python -m tools.contract.redocly lint openapi.yaml

.PHONY: contract-proof
contract-proof: $(VENV)/.dev $(REDOCLY) ## Change the contract in hundreds of ways; fail when a change is lost silently
	@echo 'Changing the contract: about 10 min.'
	@$(BIN)/python -m tests.contract.proof $(CHANGE)

.PHONY: diff
diff: $(VENV)/.dev ## Rate what changed since the last release; fail when the version is too low
	@$(BIN)/python -m tools.contract.diff

.PHONY: docs
docs: $(VENV)/.dev $(REDOCLY) ## Build the reference of the contract, build/reference.html
	@$(BIN)/python -m tools.contract.reference

.PHONY: site
site: $(SITE_VENV)/.site docs ## Build the documentation, build/site; fail on a link that leads nowhere, or a name without a definition
	@NO_MKDOCS_2_WARNING=true $(SITE_VENV)/bin/python -m mkdocs build
	@$(BIN)/python -m tools.docs.search
	@echo 'build/site is the documentation; it needs no network'

.PHONY: compare
compare: $(COMPARE_VENV)/.compare ## Run the jobs of docs/comparison.md with every contender, and write its table
	@PYTHONPATH=docs $(COMPARE_VENV)/bin/python -m comparison

.PHONY: bench
bench: $(BENCH_VENV)/.bench $(PEER_VENV)/.peer ## Measure side by side with the official SDK; BENCH=quick takes a minute and judges nothing
	@$(BENCH_VENV)/bin/python -m benchmarks $(BENCH) --peer $(PEER_VENV)/bin/python

.PHONY: bench-plots
bench-plots: $(BENCH_VENV)/.bench ## Draw the plots of docs/performance.md from the last full `make bench`
	@$(BENCH_VENV)/bin/python -m benchmarks.plots

.PHONY: released
released: ## Keep openapi.yaml as the contract of the last release
	@cp openapi.yaml docs/contract/released.yaml

.PHONY: lint
lint: $(VENV)/.dev ## Check style and formatting
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .

.PHONY: format
format: $(VENV)/.dev ## Repair style and formatting
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

.PHONY: types
types: $(VENV)/.dev ## Check types with mypy (strict) and pyright, those of the examples in docs/ too
	@$(BIN)/mypy
	@$(BIN)/basedpyright
	@$(BIN)/python -m tests.docs.typed_examples

.PHONY: layers
layers: $(VENV)/.dev ## Check which module may import which
	@$(BIN)/lint-imports

.PHONY: lock
lock: $(VENV)-release/.release ## Raise the locked versions in requirements/; PACKAGE=name raises one
	@$(RELEASE)/python -m tools.release.lock $(PACKAGE)
	@$(MAKE) sbom

##@ Release
.PHONY: build
build: $(VENV)/.dev $(VENV)-release/.release ## Build wheel and sdist into dist/, twice, and examine them
	@$(RELEASE)/python -m tools.release.packages $(BIN)/python

.PHONY: release-proof
release-proof: build ## Install what was built from an index on loopback, and use it in every combination
	@$(RELEASE)/python -m tools.release.proof

.PHONY: audit
audit: $(VENV)/.dev $(VENV)-release/.release ## Licence and age of every runtime dependency; secrets in the tree and in dist/
	@$(RELEASE)/python -m tools.release.audit $(VENV)
	@$(RELEASE)/python -m tools.release.secret_scan

.PHONY: publish
publish: $(VENV)-release/.release ## Upload what was proved; needs credentials, see docs/releasing.md
	@$(RELEASE)/python -m tools.release.publish

.PHONY: sbom
sbom: $(VENV)-release/.release ## Write the bill of materials from the lock and the version
	@$(RELEASE)/python -m tools.release.sbom

.PHONY: public
public: $(VENV)/.dev ## Write down what is public, tests/release/public.txt
	@$(BIN)/python -m tools.docs.public

.PHONY: changelog
changelog: $(VENV)-release/.release ## Move the fragments in changelog.d/ to CHANGELOG.md, under the version
	@$(RELEASE)/towncrier build --yes --version "$$($(RELEASE)/python -m tools.release.sbom --version)"

.PHONY: news
news: $(VENV)-release/.release ## Show what the fragments in changelog.d/ will say
	@$(RELEASE)/towncrier build --draft --version next

.PHONY: clean
clean: ## Remove everything that can be made again
	@rm -rf $(sort $(ENVIRONMENTS)) node_modules build dist .*_cache .hypothesis
	@find benchmarks docs examples generated overlays tests tools -name __pycache__ -prune -exec rm -rf {} +

# Environments. Only hash-locked packages are installed; the project itself is linked, not copied.
#
# $(call environment,FOLDER,LOCK,TIME,PROJECT) installs requirements/LOCK.txt into FOLDER, and `project` if that is PROJECT.
# FOLDER/.LOCK says that it is done. TIME is what it takes with the packages in the cache of pip. A new lock empties the
# environment first, except $(VENV), which holds two locks.
define environment
ENVIRONMENTS += $(1)
$(1)/.$(2): requirements/$(2).txt $(if $(4),pyproject.toml)
	@echo 'Setting up $(1): about $(3) the first time.'
	@$(if $(filter $(VENV),$(1)),test -x $(1)/bin/pip || )$$(call venv,$(1))
	@$(1)/bin/python $$(PIP) --require-hashes -r $$<
	@$(if $(4),$(1)/bin/python $$(PIP) --no-build-isolation --no-deps --editable .)
	@touch $$@
endef

define venv
{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		'Python 3.11 or later is needed: make PYTHON=/path/to/python3.12'; exit 1; }; \
	$(PYTHON) -m venv --clear $(1) || { rm -rf $(1); echo \
		'$(PYTHON) has no venv module; on Debian: apt-get install python3-venv'; exit 1; }; }
endef
PIP := -m pip --disable-pip-version-check -qq install

$(eval $(call environment,$(VENV),run,12 s,project))
$(eval $(call environment,$(VENV),dev,65 s,project))
$(eval $(call environment,$(VENV)-release,release,35 s))
$(eval $(call environment,$(SITE_VENV),site,15 s))
$(eval $(call environment,$(COMPARE_VENV),compare,10 s,project))
# Measurements see what a user has: no extras, because httpx imports click and rich wherever it finds them, and nothing
# of ours beside the SDK.
$(eval $(call environment,$(BENCH_VENV),bench,25 s,project))
$(eval $(call environment,$(PEER_VENV),peer,12 s))

# Redocly is the only package that npm installs. Its node comes with the development packages.
$(REDOCLY): package-lock.json package.json .npmrc | $(VENV)/.dev
	@echo 'Setting up node_modules: about 2 s.'
	@$(BIN)/python -m tools.contract.redocly install
	@touch $@
