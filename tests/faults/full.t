#!/bin/sh
# full.t - a file system that is full: the old or the new is there, and it says so
#
# A real one, of 64 KiB (more for stores), in memory, in a name space of its
# own; each time a little more of it is left free.
if [ "${1:-}" != inside ]; then
	if ! command -v unshare >/dev/null ||
		! unshare -Urm sh -c 'mount -t tmpfs -o size=64k none /mnt' \
			2>/dev/null; then
		echo '1..0 # SKIP no name space for a file system of its own'
		exit 0
	fi
	exec unshare -Urm sh "$0" inside
fi
tool=$CXA_BUILDDIR/cortexarc
vectors=$CXA_SRCDIR/spec/vectors
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS
number=0
work=$(mktemp -d) || exit 99
trap 'cd /; umount "$work/full"; rm -rf "$work"' EXIT
mkdir "$work/full" "$work/tmp" && mount -t tmpfs none "$work/full" &&
	cd "$work" || exit 99

quietly() { "$tool" "$@" --quiet; }
claim() # status, claim
{
	number=$((number + 1))
	[ "$1" = 0 ] && echo "ok $number - $2" || echo "not ok $number - $2"
}

cp "$vectors/good-all-collections.cxa" new.cxa
cp "$vectors/good-concept.cxa" old.cxa
quietly unpack new.cxa -o new.json
quietly unpack old.cxa -o old.json
quietly unpack new.cxa -o new.db
quietly unpack old.cxa -o old.db
cp new.cxa bad.cxa
dd if=/dev/zero of=bad.cxa bs=1024 seek=11 count=2 conv=notrunc 2>/dev/null
cp old.cxa before

# renew SIZE: an empty file system of SIZE KiB
renew()
{
	umount "$work/full" && mount -t tmpfs -o size="$1k" none "$work/full" ||
		exit 99
}

# fill SIZE FREE: of SIZE KiB, FREE are still to be had
fill()
{
	dd if=/dev/zero of=full/filler bs=1024 count="$1" 2>/dev/null
	filled=$(stat -c %s full/filler)
	truncate -s $((filled > $2 * 1024 ? filled - $2 * 1024 : 0)) full/filler
}

# try SIZE OLDER OUT COMMAND...: with more and more space, until it is enough
try()
{
	size=$1 older=$2 out=$3
	shift 3
	name="$1 to ${out#full/}, over ${older:-nothing}"
	wrong=
	failures=0
	free=0
	step=$((size / 16))
	while [ $free -lt $size ]; do
		renew $size
		[ -z "$older" ] || cp "$older" "$out"
		rm -f tmp/kept.cxa
		fill $size $free
		"$tool" "$@" --quiet --threads 1 >report 2>messages
		code=$?
		check $code
		[ $code = 0 ] && break
		free=$((free + step))
	done
	[ "$code" = 0 ] || wrong="$wrong; never succeeds"
	[ -z "$wrong" ] || echo "# $name$wrong"
	[ -z "$wrong" ] && [ $failures -gt 0 ]
	claim $? "$name: $failures times full, and once not"
}

check() # code
{
	left=$(ls -A full | grep -vx -e filler -e "${out#full/}")
	[ -z "$left" ] || wrong="$wrong; leaves $left"
	if [ "$1" = 0 ]; then
		quietly verify "$out" --level records >report 2>&1 ||
			wrong="$wrong; $out is not sound"
		return
	fi
	failures=$((failures + 1))
	[ "$1" = 4 ] || wrong="$wrong; exits with $1"
	grep -qE 'No space left on device|disk is full|disk I/O' messages ||
		wrong="$wrong; says $(cat messages)"
	if [ -z "$older" ]; then
		[ ! -e "$out" ] || wrong="$wrong; leaves a part"
	else
		cmp -s "$older" "$out" || wrong="$wrong; the older one is gone"
	fi
}

try 64 old.cxa full/out.cxa pack new.json -o full/out.cxa
try 320 '' full/out.cxa pack new.json -o full/out.cxa --temp-dir full
try 64 old.cxa full/out.cxa pack new.db -o full/out.cxa
try 64 old.json full/out.json unpack new.cxa -o full/out.json
try 640 '' full/out.db unpack new.cxa -o full/out.db
try 64 new.cxa full/out.cxa migrate old.cxa --to-version 2 -o full/out.cxa
try 64 old.cxa full/out.cxa salvage bad.cxa -o full/out.cxa --from new.db
try 64 new.cxa full/out.cxa repair old.db -o full/out.cxa --fail-on critical \
	--rule metadata-totals
try 1920 old.db full/out.db unpack new.cxa --into full/out.db \
	--safety-backup tmp/kept.cxa

# More than SQLite sorts in memory, and out of order.
quietly unpack old.cxa -o many/
awk 'BEGIN {
	for (id = 300000; id > 0; id--)
		printf "{\"id\":%d,\"source_id\":1,\"target_id\":2," \
			"\"connection_type\":\"Causal\",\"weight\":0.5," \
			"\"last_activated\":1.0,\"version\":1}\n", id
}' >many/connections.ndjson
renew 64
TMPDIR=full "$tool" pack many/ -o many.cxa --quiet 2>messages
[ $? = 4 ] && grep -q 'No space left on device' messages
claim $? 'without room in TMPDIR, what is out of order is not packed'
TMPDIR=full "$tool" pack many/ -o many.cxa --quiet --temp-dir tmp
claim $? 'with --temp-dir it is: SQLite sorts there, too'
echo "1..$number"
