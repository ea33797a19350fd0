/* trailer.c - the last 512 bytes: damage told from absence, and where they are */
#include "container/tar_block.h"
#include "fixture.h"

static struct fixture fixture;

static int find_in(const uint8_t *data, size_t size,
		   struct cxa_trailer *trailer, uint64_t *end,
		   uint64_t *padding, struct cxa_error *error)
{
	struct fixture_file file;
	int status;

	fixture_file_open(&file, data, size, true);
	status = cxa_trailer_find(trailer, &file.input, end, padding, error);
	fixture_file_close(&file);
	return status;
}

static void every_flipped_bit_is_refused(void)
{
	uint8_t block[CXA_TRAILER_BYTES];
	struct cxa_trailer trailer;
	uint64_t unseen = 0;

	cxa_trailer_encode(&fixture.trailer, block);
	for (size_t bit = 0; bit < sizeof(block) * 8; bit++) {
		block[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		unseen += cxa_trailer_decode(&trailer, block, NULL) !=
			  CXA_ERR_CORRUPT;
		block[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	is_uint(unseen, 0, "every flipped bit is damage, and not a new version");
}

static void put_digest(uint8_t block[CXA_TRAILER_BYTES])
{
	struct cxa_digest digest;

	cxa_digest_of(&digest, block, 480);
	memcpy(block + 480, digest.bytes, sizeof(digest.bytes));
}

static void versions_are_told_from_damage(void)
{
	struct cxa_trailer trailer = fixture.trailer;
	struct cxa_error error = CXA_ERROR_INIT;
	uint8_t block[CXA_TRAILER_BYTES];

	trailer.major = 2;
	trailer.minor = 7;
	cxa_trailer_encode(&trailer, block);
	is_int(cxa_trailer_decode(&trailer, block, &error), CXA_ERR_UNSUPPORTED,
	       "a higher major is refused");
	like(error.message, "needs format 2.7", "and told");
	block[200] = 1;
	put_digest(block);
	is_int(cxa_trailer_decode(&trailer, block, NULL), CXA_ERR_UNSUPPORTED,
	       "whatever else it holds");
	trailer = fixture.trailer;
	trailer.major = 0;
	cxa_trailer_encode(&trailer, block);
	is_int(cxa_trailer_decode(&trailer, block, NULL), CXA_ERR_CORRUPT,
	       "format 0 never was");
	trailer = fixture.trailer;
	trailer.minor = 9;
	cxa_trailer_encode(&trailer, block);
	is_int(cxa_trailer_decode(&trailer, block, NULL), 0,
	       "a higher minor is read");
	block[120] = 1;
	put_digest(block);
	is_int(cxa_trailer_decode(&trailer, block, NULL), CXA_ERR_CORRUPT,
	       "bytes where zeros must stand are refused");
}

static void a_cut_file_misses_its_end(void)
{
	size_t size = fixture.file.size;
	struct cxa_trailer trailer;
	uint64_t end;
	uint64_t padding;
	uint64_t wrong = 0;

	for (size_t cut = size - 2100; cut < size; cut += 7) {
		struct cxa_error error = CXA_ERROR_INIT;

		wrong += find_in(fixture.file.data, cut, &trailer, &end,
				 &padding, &error) != CXA_ERR_CORRUPT ||
			 strstr(error.message, "the end is missing") == NULL;
	}
	wrong += find_in(fixture.file.data, 0, &trailer, &end, &padding, NULL)
		 != CXA_ERR_CORRUPT;
	is_uint(wrong, 0, "wherever a file is cut, its end is missing");
}

/* Header, trailer and two zero blocks: every bit. */
static void every_flipped_bit_at_the_end_is_refused(void)
{
	size_t size = fixture.file.size;
	struct cxa_trailer trailer;
	uint64_t end;
	uint64_t padding;
	uint64_t unseen = 0;
	uint64_t misnamed = 0;

	for (size_t bit = (size - 2048) * 8; bit < size * 8; bit += 3) {
		struct cxa_error error = CXA_ERROR_INIT;

		fixture.file.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		unseen += find_in(fixture.file.data, size, &trailer, &end,
				  &padding, &error) != CXA_ERR_CORRUPT;
		misnamed += strstr(error.message, "is missing") != NULL;
		fixture.file.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	is_uint(unseen, 0, "a flipped bit from TRAILER's header on is refused");
	is_uint(misnamed, 0, "and not called a missing end");
}

/* A header before it that some tar would take, and is not TRAILER's. */
static void other_headers_before_it_are_refused(void)
{
	static const struct {
		const char *name;
		char type;
		uint64_t size;
	} cases[] = {
		{ "TRAILER", '0', 511 }, { "TRAILER", '0', 513 },
		{ "TRAILER", 'x', 512 }, { "TRAILERS", '0', 512 },
		{ "B2SUMS", '0', 512 },
	};
	uint8_t *block = fixture.file.data + fixture.file.size - 2048;
	uint8_t saved[CXA_BLOCK_BYTES];

	memcpy(saved, block, sizeof(saved));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_tar_header header = { .type = cases[i].type,
						 .size = cases[i].size,
						 .mtime = FIXTURE_MTIME };
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_trailer trailer;
		uint64_t end;
		uint64_t padding;

		memcpy(header.name, cases[i].name, strlen(cases[i].name));
		cxa_tar_header_encode(&header, block);
		ok(find_in(fixture.file.data, fixture.file.size, &trailer, &end,
			   &padding, &error) == CXA_ERR_CORRUPT,
		   "a header of %s, type %c, %d bytes is refused: %s",
		   cases[i].name, cases[i].type, (int)cases[i].size,
		   error.message);
	}
	memcpy(block, saved, sizeof(saved));
}

static void parts_that_stand_on_no_block_are_refused(void)
{
	uint8_t *block = fixture.file.data + fixture.file.size - 1536;
	struct cxa_trailer trailer = fixture.trailer;
	struct cxa_error error = CXA_ERROR_INIT;
	uint8_t saved[CXA_TRAILER_BYTES];
	uint64_t end;
	uint64_t padding;

	memcpy(saved, block, sizeof(saved));
	trailer.index_offset++;
	cxa_trailer_encode(&trailer, block);
	is_int(find_in(fixture.file.data, fixture.file.size, &trailer, &end,
		       &padding, &error), CXA_ERR_CORRUPT,
	       "an INDEX that stands on no block boundary is refused");
	like(error.message, "do not stand where TRAILER says", "as that");
	memcpy(block, saved, sizeof(saved));
}

static void a_file_that_fails_or_shrinks_is_told(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_error third = CXA_ERROR_INIT;
	struct cxa_trailer trailer;
	struct fixture_file file;
	uint64_t end;
	uint64_t padding;
	bool stands = true;
	int fd;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	file.input.size += 100;
	is_int(cxa_trailer_find(&trailer, &file.input, &end, &padding, &error),
	       CXA_ERR_CORRUPT, "a file that has become shorter is refused");
	like(error.message, "the file became shorter", "as that");
	fd = file.input.fd;
	file.input.fd = -1;
	is_int(cxa_trailer_find(&trailer, &file.input, &end, &padding, &again),
	       CXA_ERR_IO, "one that cannot be read is no damaged one");
	is_int(cxa_trailer_stands(&stands, &file.input, &third), CXA_ERR_IO,
	       "nor is one that cannot be read one without TRAILER");
	like(third.message, "cannot read", "and why is told");
	file.input.fd = fd;
	fixture_file_close(&file);
}

static void lost_bytes_before_it_are_seen(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_trailer trailer;
	uint64_t end;
	uint64_t padding;

	is_int(find_in(fixture.file.data + 512, fixture.file.size - 512,
		       &trailer, &end, &padding, &error), CXA_ERR_CORRUPT,
	       "a TRAILER that stands elsewhere is refused");
	like(error.message, "bytes were lost or added", "and why is told");
	is_int(find_in(fixture.file.data + 1, fixture.file.size - 1, &trailer,
		       &end, &padding, NULL), CXA_ERR_CORRUPT,
	       "so is one that stands on no block boundary");
}

static void zeros_behind_the_end_are_passed_over(void)
{
	static const struct {
		const char *claim;
		size_t more;
		uint8_t last;
		int status;
	} cases[] = {
		{ "nothing", 0, 0, 0 },
		{ "one zero", 1, 0, 0 },
		{ "a re-blocked tar's", 9728, 0, 0 },
		{ "1 MiB of zeros", 1 << 20, 0, 0 },
		{ "over 1 MiB of zeros", (1 << 20) + 1, 0, CXA_ERR_CORRUPT },
		{ "16 MiB of zeros", 16 << 20, 0, CXA_ERR_CORRUPT },
		{ "a byte that is not zero", 1, 1, CXA_ERR_CORRUPT },
		{ "zeros and a byte that is not", 9728, 1, CXA_ERR_CORRUPT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = fixture.file.size + cases[i].more;
		struct cxa_error error = CXA_ERROR_INIT;
		uint8_t *copy = calloc(size, 1);
		struct cxa_trailer trailer;
		uint64_t end = 0;
		uint64_t padding = 0;
		int status;

		memcpy(copy, fixture.file.data, fixture.file.size);
		if (cases[i].last != 0)
			copy[size - 1] = cases[i].last;
		status = find_in(copy, size, &trailer, &end, &padding, &error);
		ok(status == cases[i].status &&
		   (status != 0 || (end == fixture.file.size &&
				    padding == cases[i].more)),
		   "%s behind the end: %s", cases[i].claim,
		   status == 0 ? "passed over" : error.message);
		free(copy);
	}
}

static void what_was_written_is_found(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_trailer trailer;
	uint64_t end = 0;
	uint64_t padding = 1;

	is_int(find_in(fixture.file.data, fixture.file.size, &trailer, &end,
		       &padding, &error), 0, "a sound file's is found");
	is_uint(end, fixture.file.size, "the end is the file's");
	is_uint(padding, 0, "nothing stands behind it");
	ok(error.status == 0 && error.offset == UINT64_MAX,
	   "the error is left alone");
	ok(trailer.index_offset == fixture.trailer.index_offset &&
	   trailer.index_size == fixture.trailer.index_size &&
	   trailer.sums_offset == fixture.trailer.sums_offset &&
	   trailer.sums_size == fixture.trailer.sums_size &&
	   cxa_digest_equal(&trailer.index_digest,
			    &fixture.trailer.index_digest) &&
	   cxa_digest_equal(&trailer.root, &fixture.trailer.root),
	   "all that was written comes back");
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	every_flipped_bit_is_refused();
	versions_are_told_from_damage();
	a_cut_file_misses_its_end();
	every_flipped_bit_at_the_end_is_refused();
	other_headers_before_it_are_refused();
	parts_that_stand_on_no_block_are_refused();
	a_file_that_fails_or_shrinks_is_told();
	lost_bytes_before_it_are_seen();
	zeros_behind_the_end_are_passed_over();
	what_was_written_is_found();
	fixture_release(&fixture);
	return done_testing();
}
