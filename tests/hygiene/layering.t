#!/bin/sh
# layering.t - includes point downwards, and never sideways
. "$(dirname "$0")/tap.sh"

# A row a folder: what its files may include in quotes. The public headers
# (<cortexarc/...>) are for everyone; tools, examples and benchmarks have
# nothing else.
rules='
libcortexarc/include    -
libcortexarc/base       base
libcortexarc/container  container base
libcortexarc/record     record base
libcortexarc/endpoint   endpoint container record base
libcortexarc/check      check endpoint container record base
libcortexarc/repo       repo check endpoint container record base
tests/base              base
tests/container         container base
tests/record            record base
tests/endpoint          endpoint container record base
tests/check             check endpoint container record base
tests/limits            endpoint container record base
tests/faults            endpoint faults
tests/tool              -
tests/vectors           -
tests/bad_input         -
tests/bombs             -
tests/mutants           -
tools                   -
examples                -
bench                   -
fuzz                    tools check endpoint container record base
'

# against LAYERS, FILE...: includes of other layers, or of a path that climbs
against()
{
	allowed=" $1 "
	shift
	awk -v allowed="$allowed" '
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		name = part[2]
		if (name ~ /\.\./ || name ~ /^\//)
			print FILENAME ":" FNR ": " name
		else if (name ~ /\//) {
			layer = name
			sub(/\/.*/, "", layer)
			if (index(allowed, " " layer " ") == 0)
				print FILENAME ":" FNR ": " name
		}
	}
	/^[ \t]*#[ \t]*include[ \t]*<(base|container|record|endpoint|check|repo)\// {
		print FILENAME ":" FNR ": " $0
	}' "$@"
}

echo '#include "endpoint/archive.h"' >"$scratch/up.c"
finds "$(against 'container base' "$scratch/up.c")" \
	'an include that points upwards is found'
echo '#  include "record/batch.h"' >"$scratch/sideways.c"
finds "$(against 'container base' "$scratch/sideways.c")" \
	'an include of the layer beside is found'
echo '#include "../base/io.h"' >"$scratch/climbing.c"
finds "$(against base "$scratch/climbing.c")" \
	'an include that climbs out of its folder is found'
echo '#include <base/io.h>' >"$scratch/angle.c"
finds "$(against base "$scratch/angle.c")" \
	'an internal header in angle brackets is found'

cd "$top" || exit 99
while read -r folder layers; do
	[ -n "$folder" ] && [ -d "$folder" ] || continue
	files=$(our_files -path "./$folder/*" -name '*.[ch]')
	[ -n "$files" ] || continue
	[ "$layers" != - ] || layers=
	# shellcheck disable=SC2086 # names are words
	claim "$(against "$layers" $files)" \
		"$folder includes ${layers:-public headers} only"
done <<END
$rules
END

known=$(printf '%s\n' "$rules" | awk 'NF { print $1 "/" }')
claim "$(our_files -name '*.[ch]' | awk -v known="$known" '
	BEGIN { n = split(known, folder, "\n") }
	{
		for (i = 1; i <= n; i++)
			if (index($0, folder[i]) == 1)
				next
		if ($0 !~ /^tests\/tap\.h$/ && $0 !~ /^fuzz\//)
			print
	}')" 'every file belongs to a layer'
done_testing
