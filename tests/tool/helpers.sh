# helpers.sh - what several cases need; read with `. "$HELPERS"`

# quietly ARGUMENT...: the tool, its line of result left out
quietly()
{
	"$CXA" "$@" --quiet
}

# golden_archive FILE: the golden JSON as an archive
golden_archive()
{
	quietly pack "$GOLDEN" -o "$1"
}

# member_data ARCHIVE MEMBER: offset of the member's bytes in the file
#
# The last place that names it in a tar header (offset a multiple of 512).
member_data()
{
	LC_ALL=C grep -abo -F "$2" "$1" | cut -d: -f1 |
		awk '$1 % 512 == 0 { at = $1 } END { print at + 512 }'
}

# flip FILE OFFSET: change one byte to its complement
flip()
{
	old=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "$(printf '\\%03o' $((255 - old)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}

# flip_member ARCHIVE MEMBER: one byte, 100 into the stored bytes
flip_member()
{
	flip "$1" $(($(member_data "$1" "$2") + 100))
}

# root_of ARCHIVE: its root hash
root_of()
{
	"$CXA" info "$1" | sed -n 's/^root hash  *//p'
}

# small_json: a document with one concept and no more, on standard output
small_json()
{
	printf '%s' '{"metadata":{"backup_id":"b","created_at":1.5,' \
		'"cortex_version":"0.1.0","data_version":1,' \
		'"total_concepts":1,"total_columns":0,"total_connections":0,' \
		'"compression_used":false,"integrity_hash":"",' \
		'"backup_size_bytes":0,"description":"small"},' \
		'"concepts":['
	concept "${1:-1}" "${2:-text}"
	printf '%s%s\n' '],"columns":[],"connections":[],' \
		'"system_state":null,"query_cache":[],"sync_queue":[]}'
}

# document CONCEPTS: small_json with these, in JSON with commas between
document()
{
	small=$(small_json)
	printf '%s' "${small%%\"concepts\":\[*}\"concepts\":[$1]"
	printf '%s\n' ",\"columns\":${small#*],\"columns\":}"
}

# concept ID CONTENT [HASH]: its JSON; CONTENT as it stands between the quotes
concept()
{
	printf '%s' "{\"id\":$1,\"content\":\"$2\",\"content_hash\":${3:-7}," \
		'"column_id":1,"created_timestamp":1.0,"last_accessed":2.0,' \
		'"access_count":3,"metadata":{"complexity":0.5,' \
		'"category":"c","source":{"origin":"import",' \
		'"timestamp":1.0,"session_id":"s","parent_concept_id":null},' \
		'"tags":[],"priority":1,"confidence":0.25,"connections":[]},' \
		'"embeddings":{"semantic_vector":[1.0,-0.0],' \
		'"neural_signature":[],"context_vector":[0.1],' \
		'"last_computed":1.0},"version":1}'
}

# many_json COUNT: a document of so many concepts, ids 10, 20, 30 ...
many_json()
{
	document @ | awk -v count="$1" -v one="$(concept @ @)" '{
		split($0, document, "\\[@\\]")
		split(one, part, "@")
		printf "%s", document[1] "["
		for (i = 1; i <= count; i++)
			printf "%s%s%d%sconcept number %d%s",
				i == 1 ? "" : ",", part[1], 10 * i, part[2], i,
				part[3]
		print "]" document[2]
	}'
}
