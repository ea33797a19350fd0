#!/bin/sh
# tarball.t - the tarball holds what git holds, and what tarball-differs lists
. "$(dirname "$0")/tap.sh"

skip()
{
	echo "1..0 # SKIP $*"
	exit 0
}
command -v git >/dev/null || skip 'no git'
[ -e "$top/.git" ] && git -C "$top" ls-files >"$scratch/git" 2>/dev/null ||
	skip 'no git checkout'
[ -f "$built/Makefile" ] || skip 'nothing is built'
LC_ALL=C
export LC_ALL

# A dangling link or a fifo would be a file, too.
files_of() { (cd "$1" && find . ! -type d | sed 's,^\./,,' | sort); }
# FROM TO: what TO has more (+) and less (-).
differences()
{
	comm -23 "$1" "$2" | sed 's/^/- /'
	comm -13 "$1" "$2" | sed 's/^/+ /'
}
unlisted()
{
	differences "$scratch/git" "$1" | sort | diff "$scratch/listed" - |
		sed -n 's/^< \(.*\)/not so: \1/p; s/^> //p'
}
# FILES FOLDER: those that are in FOLDER not what they are in the sources
changed()
{
	sums "$top" <"$1" >"$scratch/a"
	sums "$2" <"$1" >"$scratch/b"
	paste "$scratch/a" "$scratch/b" "$1" | awk '$1 != $2 { print $3 }'
}
sums() { (cd "$1" && git hash-object --no-filters --stdin-paths); }

sort -o "$scratch/git" "$scratch/git"
grep -v '^#' "$top/tests/hygiene/tarball-differs" | sort >"$scratch/listed"

# As make dist does, without what only packs it.
(unset MAKEFLAGS MAKELEVEL MFLAGS
cd "$built" && make distdir distdir="$scratch/tarball") \
	>"$scratch/log" 2>&1 || sed 's/^/# /' "$scratch/log"
files_of "$scratch/tarball" >"$scratch/files"
comm -12 "$scratch/git" "$scratch/files" >"$scratch/both"

mkdir -p "$scratch/other/proto"
sed 1d "$scratch/files" >"$scratch/less"
(cat "$scratch/files" && echo m4/more.m4) | sort >"$scratch/more"
echo 'proto/archive.proto' >"$scratch/one"
(cat "$top/proto/archive.proto" && echo) >"$scratch/other/proto/archive.proto"
finds "$(unlisted "$scratch/less")" 'a file that is left out is found'
finds "$(unlisted "$scratch/more")" 'a file more is found'
finds "$(changed "$scratch/one" "$scratch/other")" 'another content is found'

finds "$(cat "$scratch/both")" 'there is a tarball'
claim "$(unlisted "$scratch/files")" \
	'it has the files of git, and those listed, and no others'
claim "$(changed "$scratch/both" "$scratch/tarball")" \
	'with the contents that they have in the sources'
done_testing
