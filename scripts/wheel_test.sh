#!/usr/bin/env bash
# Build the wheel, install it in an empty virtual environment and do the demo from another
# folder: what somebody without the checkout gets. Needs `make setup` before it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/.venv/bin/python" -m build --wheel --outdir "$work/dist" "$root" >"$work/build.log" 2>&1 ||
  { cat "$work/build.log" >&2; exit 1; }
"$root/.venv/bin/python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --disable-pip-version-check --quiet "$work"/dist/*.whl

cd "$work"
package=$(venv/bin/python -c 'import tinydeploy; print(tinydeploy.__path__[0])')
case $package in
  "$work"/*) ;;
  *) echo "wheel test: imported $package instead of the wheel" >&2; exit 1 ;;
esac
cp -r "$package/data/examples/digits" demo
cd demo
# No cache of another installation helps.
XDG_CACHE_HOME="$work/cache" ../venv/bin/tinydeploy run
echo "wheel test: ok"
