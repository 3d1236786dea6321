# Everything that can be asked of this repository. `make demo` and `make test` do all of their own set-up.
BIDDERS ?= 100
SEED ?= 20260325
OUT ?= demo-out
CHANNELS ?= all
GATEWAY ?= alipay
STAGE ?= production
PHASE ?= deposits
SESSIONS ?= 40000
LOAD_OUT ?= load-out
AUCTIONS_OUT ?= auctions-out
SEEDS ?= 1000
EXAMPLES ?= 15
SECONDS ?= 600
# Empty: the last tag, or twenty commits back where there is none.
FROM ?=
RUN = .venv/bin/python -m

.PHONY: fuzz rehearse audit sbom template-check second-opinion upgrade-test api-docs auctions bench capacity load simulate planted demo test check format up down package pages pages-test e2e lock setup clean

demo: setup  ## a whole month, compressed, on an embedded AWS: make demo BIDDERS=1000 SEED=7 CHANNELS=hangzhou GATEWAY=stripe LATE=1
	@$(RUN) local.demo --bidders $(BIDDERS) --seed $(SEED) --channels $(CHANNELS) --gateway $(GATEWAY) $(if $(LATE),--late) --out $(OUT)

auctions: setup  ## two auction days deployed: Shanghai's phases, and one paused by two operators
	@$(RUN) local.auction_days $(AUCTIONS_OUT)

second-opinion: setup  ## what is relied on DynamoDB for, asked of moto, ministack and DynamoDB Local (npm, Java)
	@$(RUN) local.second_opinion

rehearse: setup auctions load  ## the auction day before the auction day: pauses and phases deployed, then one under load

upgrade-test: setup  ## a month begun on an earlier package and ended on this one: make upgrade-test FROM=v0.1.0
	@$(RUN) local.demo --bidders 40 --channels hangzhou --upgrade-from "$(FROM)" --out $(OUT)

test: setup  ## every test, those against the deployed package included
	@$(RUN) local.testing

bench: setup  ## speed against other ways, as ratios of one run: make bench, or make bench ONLY=cold-start
	@$(RUN) local.bench $(ONLY)

load: setup  ## an auction day under load: make load SESSIONS=40000
	@$(RUN) local.load --sessions $(SESSIONS) --out $(LOAD_OUT)

simulate: setup  ## whole months with faults by a seed: make simulate SEEDS=1000, or one again: make simulate SEED=123
ifeq ($(origin SEED),file)
	@$(RUN) local.simulation --seeds $(SEEDS)
else
	@$(RUN) local.simulation --seed $(SEED)
endif

planted: setup  ## plant realistic faults one at a time and see who notices; writes the table of docs/proof.md
	@$(RUN) local.simulation.planted

capacity: setup  ## what to provision for how many bidders; writes docs/capacity.md
	@$(RUN) local.capacity

check: setup  ## format, lint, types and import arrows
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: setup  ## format the code and mend what the linter can
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

up: setup  ## the hub, its counterparties and a sandbox period: make up PHASE=auction (planning … closed, or none)
	@$(RUN) local.standing up $(PHASE)

down:  ## end exactly what `make up` started
	@if [ -x .venv/bin/python ]; then $(RUN) local.standing down; fi

package: setup  ## build/<stage>: the template and the zip that are deployed (STAGE=production)
	@$(RUN) local.package $(STAGE)

pages: setup  ## build/pages: the bidder's pages for browsers and for Alipay (needs npm's registry once)
	@$(RUN) local.pages

pages-test: setup  ## the pages' types and their own tests
	@$(RUN) local.pages test

e2e: setup  ## a month on the bidder's pages in headless Chromium: make e2e, or make e2e SCREENS=docs/screens
	@sh local/browser.sh
	@SCREENS=$(SCREENS) $(RUN) pytest -x -s -m e2e tests/e2e

api-docs: setup  ## write the API's OpenAPI document and the page of its codes anew, to build/api
	@$(RUN) local.openapi

fuzz-api: setup  ## schemathesis over the deployed API's document: make fuzz-api, or make fuzz-api EXAMPLES=5 WHO="operator bid"
	@$(RUN) local.fuzz $(EXAMPLES) $(WHO)

fuzz: setup  ## changed bytes for every codec and the bid handler: make fuzz SECONDS=600
	@$(RUN) local.fuzz.codecs $(SECONDS)

setup:
	@sh local/setup.sh

UV_LOCK = .local/uv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate $(UPGRADE)
lock: setup  ## write the lock files anew: make lock, or make lock UPGRADE=--upgrade
	$(UV_LOCK) pyproject.toml -o requirements.txt
	$(UV_LOCK) pyproject.toml --group dev -c requirements.txt -o local/requirements/dev.txt
	$(UV_LOCK) --group embedded-aws -o local/requirements/embedded-aws.txt
	$(UV_LOCK) --group lambda-runtime -o local/requirements/lambda-runtime.txt
	$(UV_LOCK) --group audit -o local/requirements/audit.txt

template-check: setup  ## sam validate --lint for both regions of China; every machine by statelint and asl-validator
	@sh local/template_check.sh

sbom: setup  ## build/sbom.json: what the deployed zip is made of (CycloneDX), from its lock file
	@mkdir -p build
	@$$(dirname "$$(sh local/side_environment.sh audit local/requirements/audit.txt)")/cyclonedx-py requirements \
		--pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json requirements.txt
	@echo build/sbom.json

audit: setup  ## known holes in what is deployed, by PyPI's advisories; fails on what it could not ask about
	@sh local/audit.sh

clean: down  ## remove everything that was made
	@rm -rf .venv .local build demo-out .chalice/deployments
