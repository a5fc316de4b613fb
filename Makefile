# Linli: make run, make test. Both install what is missing on a fresh machine.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
DATA ?= data
VERSION := $(shell git describe --tags --always 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WEB_SRC := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
GO_SRC := $(shell find cmd internal web -name node_modules -prune -o \( -name '*.go' -o -name '*.sql' -o -name '*.json' -o -name '*.txt' \) -print 2>/dev/null) go.mod go.sum

.PHONY: run test build setup setup-test check fmt e2e bench soak faults clean
.DEFAULT_GOAL := build

## run: build everything, make the demo city on the first start, serve it on http://127.0.0.1:8080
run: build
	@if [ ! -f $(DATA)/linli.db ]; then bin/linli demo --data $(DATA); else bin/linli demo --data $(DATA) --accounts; fi
	@exec bin/linli serve --data $(DATA) --quiet

## test: every test: Go on both engines, web, browser journeys
test: setup-test build
	go vet ./...
	go run ./internal/kernel/store/storetest/pgcluster go test -timeout 20m ./...
	cd web && npm run --silent test
	cd e2e && npm run --silent test

## build: the complete program at bin/linli, web pages included
build: bin/linli

bin/linli: $(GO_SRC) web/dist/desk/index.html
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/linli ./cmd/linli

web/dist/desk/index.html: web/node_modules/.installed $(filter-out web/node_modules/%,$(WEB_SRC))
	cd web && npm run --silent build
	@touch $@

web/node_modules/.installed: web/package.json web/package-lock.json | setup
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

## setup: install what this machine lacks (Debian packages, as root)
setup:
	@scripts/setup

setup-test: setup
	@scripts/setup test

## check: what to run before each commit: format, vet, staticcheck, types, quick tests
check: build
	@test -z "$$(gofmt -l cmd internal web/*.go | tee /dev/stderr)" || { echo "gofmt: files above"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	cd web && npm run --silent check
	go test -short ./...
	cd web && npm run --silent test

## e2e: the browser journeys alone
e2e: build
	cd e2e && npm run --silent test

## soak: random days of two phones against the program, MINUTES long
MINUTES ?= 30
soak: build
	cd web && LINLI_SOAK=$(MINUTES) npx vitest run src/worker/sync/model.test.ts

## faults: what can go wrong between a phone's browser and the server, each ending in one comparison
faults: build
	cd e2e && node faults/run.mjs

## bench: the measurements of docs/performance.md
bench: build
	load/run

clean:
	rm -rf bin web/dist/desk web/node_modules e2e/node_modules
