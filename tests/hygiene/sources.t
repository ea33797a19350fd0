#!/bin/sh
# sources.t - small files that say what they are for, all of them built
. "$(dirname "$0")/tap.sh"
cd "$top" || exit 99

# Each check reads file names, one a line, and prints what it finds.
without_purpose()
{
	while read -r file; do
		name=$(basename "$file")
		case $(head -n 1 "$file") in
		"/* $name - "?*) ;;
		*) echo "$file" ;;
		esac
	done
}
too_long()
{
	while read -r file; do
		lines=$(wc -l <"$file")
		[ "$lines" -le 600 ] || echo "$file: $lines lines"
	done
}
long_functions()
{
	xargs awk '
	FNR == 1 { start = 0 }
	/^{$/ { start = FNR }
	/^}/ {
		if (start && FNR - start - 1 > 80)
			print FILENAME ":" start ": " FNR - start - 1 " lines"
		start = 0
	}'
}
spaces_at_end() { xargs grep -nE '[[:blank:]]+$' || true; }
# A path that exists on one person's machine only. Variables that default to a
# folder, and the template of a temporary name, are no such paths.
machine_paths()
{
	xargs grep -nE "(^|[^[:alnum:]_.})-])/($places)/[[:alnum:]_.]" |
		grep -v XXXXXX || true
}
places='home|root|Users|work|workspace|mnt|srv|tmp'

# Tests that a document names, in full or by their last name, and are not there.
missing_tests()
{
	xargs grep -oh '`[^`]*`' | tr -d '`' | while read -r name _; do
		case $name in
		tests/* | fuzz/* | scripts/*) ;;
		*.c | *.t) name="tests/*/$name" ;;
		*) continue ;;
		esac
		# shellcheck disable=SC2086 # a pattern
		set -- $name
		[ -e "$1" ] || echo "$name"
	done
}
# Promises, which are bold, without a test.
unproven()
{
	xargs awk '
	function judge() {
		if (promise != "" && promise !~ /`(tests|scripts)\//)
			print promise
		promise = ""
	}
	/^(- |## |$)/ { judge() }
	/^## / { is_promised = /is promised/ }
	is_promised && /^- / { promise = $0 }
	promise != "" { promise = promise $0 }
	END { judge() }'
}

mkdir "$scratch/bad"
bad=$scratch/bad/bad.c
{
	echo '/* good.c - the name of another file */'
	echo 'int f(void)'
	echo '{'
	yes '	f(); ' | head -n 600
	echo '}'
	echo '/* see /ho''me/someone/notes */'
} >"$bad"
printf '%s\n' '## What is promised' '- **All** (`tests/no/such.c`).' \
	'- **Nothing**.' >"$scratch/bad/promises"
finds "$(echo "$scratch/bad/promises" | missing_tests)" \
	'a test that is not there is found'
finds "$(echo "$scratch/bad/promises" | unproven)" \
	'a promise without a test is found'
finds "$(echo "$bad" | without_purpose)" 'a file without its purpose is found'
finds "$(echo "$bad" | too_long)" 'a file over 600 lines is found'
finds "$(echo "$bad" | long_functions)" 'a function over 80 lines is found'
finds "$(echo "$bad" | spaces_at_end)" 'blanks at the end of a line are found'
finds "$(echo "$bad" | machine_paths)" "a path of someone's machine is found"

our_files -name '*.[ch]' >"$scratch/c"
our_files ! -name '*.json' | while read -r file; do
	# What autoreconf and make left beside the sources is not ours.
	case $file in
	build-aux/* | configure* | config.* | aclocal.m4 | *Makefile.in \
		| Makefile | libtool | stamp-h1 | *.o | *.lo | *.la | *.a \
		| *.log | *.trs | *.dirstamp | *.pb | proto/stamp \
		| *.so* | *.xz | libcortexarc/libcortexarc.pc) continue ;;
	esac
	case $(head -c 4 "$file" | tr -d '\0') in
	*ELF) ;;
	*) echo "$file" ;;
	esac
done >"$scratch/text"

finds "$(cat "$scratch/c")" 'there are sources'
claim "$(without_purpose <"$scratch/c")" \
	'every source says in its first line what it is for'
claim "$(too_long <"$scratch/c")" 'no source is over 600 lines'
claim "$(long_functions <"$scratch/c")" 'no function is over 80 lines'
claim "$(grep -vE '\.(md|case)$' "$scratch/text" | spaces_at_end)" \
	'no line ends in blanks'
claim "$(machine_paths <"$scratch/text")" "no path of someone's machine"
claim "$(echo SECURITY.md | missing_tests)" 'what SECURITY.md names is there'
claim "$(echo SECURITY.md | unproven)" 'each promise of it has a test'
our_files -name '*.am' | xargs cat >"$scratch/fragments"
claim "$(grep -e '\.c$' "$scratch/c" | while read -r file; do
	grep -qF "$file" "$scratch/fragments" || echo "$file"
done)" 'every .c file is built: it stands in a fragment'
claim "$(grep -e '\.h$' "$scratch/c" | while read -r file; do
	grep -qF "$file" "$scratch/fragments" || echo "$file"
done)" 'every .h file is in the tarball: it stands in a fragment'
done_testing
