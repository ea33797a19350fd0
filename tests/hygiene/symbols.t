#!/bin/sh
# symbols.t - the library exports what its headers declare, and nothing else
. "$(dirname "$0")/tap.sh"

library=$built/.libs/libcortexarc.so
map=$top/libcortexarc/libcortexarc.map
headers=$top/libcortexarc/include/cortexarc

if [ ! -e "$library" ]; then
	echo '1..0 # SKIP built without a shared library'
	exit 0
fi

# Names of functions that the public headers declare; comments are cut first.
find "$headers" -name '*.h' ! -name '*.pb-c.h' -exec cat {} + |
	awk '{
		while (1) {
			if (inside) {
				end = index($0, "*/")
				if (!end) next
				$0 = substr($0, end + 2)
				inside = 0
			}
			start = index($0, "/*")
			if (!start) break
			rest = substr($0, start + 2)
			printf "%s ", substr($0, 1, start - 1)
			$0 = rest
			inside = 1
		}
		print
	}' | grep -oE '\bcxa_[a-z0-9_]+\(' | tr -d '(' | sort -u \
	>"$scratch/declared"
sed -n '/global:/,/local:/p' "$map" | grep -oE 'cxa_[a-z0-9_]+[;*]' |
	grep -v '\*' | tr -d ';' | sort -u >"$scratch/mapped"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' |
	sed 's/@.*//' | sort -u >"$scratch/exported"
grep -v '^cxa__' "$scratch/exported" >"$scratch/exported-by-hand"

finds "$(cat "$scratch/declared")" 'the headers declare functions'
finds "$(cat "$scratch/exported")" 'the library exports names'
claim "$(comm -23 "$scratch/declared" "$scratch/mapped")" \
	'every function of the public headers is in the map'
claim "$(comm -13 "$scratch/declared" "$scratch/mapped")" \
	'every name in the map is declared in a public header'
claim "$(comm -23 "$scratch/mapped" "$scratch/exported-by-hand")" \
	'the library exports every name in the map'
claim "$(comm -13 "$scratch/mapped" "$scratch/exported-by-hand")" \
	'and no name that is not'
claim "$(grep -v '^cxa_' "$scratch/exported")" 'every name begins with cxa_'

# One that links the static library gets all of its global names.
archive=$built/.libs/libcortexarc.a
if [ -e "$archive" ]; then
	claim "$(nm -g --defined-only "$archive" 2>/dev/null |
		awk 'NF == 3 && $3 !~ /^cxa_/ { print $3 }')" \
		'so do all global names of the static library'
fi
done_testing
