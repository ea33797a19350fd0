/* archive_confirm.c - do B2SUMS, INDEX, header, schema and trailer agree? */
#include "container/sums.h"
#include "container/walker.h"
#include "endpoint/archive.h"

/* Members that are no batches. */
enum { SINGLES = 5 };

struct confirm {
	const struct cxa_archive *archive;
	struct cxa_buffer sums;
	struct cxa_buffer schema;
	struct cxa_digest schema_digest;
	struct cxa_digest schema_told; /* by its pax header, if it has one */
	uint64_t end; /* offset behind the last member's padding */
};

static uint64_t padded(uint64_t size)
{
	return (size + CXA_BLOCK_BYTES - 1) / CXA_BLOCK_BYTES * CXA_BLOCK_BYTES;
}

static int disagree(const char *member, const char *what,
		    struct cxa_error *error)
{
	cxa_error_at(error, member, UINT64_MAX);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s", what);
}

static int read_sums(struct confirm *confirm, struct cxa_error *error)
{
	const struct cxa_archive *archive = confirm->archive;
	const struct cxa_trailer *trailer = &archive->trailer;
	struct cxa_digest digest;
	int status = cxa_archive_read_member(
		archive, cxa_member_name(CXA_MEMBER_SUMS),
		trailer->sums_offset, trailer->sums_size, NULL,
		&confirm->sums, error);

	if (status < 0)
		return status;
	cxa_digest_of(&digest, confirm->sums.data, confirm->sums.size);
	if (!cxa_digest_equal(&digest, &archive->root))
		return disagree("B2SUMS", "the root hash in TRAILER is not "
					  "that of B2SUMS", error);
	return 0;
}

/* The schema follows the header; where exactly, only the tar says. */
static int read_schema(struct confirm *confirm, struct cxa_error *error)
{
	const struct cxa_archive *archive = confirm->archive;
	const char *name = cxa_member_name(CXA_MEMBER_SCHEMA);
	uint8_t blocks[3 * CXA_BLOCK_BYTES];
	uint64_t start = CXA_BLOCK_BYTES + padded(archive->header_size);
	struct cxa_walker walker = { 0 };
	enum cxa_walk_event event = CXA_WALK_MORE;
	size_t used = 0;
	size_t done = 0;
	int status = 0;

	confirm->end = start;
	if (archive->foreign != NULL)
		return cxa_archive_read_member(archive, name, 0, UINT64_MAX,
					       NULL, &confirm->schema, error);
	cxa_walker_resume(&walker, start, archive->mtime);
	status = cxa_archive_read_at(archive, start, blocks, sizeof(blocks),
				     error);
	while (status == 0 && event != CXA_WALK_MEMBER &&
	       done < sizeof(blocks)) {
		status = cxa_walker_feed(&walker, blocks + done,
					 sizeof(blocks) - done, &used, &event,
					 error);
		done += used;
	}
	if (status < 0)
		return status;
	if (event != CXA_WALK_MEMBER ||
	    walker.member.kind != CXA_MEMBER_SCHEMA)
		return disagree(name, "schema.pb is not behind CORTEXARC",
				error);
	confirm->schema_told = walker.member.digest;
	confirm->end = start + sizeof(blocks) + padded(walker.member.size);
	return cxa_archive_read_member(
		archive, name, start + sizeof(blocks), walker.member.size,
		&walker.member.digest, &confirm->schema, error);
}

static int check_schema(struct confirm *confirm, struct cxa_error *error)
{
	cxa_digest_of(&confirm->schema_digest, confirm->schema.data,
		      confirm->schema.size);
	if (confirm->archive->foreign != NULL ||
	    cxa_digest_equal(&confirm->schema_digest, &confirm->schema_told))
		return 0;
	return disagree(cxa_member_name(CXA_MEMBER_SCHEMA),
			"the bytes do not match the digest in the pax header",
			error);
}

