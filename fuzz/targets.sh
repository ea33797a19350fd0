# targets.sh - the fuzz targets and what each is run with; to be sourced
# shellcheck shell=sh disable=SC2034 # for who sources it

# target, largest input, seconds for one, dictionary, its seeds; mutants that
# are replayed of each seed, "archives" are the vectors of the specification
fuzz_table='
tar         10240  30  tar.dict   archives   20
messages     8192  30  wire.dict  made       10
batch       32768  30  wire.dict  made       10
planes      16384  30  -          made       50
line        16384  30  json.dict  made       10
json        65536  30  json.dict  made        2
archive     36864  60  tar.dict   archives   29
round-trip  36864  60  tar.dict   archives    1
readers     36864  60  tar.dict   archives    5
chunks      36864  60  tar.dict   archives    1
listing     36864  30  tar.dict   archives    5
salvage     36864  60  tar.dict   archives    2
repair      36864  60  tar.dict   archives    1
migrate     36864  60  tar.dict   archives    1
store       65536  60  sql.dict   made        5
command-line 2048  30  tool.dict  made     1000
'
fuzz_names=$(echo "$fuzz_table" | awk 'NF { print $1 }')

# fuzz_row TARGET: its row, into max_len, timeout, dictionary, seeds, mutants
fuzz_row()
{
	row=$(echo "$fuzz_table" | awk -v name="$1" '$1 == name')
	# shellcheck disable=SC2086 # a list of words
	set -- $row
	max_len=$2 timeout=$3 dictionary=$4 seeds=$5 mutants=$6
}

# fuzz_corpus TARGET: the folders it starts from
fuzz_corpus()
{
	fuzz_row "$1"
	if [ "$seeds" = archives ]; then
		echo "$top/spec/vectors"
	else
		echo "$built/fuzz/seeds/$1"
	fi
	[ ! -d "$top/fuzz/regressions/$1" ] || echo "$top/fuzz/regressions/$1"
}
