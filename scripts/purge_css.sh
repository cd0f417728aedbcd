#!/usr/bin/env bash
# Rebuild static/ui/bootstrap.css: Bootstrap without what no template, script or tag of ours uses. Needs Node; the result is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
npx --yes purgecss@8.0.0 --css assets/bootstrap/bootstrap.min.css \
  --content 'templates/**/*.html' 'static/ui/*.js' 'static/labs/*.js' '*/templatetags/*.py' '*/forms.py' \
  --safelist html body --output static/ui/bootstrap.css
