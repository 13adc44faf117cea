# What people type. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export NIXMON_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/nixmon
export NIXMON_SANDBOX ?= /var/lib/nixmon-sandbox
export PATH := $(NIXMON_CACHE)/bin:$(PATH)

# the Proxmox provider takes its certificates from the system: those in certificates/ count too
ifneq ($(wildcard certificates),)
export SSL_CERT_DIR := $(or $(SSL_CERT_DIR),/etc/ssl/certs):$(CURDIR)/certificates
endif

STACK ?= sandbox
# the sandbox's stacks have an engine state, a login and a key of their own
STATE = $(if $(filter sandbox fleet,$(STACK)),. sandbox/env.sh;)
SETTINGS = $(if $(STATE),$(STATE) [[ -d $$NIXMON_SANDBOX/state ]] || { echo "there is no sandbox here: make sandbox makes it" >&2; exit 1; };)
SOURCES := $(shell find index.ts stacks components plan cli dashboards sandbox alerts modules agent -type f 2>/dev/null)

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

.PHONY: tools
tools: ## Find or build every program that the project uses
	@tools/needs.sh
	@tools/tools.sh
	@tools/python.sh
	@tools/standins.sh

node_modules/.package-lock.json: package.json package-lock.json
	@# not npm ci: it refuses a lock without some other platform's optional binaries, which not every registry mirror holds
	@tools/quietly.sh npm "installing the packages of package-lock.json" npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

dist/.built: node_modules/.package-lock.json tsconfig.json tsconfig.build.json $(SOURCES)
	@tools/quietly.sh build "compiling TypeScript to dist/" npm run --silent build
	@touch $@

.PHONY: build
build: dist/.built ## Compile the program and its command-line tools

# first of all: nobody should wait for a build to read that it was for nothing
.PHONY: sandbox-check
sandbox-check:
	@sandbox/hosts/machine.sh check

.PHONY: sandbox
sandbox: sandbox-check tools build ## A whole cluster on this machine: provision, push, activate, scrape
	@sandbox/up.sh

.PHONY: sandbox-down
sandbox-down: ## Remove the sandbox and everything it made
	@sandbox/down.sh

.PHONY: up
up: build ## Deploy a stack: make up STACK=x
	@$(SETTINGS) node dist/cli/heal.js --stack $(STACK)
	@$(SETTINGS) pulumi up --stack $(STACK) --continue-on-error

.PHONY: refresh
refresh: build ## Take into a stack's state what was changed by hand at Proxmox: make refresh STACK=x
	@$(SETTINGS) node dist/cli/heal.js --stack $(STACK)
	@$(SETTINGS) pulumi refresh --stack $(STACK)

.PHONY: destroy
destroy: build ## Remove a stack's machines, tokens and configuration, also where some are gone already: make destroy STACK=x
	@$(SETTINGS) node dist/cli/heal.js --stack $(STACK) --machines
	@$(SETTINGS) pulumi destroy --stack $(STACK) --continue-on-error

.PHONY: status
status: build ## Table of a stack's targets: make status STACK=x
	@$(SETTINGS) node dist/cli/status.js --stack $(STACK)

.PHONY: dashboards-preview
dashboards-preview: build ## Draw every dashboard from the primary's Prometheus to a page: STACK=x
	@$(SETTINGS) node dist/cli/dashboards-preview.js --stack $(STACK)

.PHONY: doctor
doctor: build ## Say what is wrong on a stack's hosts and what to type: make doctor STACK=x [HOST=h] [JSON=1]
	@$(SETTINGS) node dist/cli/doctor.js --stack $(STACK) $(if $(HOST),--host $(HOST)) $(if $(JSON),--json)

.PHONY: restore
restore: build ## Send a host again what its stack deployed: make restore STACK=x HOST=h
	@$(SETTINGS) node dist/cli/restore.js --stack $(STACK) --host $(HOST)

.PHONY: render
render: build ## Write what each host of a stack would get: make render STACK=x
	@node dist/cli/render.js $(STACK)

.PHONY: docs
docs: build ## Write the tables of docs/ and README.md that are made of code
	@node dist/cli/docs.js

.PHONY: preview
preview: build ## What a stack's configuration would change, for a pull request: make preview STACK=x [BASE=origin/main] [MOST=characters]
	@$(STATE) node dist/cli/preview.js $(STACK) --base=$(BASE) $(if $(MOST),--most=$(MOST))

.PHONY: test
test: ## Every kind of test, on a sandbox too; of what takes long a part: the rest is in the test-... below
	@test/all.sh

.PHONY: test-faults
test-faults: tools build ## Every fault of docs/faults.md on the sandbox, which is written anew; about 20 minutes
	@test/faults/run.sh

.PHONY: test-secrets
test-secrets: tools build ## Secrets: every kind through its life, 10,000 reads during 100 rotations
	@NIXMON_SECRETS_FULL=1 npx jest --config jest.engine.config.js test/engine/canary.test.ts test/engine/rotation.test.ts

.PHONY: test-alert-path
test-alert-path: tools build ## From a stopped exporter to the message, 20 times; crashes, heartbeat. Writes docs/alert-path.md, 25 minutes
	@NIXMON_ALERT_ROUNDS=5 npx jest --config jest.engine.config.js test/engine/alertPath.test.ts

.PHONY: test-doctor
test-doctor: tools build ## Each fault of docs/doctor.md alone, on a sandbox that is up or made for it: 6 minutes
	@NIXMON_ENGINE_KEEP=1 NIXMON_DOCTOR_EACH=1 npx jest --config jest.engine.config.js --ci test/engine/doctor.test.ts

.PHONY: test-sizing
test-sizing: tools build ## Measure the figures of docs/sizing.md again, an accelerated run among them: 5 minutes
	@NIXMON_ENGINE_KEEP=1 npx jest --config jest.engine.config.js --ci --testMatch '<rootDir>/test/sizing/*.test.ts' '<rootDir>/test/engine/sizing.test.ts'

.PHONY: format
format: node_modules/.package-lock.json ## Format all sources
	@npm run --silent format

.PHONY: bench
bench: tools build ## Measure the figures of docs/benchmarks.md on the sandbox
	@test/bench/run.sh

.PHONY: bench-compare
bench-compare: tools build ## The same work by this project, pyinfra and Ansible on 50 hosts; half an hour
	@eval "$$(tools/env.sh)" && NIXMON_BENCH_VENV="$$(test/bench/compare/venv.sh)" node test/bench/compare/run.js && node test/bench/report.js

.PHONY: bench-plan
bench-plan: tools build ## Planning and checking 1,000 hosts: seconds and memory
	@eval "$$(tools/env.sh)" && node test/bench/plan.js && node test/bench/report.js
