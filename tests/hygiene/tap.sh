# tap.sh - the Test Anything Protocol for the hygiene scripts; to be sourced
top=${CXA_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
built=${CXA_BUILDDIR:-$top}
tap_count=0
tap_failed=0
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

# claim FINDINGS, SENTENCE: it holds when nothing was found against it
claim()
{
	tap_count=$((tap_count + 1))
	if [ -z "$1" ]; then
		echo "ok $tap_count - $2"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $2"
	printf '%s\n' "$1" | sed 's/^/#   /'
}

# finds FINDINGS, SENTENCE: the search itself works
finds()
{
	if [ -n "$1" ]; then
		claim '' "$2"
	else
		claim 'found nothing' "$2"
	fi
}

done_testing()
{
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}

# our_files: what people wrote, one a line; not what a build made
our_files()
{
	(cd "$top" && find . -mindepth 1 \
		-type d -exec test -f '{}/config.status' \; -prune -o \
		\( -name .git -o -name 'build*' -o -name autom4te.cache \
		   -o -name '_*' -o -name m4 -o -name .deps -o -name .libs \
		   -o -name 'cortexarc-[0-9]*' \) -prune \
		-o -type f "$@" -print) | sed 's,^\./,,' |
		grep -v -e '\.pb-c\.[ch]$' -e '^proto/schema_data\.c$' | sort
}
