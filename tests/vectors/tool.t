#!/bin/sh
# tool.t - the tool's exit code for every vector; and for what is wrong within
# members also after another tar has packed them again
top=${CXA_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
tool=${CXA:-${CXA_BUILDDIR:-$top}/cortexarc}
vectors=$top/spec/vectors
LC_ALL=C
export LC_ALL

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')
echo "1..3"

# exits FILE VERIFY UNPACK: are these its exit codes (patterns), with no output
# on refusal?
exits()
{
	"$tool" verify --level records --quiet "$1" >"$work/said" 2>&1
	verified=$?
	rm -f "$work/out.json"
	"$tool" unpack --quiet "$1" -o "$work/out.json" >"$work/said2" 2>&1
	unpacked=$?
	there=0
	[ ! -e "$work/out.json" ] || there=1
	case "$verified $unpacked $there" in
	$2\ $3\ $((unpacked == 0))) return ;;
	esac
	echo "# ${1##*/}: verify $verified, not $2; unpack $unpacked, not $3"
	sed 's/^/#   /' "$work/said" "$work/said2"
	return 1
}

# result CLAIM: by what stands in $work/wrong
count=0
result()
{
	count=$((count + 1))
	if [ -s "$work/wrong" ]; then
		cat "$work/wrong"
		echo "not ok $count - $1"
	else
		echo "ok $count - $1"
	fi
}

grep -v '^#' "$vectors/MANIFEST" | cut -f 1-3 >"$work/all"
while IFS=$tab read -r name verify unpack; do
	exits "$vectors/$name" "$verify" "$unpack"
done <"$work/all" >"$work/wrong"
result "verify and unpack end as the manifest says"

grep -E '^(good-|bad-(record|batch|ids|frame)-)' "$work/all" |
	grep -v -e across -e ids-told -e ids-count >"$work/within"
while IFS=$tab read -r name verify unpack; do
	rm -rf "$work/x"
	mkdir "$work/x"
	tar xf "$vectors/$name" -C "$work/x" 2>/dev/null || continue
	(cd "$work/x" && tar cf ../again.tar ./*)
	exits "$work/again.tar" "[13]" "$unpack" || echo "#   ($name)"
done <"$work/within" >"$work/wrong"
result "packed again by another tar, records are as good or bad as before"

wc -l <"$work/within" | awk '$1 < 100' >"$work/wrong"
result "that was a hundred vectors or more"
