/* tar_block.c - the 512-byte blocks before a member: one form, to the byte */
#include "container/tar_block.h"

#include <string.h>

/* POSIX.1-2008, pax: "ustar Interchange Format". */
enum {
	MODE_AT = 100,
	UID_AT = 108,
	GID_AT = 116,
	SIZE_AT = 124,
	MTIME_AT = 136,
	CHECKSUM_AT = 148,
	CHECKSUM_BYTES = 8,
	TYPE_AT = 156,
	MAGIC_AT = 257,
	DEVMAJOR_AT = 329,
	DEVMINOR_AT = 337,
	LONG_DIGITS = 11,
	SHORT_DIGITS = 6,
};

static const char magic[] = "ustar\00000"; /* with the version "00" */
static const char pax_folder[] = "PaxHeader/";
static const char pax_record[] = "105 SCHILY.xattr.user.cortexarc.blake2b=";

_Static_assert(sizeof(pax_record) - 1 + CXA_DIGEST_HEX + 1 ==
	       CXA_TAR_PAX_BYTES, "the record says its own length");

static void put_octal(uint8_t *out, uint64_t value, int digits)
{
	while (digits-- > 0) {
		out[digits] = (uint8_t)('0' + (value & 7));
		value >>= 3;
	}
}

static void put_text(uint8_t *out, const char *text)
{
	memcpy(out, text, strlen(text));
}

static bool get_octal(uint64_t *out, const uint8_t *data, int digits)
{
	*out = 0;
	for (int i = 0; i < digits; i++) {
		if (data[i] < '0' || data[i] > '7')
			return false;
		*out = *out << 3 | (uint64_t)(data[i] - '0');
	}
	return true;
}

/* By the word: 64 of them are at most 32,640 in each lane of 16 bits. */
static unsigned sum_of(const uint8_t *block)
{
	const uint64_t bytes = UINT64_C(0x00ff00ff00ff00ff);
	const uint64_t lanes = UINT64_C(0x0000ffff0000ffff);
	uint64_t sums = 0;
	uint64_t word;

	for (size_t at = 0; at < CXA_TAR_BLOCK; at += sizeof(word)) {
		memcpy(&word, block + at, sizeof(word));
		sums += (word & bytes) + (word >> 8 & bytes);
	}
	sums = (sums & lanes) + (sums >> 16 & lanes);
	return (unsigned)(sums & UINT32_MAX) + (unsigned)(sums >> 32);
}

/* The checksum field itself counts as spaces. */
static unsigned checksum_of(const uint8_t *block)
{
	unsigned sum = sum_of(block) + CHECKSUM_BYTES * ' ';

	for (int i = 0; i < CHECKSUM_BYTES; i++)
		sum -= block[CHECKSUM_AT + i];
	return sum;
}

/* All but the checksum's digits. */
static void put_fields(const struct cxa_tar_header *header, uint8_t *out)
{
	memset(out, 0, CXA_TAR_BLOCK);
	put_text(out, header->name);
	put_text(out + MODE_AT, "000644 ");
	put_text(out + UID_AT, "000000 ");
	put_text(out + GID_AT, "000000 ");
	put_octal(out + SIZE_AT, header->size, LONG_DIGITS);
	out[SIZE_AT + LONG_DIGITS] = ' ';
	put_octal(out + MTIME_AT, header->mtime, LONG_DIGITS);
	out[MTIME_AT + LONG_DIGITS] = ' ';
	out[CHECKSUM_AT + SHORT_DIGITS + 1] = ' ';
	out[TYPE_AT] = (uint8_t)header->type;
	memcpy(out + MAGIC_AT, magic, sizeof(magic) - 1);
	put_text(out + DEVMAJOR_AT, "000000 ");
	put_text(out + DEVMINOR_AT, "000000 ");
}

void cxa_tar_header_encode(const struct cxa_tar_header *header,
			   uint8_t out[CXA_TAR_BLOCK])
{
	put_fields(header, out);
	put_octal(out + CHECKSUM_AT, checksum_of(out), SHORT_DIGITS);
}

