# Type `make` to see what there is. Everything lands in .venv and .local, which git ignores.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?=#                   the interpreter for .venv; empty: the newest that is found
ENV ?= dev#                  the section of samconfig.toml that is deployed
TESTS ?= tests#              what `make test` runs
JOBS ?= 2#                   processes of `make faults`
WORKERS ?= 3#                how many test processes: some wait while others compute

BIN := .venv/bin
SAM := .local/sam/bin/sam
SECURITY := .local/security/bin
REGIONS := us-east-1 us-west-2 ca-central-1 sa-east-1 eu-central-1 eu-west-1 ap-northeast-1 ap-southeast-2
FUZZ := .local/fuzz/.done
JUDGES := .local/judges/.done
UV := $(BIN)/uv

# Handed to the recipes as they were typed: make must not read the $ in a price, nor the shell a quote.
export RETAKE_VIDEO := $(value VIDEO)
export RETAKE_PROMPT := $(value PROMPT)
export SAM_CLI_TELEMETRY := 0

# ---------------------------------------------------------------- run it

# What went wrong has been said in one sentence; make shall not add to it, and still not end well.
told = || kill -PIPE $$PPID

demo: setup ## One edit from upload to message [VIDEO=clip.mp4] [PROMPT="make it snow"]
	@./retake demo $${RETAKE_VIDEO:+"--video=$$RETAKE_VIDEO"} \
	  $${RETAKE_PROMPT:+"--prompt=$$RETAKE_PROMPT"} $(told)

up: setup ## The stack on this machine, until Ctrl-C [PORT=4566] [BOARD_PORT=4567]
# Ctrl-C is the way out, not an error: the shell stays for the answer, and 130 is the expected one.
	@trap : INT; ./retake up $(if $(PORT),--port '$(PORT)') \
	  $(if $(BOARD_PORT),--board-port '$(BOARD_PORT)') || [ $$? -eq 130 ] $(told)

board: setup ## A link to the board of a stack [STACK=retake-dev] [DAYS=30]
	@./retake board $(if $(STACK),--stack '$(STACK)') $(if $(DAYS),--days '$(DAYS)') $(told)

recover: setup ## Fetch a result that came late EDIT=e-… [STACK=retake-dev]
	@./retake recover '$(EDIT)' $(if $(STACK),--stack '$(STACK)') $(told)

# ---------------------------------------------------------------- work on it

test: setup-dev ## All tests [TESTS=tests/statemachine]
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

test-long: setup-dev ffmpeg $(JUDGES) ## What takes minutes: whole stacks, footage, outside judges
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m long tests

test-browser: setup-dev chromium $(JUDGES) ## The pages in a real browser [CHROMIUM=/usr/bin/chromium]
	@CHROMIUM="$$(command -v "$${CHROMIUM:-chromium}")" \
	CHROMEDRIVER="$$(command -v "$${CHROMEDRIVER:-chromedriver}")" \
	$(BIN)/python -m pytest -q tests/browser

# The judge of what a repair makes of seventy kinds of footage; nothing else uses it.
ffmpeg:
	@command -v ffprobe >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
	  --no-install-recommends ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null; } || { \
	  echo "The footage is judged by FFmpeg's own tools: apt-get install ffmpeg" >&2; exit 1; }

# Browser and driver of one Debian source package, so that they always fit each other.
chromium:
	@$(has_chromium) || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq >/dev/null 2>&1 && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium \
	  chromium-driver >/dev/null 2>&1 && $(has_chromium); } || { echo "The pages need a Chromium and\
	 its driver: apt-get install chromium chromium-driver, or name them with CHROMIUM=… and\
	 CHROMEDRIVER=…" >&2; exit 1; }

fuzz-api: setup-dev ## The API against its own description, at length [EXAMPLES=300]
	@RETAKE_FUZZ_EXAMPLES=$(or $(EXAMPLES),300) $(BIN)/python -m pytest -q \
	  tests/end_to_end/test_api_fuzz.py

