#!/bin/sh
# documented.t - spec/REPORT.md has every rule as the table in rules.c has it
top=${CXA_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
LC_ALL=C
export LC_ALL

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

# name|type|severity|repair, as in the rows `{ "name", CXA_TYPE, CXA_SEVERITY,
# "repair" }`
tr '\n\t' '  ' <"$top/libcortexarc/check/rules.c" |
	grep -oE '"[a-z-]+", *CXA_[A-Z_]+, *CXA_[A-Z]+, *("[^"]*"|NULL)' |
	sed -e 's/CXA_//g' -e 's/, */|/g' -e 's/"//g' -e 's/|NULL$/|/' |
	awk -F'|' -v OFS='|' '
	function camel(word,  part, n, i, out) {
		n = split(tolower(word), part, "_")
		for (i = 1; i <= n; i++)
			out = out toupper(substr(part[i], 1, 1)) \
				substr(part[i], 2)
		return out
	}
	{ print $1, camel($2), camel($3), $4 }' | sort >"$work/code"
sed -n 's/^| `\([a-z-]*\)` | \([A-Za-z]*\) | \([A-Z][a-z]*\) | \([a-z ]*\)| .*/\1|\2|\3|\4/p' \
	"$top/spec/REPORT.md" | sed 's/ *$//' | sort >"$work/spec"

echo "1..2"
if [ "$(wc -l <"$work/code")" -ge 36 ]; then
	echo "ok 1 - all rules of the table are looked at"
else
	sed 's/^/# /' "$work/code"
	echo "not ok 1 - all rules of the table are looked at"
fi
if diff "$work/code" "$work/spec" >"$work/differ"; then
	echo "ok 2 - each stands in the specification with type, severity and repair"
else
	sed 's/^/# /' "$work/differ"
	echo "not ok 2 - each stands in the specification with type, severity and repair"
fi
