#!/bin/sh
# generated.t - the vectors are what their generator makes, byte for byte
top=${CXA_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}

if ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP no python3"
	exit 0
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
echo "1..2"
cp -r "$top/spec/vectors/generator" "$work/generator" &&
	python3 -B "$work/generator/generate.py" "$work/made" || exit 99
rm -r "$work/generator"

if (cd "$top/spec/vectors" && ls ./*.cxa MANIFEST) >"$work/kept" &&
	(cd "$work/made" && ls ./*.cxa MANIFEST) | diff "$work/kept" - |
		sed 's/^/# /' | tee "$work/names" && [ ! -s "$work/names" ]; then
	echo "ok 1 - each has a generator, and none is missing"
else
	echo "not ok 1 - each has a generator, and none is missing"
fi
other=$(cd "$work/made" && for file in *; do
	cmp -s "$file" "$top/spec/vectors/$file" || echo "# $file"
done)
if [ -z "$other" ]; then
	echo "ok 2 - all are the same bytes"
else
	echo "$other"
	echo "not ok 2 - all are the same bytes"
fi