fuzz: setup-dev $(FUZZ) ## Readers of strangers' bytes, and 5,000 uploads of nonsense [SECONDS=600] [ONLY=video]
	@PYTHONPATH=.:layers/core:.local/fuzz $(BIN)/python -m tests.fuzz \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED))

docs: setup-dev ## Renew what is written from the code: models, openapi, licences, faults
	@PYTHONPATH=.:layers/core $(BIN)/python -m tools.models_page
	@$(BIN)/python -m tools.openapi
	@PYTHONPATH=.:layers/core $(BIN)/python -m tools.command_schema
	@$(BIN)/python -m tools.licences
	@PYTHONPATH=.:layers/core $(BIN)/python -m tests.faults.page

faults: setup-dev ## Every fault, every pair, 20,000 random runs [REPLAY='seed=7'] [SEEDS=100]
	@PYTHONPATH=.:layers/core $(BIN)/python -m tests.faults --jobs $(JOBS) \
	  $(if $(SEEDS),--seeds $(SEEDS)) $(if $(REPLAY),--replay '$(REPLAY)')

bench: setup-dev ## Measure cost and speed beside others, write docs/performance.md [ONLY=p1,p7]
	@PYTHONPATH=.:layers/core $(BIN)/python -m bench $(ONLY)

check: setup-dev ## Format, lint, rooms, types and template
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@PYTHONPATH=.:layers/core $(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml && echo "The template passes cfn-lint."

security: setup-dev $(SECURITY)/checkov ## What outsiders' rules say of template and code
# Twice: only what SAM makes of the template has the roles in it.
	@mkdir -p .local/transformed
	@PYTHONPATH=.:layers/core $(BIN)/python -m tools.transformed > .local/transformed/template.json
	@$(BIN)/cfn-lint --regions $(REGIONS) -- template.yaml .local/transformed/template.json
	@$(SECURITY)/checkov --config-file .checkov.yaml --file template.yaml
	@$(SECURITY)/checkov --config-file .checkov.yaml --file .local/transformed/template.json
	@$(SECURITY)/bandit --quiet --configfile pyproject.toml --recursive functions layers local command tools
	@$(BIN)/python -m pytest -q tests/requirements tests/template/test_checkov.py
	@echo "checkov, bandit, the floors and the licences have no findings."

format: setup-dev ## Put the code into its one format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: $(BIN)/.uv ## Renew requirements/*.txt from requirements/*.in [UPGRADE=1]
	@$(call compile,uv,requirements/uv.txt)
	@$(call compile,core,layers/core/requirements.txt)
	@$(call compile,media,layers/media/requirements.txt)
	@$(call compile,local,requirements/local.txt)
	@$(call compile,dev,requirements/dev.txt)
	@$(call compile,fuzz,requirements/fuzz.txt)
	@$(call compile,judges,requirements/judges.txt)
	@$(call compile,sam,requirements/sam.txt)
	@$(call compile,security,requirements/security.txt)
	@$(call compile,../bench/requirements/clients,bench/requirements/clients.txt)

# ---------------------------------------------------------------- deploy it

validate: $(SAM) ## Ask the SAM CLI whether the template is sound
# Any region will do, and only here: for deploying, the user's own profile decides.
	@AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} $(SAM) validate --lint

build: setup ## Build layers and functions as Lambda takes them
	@$(BIN)/python -m tools.build

deploy: setup $(SAM) ## Build, and deploy to your AWS account [ENV=prod]
	@./retake deploy --env $(ENV) $(told)

