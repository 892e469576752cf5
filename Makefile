# Heaters. Every target installs what it needs: uv and Python packages, Node, and on Debian the system packages.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)
export AWS_DEFAULT_REGION ?= us-east-1
export ORT_DISABLE_TELEMETRY := 1
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export PLAYWRIGHT_NODEJS_PATH := $(CURDIR)/.venv/bin/node
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv

# As it was typed, dollars and quotes included: it reaches the program through the environment, not as shell text.
override VIDEO := $(value VIDEO)
export VIDEO

PYTHON := .venv/bin/python
STAMPS := .tools/stamps
SCENE_NETWORK := heaters/media/scenes/network/built/transnetv2.onnx
SITE_SOURCES := $(shell find review_site -path review_site/node_modules -prune -o -path review_site/dist -prune -o -type f -print)

.PHONY: help run demo token test test-fast soak check generate hooks format bench synth images models deploy clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | column -t -s "$$(printf '\t')"

run: $(STAMPS)/python $(STAMPS)/ffmpeg $(SCENE_NETWORK) review_site/dist/index.html  ## Run the whole system on this machine
	@exec $(PYTHON) -m local_cloud run

demo: $(STAMPS)/python $(STAMPS)/ffmpeg $(SCENE_NETWORK) review_site/dist/index.html  ## Process VIDEO (file, folder or URL; ALLOW_LOOPBACK=1 for one on this machine)
	@$(if $(filter 1,$(ALLOW_LOOPBACK)),HEATERS_ALLOW_LOOPBACK=1) exec $(PYTHON) -m local_cloud demo -- $${VIDEO:+"$$VIDEO"}

token: $(STAMPS)/python  ## Print a bearer token of local USER while `make run` is up
	@exec $(PYTHON) -m local_cloud token $(if $(findstring command line,$(origin USER)),-- "$$USER")

check: $(STAMPS)/python $(STAMPS)/site cdk.out/manifest.json  ## Format, lint, types, imports, templates, what is generated
	ruff format --check .
	ruff check .
	mypy
	PYTHONPATH=review_api lint-imports
	cfn-lint cdk.out/*.template.json
	python -m infra.workflow.lint_definitions cdk.out
	python -m docs.generate --check
	npm --prefix review_site run --silent check

generate: $(STAMPS)/python $(STAMPS)/site cdk.out/manifest.json  ## Write what is generated: stages, pictures, rooms, API document and types
	python -m docs.generate

hooks:  ## Let git run `make check` before each commit
	@hook="$$(git rev-parse --git-path hooks)/pre-commit"; \
	if [ -e "$$hook" ] && ! grep -q 'make hooks' "$$hook"; then \
		echo "$$hook is a hook of your own and stays; add a line to it: make check" >&2; exit 1; \
	fi; \
	mkdir -p "$${hook%/*}" && install -m 755 .ci/pre-commit "$$hook" && echo "Git runs make check before each commit ($$hook)."

format: $(STAMPS)/python $(STAMPS)/site  ## Format the code in place
	ruff format .
	ruff check --fix .
	npm --prefix review_site run --silent format

TESTED := $(STAMPS)/python $(STAMPS)/ffmpeg $(SCENE_NETWORK) $(STAMPS)/chromium $(STAMPS)/site review_site/dist/index.html
SITE_TESTS := npm --prefix review_site test --silent --
# A worker for each processor; what starts whole clouds and browsers and waits for them has the machine to itself.
SIDE_BY_SIDE := pytest --numprocesses logical --dist loadscope
CLOUDS := tests/local_cloud tests/browser

test: $(if $(TESTS),,check) $(TESTED)  ## Run every check and every test, or some tests: TESTS=path of Python or of the site
ifdef TESTS
	$(if $(filter review_site/%,$(TESTS)),$(SITE_TESTS) $(TESTS:review_site/%=%),pytest $(TESTS))
else
	$(SITE_TESTS)
	$(SIDE_BY_SIDE) $(CLOUDS:%=--ignore=%)
	pytest $(CLOUDS)
endif

test-fast: $(TESTED)  ## Run the tests that answer within three minutes: unit, API, and the site's pure ones
	$(SITE_TESTS)
	$(SIDE_BY_SIDE) tests/unit tests/api

soak: $(TESTED)  ## Run what only adds confidence, as often as it is meant to be
	HEATERS_TEST_PROFILE=soak pytest -m "soak or hypothesis"

bench: $(STAMPS)/python $(STAMPS)/ffmpeg $(SCENE_NETWORK)  ## Measure against peers, or one part: BENCH=passes, facts, export, presets, scenes, thresholds or review
	@exec $(PYTHON) -m bench $(BENCH)

synth: cdk.out/manifest.json  ## Write the CloudFormation templates to cdk.out/
	@ls cdk.out/*.template.json

images: $(STAMPS)/python  ## Build the container images with buildah, podman or docker
	@exec bash containers/build.sh

models: $(STAMPS)/python $(SCENE_NETWORK)  ## Build the built-in models: scene detector and embedding
	@exec $(PYTHON) -m heaters.embed.colour_layout

deploy: $(STAMPS)/cdk review_site/dist/index.html  ## Deploy to the AWS account of the present credentials (ARGS for cdk)
	node_modules/.bin/cdk deploy --all $(ARGS)

clean:  ## Remove everything that was generated
	rm -rf .heaters .tools .venv cdk.out $(dir $(SCENE_NETWORK)) review_site/dist review_site/node_modules node_modules

$(STAMPS)/uv:
	@bash local_cloud/machine/install.sh uv
	@mkdir -p $(@D) && touch $@

$(STAMPS)/ffmpeg $(STAMPS)/chromium: $(STAMPS)/%:
	@bash local_cloud/machine/install.sh $*
	@mkdir -p $(@D) && touch $@

$(STAMPS)/python: $(STAMPS)/uv pyproject.toml uv.lock
	uv sync --locked --quiet
	@touch $@

$(SCENE_NETWORK): $(STAMPS)/python $(wildcard heaters/media/scenes/network/*.py)
	@$(PYTHON) -m heaters.media.scenes.network.build $@

$(STAMPS)/site: $(STAMPS)/python review_site/package.json review_site/package-lock.json
	npm --prefix review_site ci --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/cdk: $(STAMPS)/python package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

review_site/dist/index.html: $(STAMPS)/site $(SITE_SOURCES)
	npm --prefix review_site run --silent build
	@touch $@

cdk.out/manifest.json: $(STAMPS)/python cdk.json $(shell find infra heaters functions containers review_api -name '*.py' -o -name Dockerfile -o -name '*.sql')
	$(PYTHON) -m infra.app --output cdk.out
	@touch $@