/* One line of B2SUMS against what is known of the member it must name. */
static int match_line(struct confirm *confirm, size_t *offset,
		      const char *name, size_t name_size,
		      const uint8_t *digest, struct cxa_error *error)
{
	struct cxa_member line;
	int status = cxa_sums_next(confirm->sums.data, confirm->sums.size,
				   offset, &line, error);

	if (status == CXA_END)
		return disagree("B2SUMS", "B2SUMS ends too early", error);
	if (status < 0)
		return status;
	if (strlen(line.name) != name_size ||
	    memcmp(line.name, name, name_size) != 0)
		return disagree("B2SUMS", "B2SUMS and INDEX do not name the "
					  "same members", error);
	if (memcmp(line.digest.bytes, digest, CXA_DIGEST_BYTES) != 0)
		return disagree(line.name, "B2SUMS has another digest than the "
					   "rest of the archive", error);
	return 0;
}

static int match_name(struct confirm *confirm, size_t *offset,
		      enum cxa_member_kind kind, const uint8_t *digest,
		      struct cxa_error *error)
{
	const char *name = cxa_member_name(kind);

	return match_line(confirm, offset, name, strlen(name), digest, error);
}

static int match_sums(struct confirm *confirm, struct cxa_error *error)
{
	const struct cxa_archive *archive = confirm->archive;
	const Cxa__Index *index = archive->index;
	struct cxa_member line;
	size_t offset = 0;
	int status = match_name(confirm, &offset, CXA_MEMBER_HEADER,
				archive->header_digest.bytes, error);

	if (status == 0)
		status = match_name(confirm, &offset, CXA_MEMBER_SCHEMA,
				    confirm->schema_digest.bytes, error);
	for (size_t i = 0; i < index->n_entries && status == 0; i++)
		status = match_line(confirm, &offset,
				    (const char *)index->entries[i]->member.data,
				    index->entries[i]->member.len,
				    index->entries[i]->stored_digest.data,
				    error);
	if (status == 0)
		status = match_name(confirm, &offset, CXA_MEMBER_INDEX,
				    archive->trailer.index_digest.bytes, error);
	if (status == 0 &&
	    cxa_sums_next(confirm->sums.data, confirm->sums.size, &offset,
			  &line, NULL) != CXA_END)
		status = disagree("B2SUMS", "B2SUMS names too many members",
				  error);
	return status;
}

/* Members stand one behind the other, without a gap that nothing covers. */
static int match_layout(struct confirm *confirm, struct cxa_error *error)
{
	const struct cxa_archive *archive = confirm->archive;
	const struct cxa_trailer *trailer = &archive->trailer;
	const Cxa__Index *index = archive->index;
	uint64_t end = confirm->end;
	size_t preamble = cxa_preamble_bytes(CXA_MEMBER_BATCH);

	if (archive->foreign != NULL)
		return archive->foreign->count == index->n_entries + SINGLES ?
			       0 : disagree("INDEX.pb.zst", "there are members "
					    "that INDEX does not tell of",
					    error);
	if (index->n_entries != 0) {
		const Cxa__IndexEntry *last =
			index->entries[index->n_entries - 1];

		if (index->entries[0]->offset != end + preamble)
			return disagree("INDEX.pb.zst", "the first batch is "
					"not behind schema.pb", error);
		end = last->offset + padded(last->stored_size);
	}
	if (trailer->index_offset !=
	    end + cxa_preamble_bytes(CXA_MEMBER_INDEX))
		return disagree("TRAILER", "INDEX.pb.zst is not behind the "
					   "last batch", error);
	end = trailer->index_offset + padded(trailer->index_size);
	if (trailer->sums_offset != end + cxa_preamble_bytes(CXA_MEMBER_SUMS))
		return disagree("TRAILER", "B2SUMS is not behind INDEX.pb.zst",
				error);
	return 0;
}

int cxa_archive_confirm(struct cxa_archive *archive, struct cxa_error *error)
{
	struct confirm confirm = { .archive = archive };
	int status = read_sums(&confirm, error);

	if (status == 0)
		status = read_schema(&confirm, error);
	if (status == 0)
		status = check_schema(&confirm, error);
	if (status == 0)
		status = match_sums(&confirm, error);
	if (status == 0)
		status = match_layout(&confirm, error);
	cxa_buffer_release(&confirm.sums);
	cxa_buffer_release(&confirm.schema);
	return status;
}