smoke: setup ## Check a deployed stack from here: STACK=name [PROFILE=…] [REGION=…] [SPEND=yes]
	@test -n "$(STACK)" || { echo "make smoke: name the stack with STACK=…" >&2; exit 2; }
	@./retake doctor --stack "$(STACK)" $(if $(PROFILE),--profile "$(PROFILE)") \
	  $(if $(REGION),--region "$(REGION)") $(if $(MODEL),--model "$(MODEL)") \
	  $(if $(filter yes,$(SPEND)),--yes) $(if $(JSON),--json) $(told)

# ---------------------------------------------------------------- set up and tidy

setup: $(BIN)/.local ## Install what running it here needs; does nothing the second time
	@:

setup-dev: $(BIN)/.dev ## The same for working on it
	@:

clean: ## Remove everything that was installed, built or made
	rm -rf .venv .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This table
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo up board recover test test-long test-browser chromium ffmpeg faults fuzz fuzz-api docs bench check security format lock validate build deploy smoke setup setup-dev clean help

# ---------------------------------------------------------------- how the above is done

has_chromium = command -v "$${CHROMIUM:-chromium}" >/dev/null && \
  command -v "$${CHROMEDRIVER:-chromedriver}" >/dev/null

# A name on PATH may be a shim of pyenv that only says it has no such version: each is tried.
candidates = python3.13 python3.12 python3.11 python3 python \
  "$$(pyenv prefix 3.13 2>/dev/null)/bin/python" "$$(pyenv prefix 3.12 2>/dev/null)/bin/python"
find_python = for each in $(if $(strip $(PYTHON)),"$(strip $(PYTHON))",$(candidates)); do \
  "$$each" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
  >/dev/null 2>&1 && { echo "$$each"; exit 0; }; done; exit 1

install = $(UV) pip install --quiet --require-hashes --only-binary :all:
compile = echo "$(2)" && $(UV) pip compile --quiet --universal --python-version 3.11 \
  --fork-strategy fewest --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
  $(if $(UPGRADE),--upgrade) requirements/$(1).in -o $(2)

$(BIN)/.uv: requirements/uv.txt
	@python=$$($(find_python)) || { echo "make: Retake needs Python 3.11 or newer with venv and\
	 pip; none was found. Name one with PYTHON=/path/to/python3." >&2; exit 1; }; \
	echo "Setting up .venv with $$("$$python" --version)"; "$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --only-binary :all: -r requirements/uv.txt
	@touch $@

$(BIN)/.local: requirements/local.txt $(BIN)/.uv
	@echo "Installing what Retake needs here into .venv; only the first time …"
	@$(install) --python .venv -r requirements/local.txt
	@touch $@

$(BIN)/.dev: requirements/dev.txt $(BIN)/.local
	@$(install) --python .venv -r requirements/dev.txt
	@touch $@

# Not everywhere there is a wheel; without one the readers are tried by other means.
$(FUZZ): requirements/fuzz.txt $(BIN)/.dev
	@$(UV) pip install --quiet --require-hashes --only-binary :all: --python .venv \
	  --target .local/fuzz -r requirements/fuzz.txt || echo "make fuzz: going on without atheris."
	@mkdir -p .local/fuzz && touch $@

# Their scripts do not run; what npm gets is pinned by hash as well.
$(JUDGES): requirements/judges.txt tests/judges/package-lock.json $(BIN)/.uv
	@echo "Setting up the outside judges in .local/judges"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .local/judges
	@$(install) --python .local/judges -r requirements/judges.txt
	@cp tests/judges/package.json tests/judges/package-lock.json tests/judges/.npmrc .local/judges/
	@cd .local/judges && PATH="$$PWD/bin:$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(SAM): requirements/sam.txt $(BIN)/.uv
	@echo "Setting up the SAM CLI in .local/sam"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .local/sam
	@$(install) --python .local/sam -r requirements/sam.txt
	@touch $@

$(SECURITY)/checkov: requirements/security.txt $(BIN)/.uv
	@echo "Setting up checkov and bandit in .local/security"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .local/security
	@$(install) --python .local/security -r requirements/security.txt
	@touch $@
