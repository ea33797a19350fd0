#!/bin/sh
# example.t - the specification's example is what the tool makes
top=${CXA_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
tool=${CXA:-${CXA_BUILDDIR:-$top}/cortexarc}

if ! command -v python3 >/dev/null || ! command -v zstd >/dev/null; then
	echo "1..0 # SKIP no python3, or no zstd"
	exit 0
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
text=$top/spec/EXAMPLE.md
echo "1..1"
sed -n '/^    {"metadata"/,/^     "query_cache"/p' "$text" >"$work/x.json"
sed -n '/^| member/,$p' "$text" >"$work/told"
"$tool" pack --quiet "$work/x.json" -o "$work/x.cxa" &&
	python3 -B "$top/spec/annotate.py" "$work/x.cxa" >"$work/made"
if diff "$work/told" "$work/made" >"$work/differences"; then
	echo "ok 1 - EXAMPLE.md is what annotate.py says of its document, packed"
else
	sed 's/^/# /' "$work/differences"
	echo "not ok 1 - EXAMPLE.md is what annotate.py says of its document, packed"
fi
