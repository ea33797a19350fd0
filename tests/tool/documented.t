#!/bin/sh
# documented.t - help, manual page and completion know the same commands and options
set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd) || exit 99
source_dir=${CXA_SRCDIR:-$(cd "$here/../.." && pwd)}
CXA=${CXA:-${CXA_BUILDDIR:-$source_dir}/cortexarc}
page=$source_dir/tools/cortexarc.1
completion=$source_dir/tools/completion.bash
count=0
failures=0

# ok RESULT CLAIM: RESULT is 0 when it holds
ok()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		failures=$((failures + 1))
	fi
}

commands=$("$CXA" help | sed -n 's/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ]
ok $? "help lists commands"
for command in $commands; do
	grep -q "^\.Ss .*$command\|^\.It Ic $command\|^\.Ic $command" "$page"
	ok $? "the manual page has the command $command"
	grep -qw -e "$command" "$completion"
	ok $? "the completion has the command $command"
	[ "$command" != help ] || continue
	missing=
	for option in $("$CXA" help "$command" | sed -n 's/^  [ -][a-z ][, ] --\([a-z-]*\).*/\1/p'); do
		grep -q "Fl Fl $option\b" "$page" || missing="$missing page:$option"
		grep -q -e "--$option\b" "$completion" ||
			missing="$missing completion:$option"
	done
	[ -z "$missing" ]
	ok $? "all options of $command are in the manual page and the completion"
	[ -z "$missing" ] || echo "#  $missing"
done

told=$("$CXA" help limits | sed -n 's/^  \([a-z-]*\)  *\([0-9a-zKM]*\)  \(.*\)/\1 \2 \3/p')
written=$(sed -n 's/^\.It \([a-z-]*\) Ta \(.*\) Ta \(.*\)/\1 \2 \3/p' "$page")
[ -n "$told" ] && [ "$told" = "$written" ]
ok $? "the manual page has the limits, their defaults and what they bound"
[ "$told" = "$written" ] || echo "$told" | sed 's/^/#  told: /'

missing=
for code in 0 1 2 3 4 5 130; do
	grep -q "^\.It $code\$" "$page" || missing="$missing $code"
done
[ -z "$missing" ]
ok $? "the manual page has every exit code"

if command -v bash > /dev/null 2>&1; then
	words=$(bash -c '. "$1"; COMP_WORDS=(cortexarc ver); COMP_CWORD=1
		_cortexarc; echo ${COMPREPLY[*]}' bash "$completion")
	[ "$words" = verify ]
	ok $? "the completion completes a command"
	words=$(bash -c '. "$1"; COMP_WORDS=(cortexarc verify --level by)
		COMP_CWORD=3; _cortexarc; echo ${COMPREPLY[*]}' bash "$completion")
	[ "$words" = bytes ]
	ok $? "the completion completes the value of an option"
	words=$(bash -c '. "$1"; COMP_WORDS=("$2" verify --limit mem)
		COMP_CWORD=3; _cortexarc; echo ${COMPREPLY[*]}' \
		bash "$completion" "$CXA")
	[ "$words" = "members= members-per-gib=" ]
	ok $? "the completion completes the name of a limit"
else
	echo "ok $((count = count + 1)) - the completion works # SKIP no bash"
fi
if command -v groff > /dev/null 2>&1; then
	groff -mandoc -Tutf8 -ww "$page" 2>&1 > /dev/null | grep -q .
	[ $? = 1 ]
	ok $? "groff has nothing to say about the manual page"
fi
echo "1..$count"
[ "$failures" = 0 ]
