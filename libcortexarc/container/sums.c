/* sums.c - B2SUMS: a line a member, and the root hash over it */
#include "container/sums.h"

enum { GAP = 2, NAME_AT = CXA_DIGEST_HEX + GAP };

void cxa_sums_add(struct cxa_buffer *sums, const struct cxa_digest *digest,
		  const char *name)
{
	char hex[CXA_DIGEST_HEX + 1];

	cxa_digest_hex(digest, hex);
	cxa_buffer_append(sums, hex, CXA_DIGEST_HEX);
	cxa_buffer_text(sums, "  ");
	cxa_buffer_text(sums, name);
	cxa_buffer_byte(sums, '\n');
}

static bool parse_line(const char *line, size_t size,
		       struct cxa_member *member)
{
	char name[CXA_MEMBER_NAME_MAX + 1];
	size_t name_size;

	if (size <= NAME_AT || size - NAME_AT > CXA_MEMBER_NAME_MAX)
		return false;
	name_size = size - NAME_AT;
	memcpy(name, line + NAME_AT, name_size);
	name[name_size] = '\0';
	return strlen(name) == name_size &&
	       cxa_digest_parse(&member->digest, line) &&
	       memcmp(line + CXA_DIGEST_HEX, "  ", GAP) == 0 &&
	       cxa_member_parse(member, name) &&
	       member->kind < CXA_MEMBER_SUMS;
}

static size_t line_number(const uint8_t *data, size_t offset)
{
	size_t lines = 1;

	for (size_t i = 0; i < offset; i++)
		lines += data[i] == '\n';
	return lines;
}

int cxa_sums_next(const uint8_t *data, size_t size, size_t *offset,
		  struct cxa_member *member, struct cxa_error *error)
{
	const uint8_t *line;
	const uint8_t *end;

	if (*offset == size)
		return CXA_END;
	line = data + *offset;
	memset(member, 0, sizeof(*member));
	end = memchr(line, '\n', size - *offset);
	if (end == NULL || !parse_line((const char *)line,
				       (size_t)(end - line), member)) {
		cxa_error_at(error, cxa_member_name(CXA_MEMBER_SUMS),
			     UINT64_MAX);
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "line %zu is not a digest and a member's "
				     "name", line_number(data, *offset));
	}
	member->has_digest = true;
	*offset = (size_t)(end - data) + 1;
	return 0;
}
