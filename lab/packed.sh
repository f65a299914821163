#!/usr/bin/env bash
# npm run packed: packs the tool, installs it into an empty project with an empty home, trains a step there, runs the
# minimal loop on that run's settings, and checks the types of a program that uses the library.
# No install script may run: they fetch from outside the registry. NPM=... takes another npm (10 and 11 are supported).
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
npm=${NPM:-npm}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
$npm pack --silent --pack-destination "$dir" > /dev/null
tgz=$(ls "$dir"/papo-*.tgz)
if tar tzf "$tgz" | grep -v /node_modules/ | grep -E 'tsbuildinfo|\.testing\.|\.test\.[jd]'; then echo 'packed: these do not belong into a package'; exit 1; fi
for f in README.md LICENSE docs/objective.md docs/config.md examples/minimal-loop.ts assets/policies/{looking,prior,unlooking}/model.safetensors; do
  tar tzf "$tgz" "package/$f" > /dev/null || { echo "packed: $f is missing"; exit 1; }
done

mkdir "$dir/project" "$dir/home"
cd "$dir/project"
echo '{"private":true,"type":"module"}' > package.json
export npm_config_cache=${npm_config_cache:-$HOME/.npm} HOME=$dir/home
$npm install --prefer-offline --loglevel info "$tgz" > "$dir/install.log" 2>&1 || { tail -20 "$dir/install.log"; exit 1; }
if grep -E 'info run .*(preinstall|install|postinstall)' "$dir/install.log"; then echo 'packed: an install script ran'; exit 1; fi
npx --no-install papo train --steps 1 --set rollout.prompts=8 --set test.rows=8 --set validation.rows=8 --out "$dir/runs"

cp node_modules/papo/examples/minimal-loop.ts "$root/lab/use-papo.ts" .
node --import jiti/register minimal-loop.ts "$dir"/runs/*/config.yaml
for resolution in 'nodenext --module nodenext' 'bundler --module esnext'; do
  # shellcheck disable=SC2086
  node "$root/node_modules/typescript/bin/tsc" --noEmit --strict --skipLibCheck false --target es2022 --moduleResolution $resolution use-papo.ts
done
echo "packed: $(du -h "$tgz" | cut -f1), installed, trained a step, looped a step, and its types are right"