static const char *type_fault(uint8_t type)
{
	switch (type) {
	case '0': case 'x': return NULL;
	case '\0': return "an old tar's header: type NUL";
	case '1': return "a hard link";
	case '2': return "a symbolic link";
	case '5': return "a folder";
	case 'g': return "a global pax header";
	case 'L': case 'K': return "a GNU long name";
	case 'S': return "a sparse file";
	default: return "a member that is no regular file";
	}
}

static bool checksum_holds(const uint8_t *block)
{
	uint64_t told;

	return get_octal(&told, block + CHECKSUM_AT, SHORT_DIGITS) &&
	       told == checksum_of(block);
}

const char *cxa_tar_header_decode(struct cxa_tar_header *out,
				  const uint8_t block[CXA_TAR_BLOCK])
{
	uint8_t expected[CXA_TAR_BLOCK];
	const char *fault;

	if (memcmp(block + MAGIC_AT, magic, sizeof(magic) - 1) != 0)
		return "no tar header where one must stand";
	if (!checksum_holds(block))
		return "a tar header with a wrong checksum";
	fault = type_fault(block[TYPE_AT]);
	if (fault != NULL)
		return fault;
	if (memchr(block, '\0', CXA_TAR_NAME) == NULL)
		return "a name of 100 bytes, over the format's limit of 99";
	memcpy(out->name, block, CXA_TAR_NAME);
	out->type = (char)block[TYPE_AT];
	if (!get_octal(&out->size, block + SIZE_AT, LONG_DIGITS))
		return "a size that is not 11 octal digits";
	if (!get_octal(&out->mtime, block + MTIME_AT, LONG_DIGITS))
		return "a time that is not 11 octal digits";
	put_fields(out, expected);
	memcpy(expected + CHECKSUM_AT, block + CHECKSUM_AT, SHORT_DIGITS);
	if (memcmp(block, expected, CXA_TAR_BLOCK) != 0)
		return "a tar header that is not in the canonical form";
	return NULL;
}

void cxa_tar_pax_name(char out[CXA_TAR_NAME], const char *member)
{
	const char *slash = strrchr(member, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - member) + 1;
	size_t size = strlen(member);
	size_t extra = sizeof(pax_folder) - 1;

	memset(out, 0, CXA_TAR_NAME);
	if (size + extra >= CXA_TAR_NAME)
		return;
	memcpy(out, member, folder);
	memcpy(out + folder, pax_folder, extra);
	memcpy(out + folder + extra, member + folder, size - folder);
}

bool cxa_tar_pax_member(char out[CXA_TAR_NAME], const char *pax_name)
{
	const char *found = strstr(pax_name, pax_folder);
	char again[CXA_TAR_NAME];
	size_t folder;
	const char *rest;

	if (found == NULL)
		return false;
	folder = (size_t)(found - pax_name);
	rest = found + sizeof(pax_folder) - 1;
	memcpy(out, pax_name, folder);
	memcpy(out + folder, rest, strlen(rest) + 1);
	cxa_tar_pax_name(again, out);
	return strcmp(again, pax_name) == 0;
}

void cxa_tar_digest_encode(const struct cxa_digest *digest,
			   uint8_t out[CXA_TAR_BLOCK])
{
	char hex[CXA_DIGEST_HEX + 1];

	cxa_digest_hex(digest, hex);
	memset(out, 0, CXA_TAR_BLOCK);
	put_text(out, pax_record);
	put_text(out + sizeof(pax_record) - 1, hex);
	out[CXA_TAR_PAX_BYTES - 1] = '\n';
}

bool cxa_tar_digest_decode(struct cxa_digest *out,
			   const uint8_t block[CXA_TAR_BLOCK])
{
	uint8_t expected[CXA_TAR_BLOCK];

	if (!cxa_digest_parse(out, (const char *)block +
				   sizeof(pax_record) - 1))
		return false;
	cxa_tar_digest_encode(out, expected);
	return memcmp(block, expected, CXA_TAR_BLOCK) == 0;
}

bool cxa_tar_is_zero(const uint8_t *data, size_t size)
{
	return size == 0 ||
	       (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}
