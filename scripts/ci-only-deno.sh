#!/usr/bin/env bash
# What the README promises to somebody who has Deno and nothing else: a fresh copy of the last commit sets itself up.
set -eu
deno=$(node -e 'import("./scripts/runtimes.mjs").then((runtimes) => console.log(runtimes.ensureDeno()))')
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/bin" "$copy/project"
ln -s "$deno" "$copy/bin/deno"
git archive HEAD | tar -x -C "$copy/project"
cd "$copy/project"
PATH="$copy/bin" DENO_DIR="$copy/cache" deno task test tests/scripts
PATH="$copy/bin" DENO_DIR="$copy/cache" deno task -q waypost --help
