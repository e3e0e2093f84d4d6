# Everything a newcomer needs: make demo, make test. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/common libs/indicators libs/client libs/bulk libs/cli db services/ingest services/analytics services/gateway deploy/local deploy/observability
UV := $(BIN)/uv
WEB := services/gateway/web
LOCAL := $(BIN)/python -m fansipan_local

.PHONY: help install up down status logs clean demo test test-unit check format bench bench-indicators bench-gateway bench-page lock page guide images bench-bulk bench-mqtt-out scan-manifests api-server audit licences sbom observability

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

install: $(VENV)/.installed ## Make .venv with exactly the locked packages

$(VENV)/.installed: requirements.lock $(foreach m,$(MEMBERS),$(m)/pyproject.toml)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "cannot make a virtual environment: install python3-venv (sudo apt-get install python3-venv)"; exit 1; }
	@echo "installing the locked packages into $(VENV) …"
	@test -x $(UV) || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(foreach m,$(MEMBERS),-e $(m))
	@touch $@

up: install ## Start the whole platform on this machine (no Docker needed)
	@$(LOCAL) up

down: install ## Stop it; data stays
	@$(LOCAL) down

status: install ## What runs, where, how much memory
	@$(LOCAL) status

logs: install ## Show the logs (make logs PART=ingest)
	@$(LOCAL) logs $(PART)

clean: install ## Stop and delete local data (asks first)
	@$(LOCAL) clean

demo: up ## The platform with real sample data, kept live (DEMO_LIVE=0 stops after the backfill)
	@set -a; . .local/env; set +a; $(BIN)/fansipan demo

check: install $(WEB)/node_modules/.package-lock.json ## What CI checks: format, lint, types, imports, the catalogue, the page
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/fansipan indicators validate catalogue
	$(BIN)/fansipan alerts validate catalogue
	$(BIN)/fansipan-observability check
	cd $(WEB) && npm run --silent check

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund

format: install ## Format the code and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: install ## All tests, in two processes, each with a real stack of its own (beside `make up`)
	$(BIN)/pytest --numprocesses 2 --no-loadscope-reorder

test-unit: install ## Only the pure tests (seconds)
	$(BIN)/pytest -m unit

bench: install ## Throughput as ratios to bare COPY; also written to .local/bench.json
	$(BIN)/python -m benchmarks

bench-indicators: install ## How far indicators stay behind what is stored, five minutes under load
	$(BIN)/python -m benchmarks.indicators

bench-gateway: install ## Remembered reads beside computed ones, and 2,000 clients of live events
	$(BIN)/python -m benchmarks.gateway

bench-bulk: install ## A file of 5,000,000 rows, imported, killed and resumed: rate and memory
	$(BIN)/python -m benchmarks.bulk

bench-mqtt-out: install ## What data out by MQTT costs those who store, at 2,000 observations a second
	$(BIN)/python -m benchmarks.mqtt_out

bench-page: install ## The page in Chromium on twelve months of the demo: views, bytes, a million readings
	$(BIN)/python -m benchmarks.page

page: $(WEB)/node_modules/.package-lock.json ## Build the operators' page
	cd $(WEB) && npm run build

audit: install ## Whether something is known to be wrong with what is locked (asks PyPI and npm)
	$(BIN)/python -m fansipan_local.supply_chain audit

licences: install ## The licences of all that we use: .local/licences.md
	$(BIN)/python -m fansipan_local.supply_chain licences

sbom: install ## What is locked (CycloneDX): .local/sbom/*.cdx.json; the images have theirs inside
	@mkdir -p .local/sbom
	$(BIN)/cyclonedx-py requirements --output-reproducible --output-file .local/sbom/python.cdx.json requirements.lock
	cd $(WEB) && npm sbom --package-lock-only --sbom-format cyclonedx > $(CURDIR)/.local/sbom/page.cdx.json

observability: install ## Write rules, dashboards and docs/telemetry.md again from the registry and slos.yaml
	$(BIN)/fansipan-observability write

images: ## Build the container images (needs Docker); what is in them: .local/images/*.cdx.json
	deploy/images/build

scan-manifests: install ## Look for insecure settings in deploy/k8s (checkov, in an environment of its own)
	deploy/k8s/scan

api-server: install ## Build Kubernetes' API server for tests/contract/test_kubernetes_api_server.py (long)
	$(BIN)/python -m tests.support.api_server

guide: install ## Take the pictures of the operator guide again, from a running demo (every view: docs/guide/screenshots.py)
	@set -a; . .local/env; set +a; $(BIN)/python docs/guide/screenshots.py --guide

lock: ## Re-resolve requirements.lock
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" pyproject.toml --group dev \
	  $(foreach p,common indicators client bulk cli db ingest analytics gateway local observability,--no-emit-package fansipan-$(p)) -o requirements.lock
