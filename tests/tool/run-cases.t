#!/bin/sh
# run-cases.t - the tool's behaviour: each cases/NAME.case is a script with its claim
#
# usage: run-cases.t [NAME ...]; README says what stands in a case. CXA_CASES may
# name them, too.
# CXA, GOLDEN: the tool and the golden JSON; else found by CXA_BUILDDIR and
# CXA_SRCDIR.
set -u
LC_ALL=C
TZ=UTC
export LC_ALL TZ
unset POSIXLY_CORRECT NO_COLOR COLUMNS SOURCE_DATE_EPOCH

here=$(cd "$(dirname "$0")" && pwd) || exit 99
source_dir=${CXA_SRCDIR:-$(cd "$here/../.." && pwd)}
CXA=${CXA:-${CXA_BUILDDIR:-$source_dir}/cortexarc}
GOLDEN=${GOLDEN:-$source_dir/tests/data/backup-v1-24.json}
HELPERS=$source_dir/tests/tool/helpers.sh
export CXA GOLDEN HELPERS

if [ ! -x "$CXA" ]; then
	echo "Bail out! $CXA is no program"
	exit 99
fi

work=$(mktemp -d) || exit 99
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
# Temporary files of the tool stay where a case can count them.
TMPDIR=$work/spool
export TMPDIR
mkdir "$TMPDIR"

# header CASE KEY: the values of "# KEY: ..." or "# KEY~ ...", a line each
header()
{
	sed -n -e '/^#/!q' -e "s/^# $2[:~] \{0,1\}//p" "$1"
}

# complain TEXT: why this case fails
complain()
{
	failed=1
	printf '%s\n' "$1" | sed 's/^/#   /'
}

# each_matches CASE KEY FILE: every pattern is found in a line of FILE
each_matches()
{
	header "$1" "$2" > "$work/patterns"
	while IFS= read -r pattern; do
		grep -Eq -e "$pattern" "$3" ||
			complain "no line of $2 matches: $pattern"
	done < "$work/patterns"
}

check_output()
{
	if grep -q '^# out~' "$1"; then
		each_matches "$1" out "$work/out"
	else
		header "$1" out > "$work/expected"
		cmp -s "$work/expected" "$work/out" ||
			complain "standard output is not what it should be"
	fi
	if grep -q '^# err~' "$1"; then
		each_matches "$1" err "$work/err"
	elif [ -s "$work/err" ]; then
		complain "standard error is not empty"
	fi
}

check_files()
{
	for name in $(header "$1" exists); do
		[ -e "$work/run/$name" ] || complain "$name is not there"
	done
	for name in $(header "$1" absent); do
		[ ! -e "$work/run/$name" ] || complain "$name is there"
	done
	left=$(find "$work/run" "$TMPDIR" -name '.*.tmp' -o -path "$TMPDIR/*")
	[ -z "$left" ] || complain "temporary files are left: $left"
}

# skip_reason CASE: why it cannot run here, or nothing
skip_reason()
{
	for need in $(header "$1" needs); do
		case $need in
		user)
			[ "$(id -u)" != 0 ] || { echo "root may write anywhere"; return; } ;;
		/*)
			[ -e "$need" ] || { echo "no $need"; return; } ;;
		sandbox)
			"$CXA" info --sandbox /dev/null > /dev/null 2>&1
			[ $? != 4 ] || { echo "no sandbox here"; return; } ;;
		default-signals)
			env --default-signal=INT true 2>/dev/null ||
				{ echo "env has no --default-signal"; return; } ;;
		*)
			command -v "$need" > /dev/null 2>&1 ||
				{ echo "no $need"; return; } ;;
		esac
	done
}

run_case()
{
	count=$((count + 1))
	claim=$(header "$1" claim)
	reason=$(skip_reason "$1")
	if [ -n "$reason" ]; then
		echo "ok $count - $claim # SKIP $reason"
		return
	fi
	failed=0
	rm -rf "$work/run"
	mkdir "$work/run"
	(cd "$work/run" && exec sh "$1") \
		< /dev/null > "$work/out" 2> "$work/err"
	code=$?
	wanted=$(header "$1" exit)
	[ "$code" = "${wanted:-0}" ] ||
		complain "exit code $code, not ${wanted:-0}"
	check_output "$1"
	check_files "$1"
	if [ "$failed" = 0 ]; then
		echo "ok $count - $claim"
		return
	fi
	echo "not ok $count - $claim"
	echo "#   case $(basename "$1")"
	head -c 2000 "$work/out" | sed 's/^/#   out: /'
	echo
	head -c 2000 "$work/err" | sed 's/^/#   err: /'
	failures=$((failures + 1))
}

count=0
failures=0
if [ $# -gt 0 ] || [ -n "${CXA_CASES:-}" ]; then
	# shellcheck disable=SC2086 # names are words
	for name in "$@" ${CXA_CASES:-}; do
		run_case "$here/cases/$name.case"
	done
else
	for file in "$here"/cases/*.case; do
		run_case "$file"
	done
fi
echo "1..$count"
[ "$failures" = 0 ]
