#!/bin/sh
# replay.t - seeds, mutants of them and past findings: no target breaks on any
top=${CXA_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}
built=${CXA_BUILDDIR:-$top}
. "$top/tests/hygiene/tap.sh"
. "$top/fuzz/targets.sh"

# An engine's main takes other options than replay.c's, which this is a test of.
if grep -q '^FUZZ_ENGINE = .' "$built/Makefile"; then
	echo '1..0 # SKIP built for fuzzing'
	exit 0
fi

# last_input TARGET, OPTION...: what it broke on
last_input()
{
	name=$1
	shift
	"$built/fuzz/fuzz-$name" -v "$@" 2>/dev/null | tail -n 1
}

for name in $fuzz_names; do
	fuzz_row "$name"
	# shellcheck disable=SC2046 # paths without blanks
	set -- -m "${FUZZ_MUTANTS:-$mutants}" $(fuzz_corpus "$name")
	if said=$("$built/fuzz/fuzz-$name" "$@" 2>"$scratch/error"); then
		case $said in
		'0 inputs') claim 'no seeds' "$name has inputs" ;;
		*) claim '' "$name: $said" ;;
		esac
	else
		claim "$(tail -n 20 "$scratch/error"
			last_input "$name" "$@")" "$name: every input passes"
	fi
done
done_testing
