#!/usr/bin/env bash
# npm run packed: packs the tool, installs it into an empty project with an empty home, and trains a step there.
# No install script may run: they fetch from outside the registry. NPM=... takes another npm (10 and 11 are supported).
set -euo pipefail
cd "$(dirname "$0")/.."
npm=${NPM:-npm}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
$npm pack --silent --pack-destination "$dir" > /dev/null
tgz=$(ls "$dir"/papo-*.tgz)
if tar tzf "$tgz" | grep -v /node_modules/ | grep -E 'tsbuildinfo|\.testing\.|\.test\.[jd]'; then echo 'packed: these do not belong into a package'; exit 1; fi
for f in README.md LICENSE docs/objective.md docs/config.md assets/base-policy/model.safetensors; do
  tar tzf "$tgz" "package/$f" > /dev/null || { echo "packed: $f is missing"; exit 1; }
done

mkdir "$dir/project" "$dir/home"
cd "$dir/project"
echo '{"private":true}' > package.json
export npm_config_cache=${npm_config_cache:-$HOME/.npm} HOME=$dir/home
$npm install --prefer-offline --loglevel info "$tgz" > "$dir/install.log" 2>&1 || { tail -20 "$dir/install.log"; exit 1; }
if grep -E 'info run .*(preinstall|install|postinstall)' "$dir/install.log"; then echo 'packed: an install script ran'; exit 1; fi
npx --no-install papo train --steps 1 --set rollout.prompts=8 --set test.rows=8 --set validation.rows=8 --out "$dir/runs"
echo "packed: $(du -h "$tgz" | cut -f1), installed and trained a step"
