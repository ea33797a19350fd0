/* format.c - limits of the format itself, and of frames: at each, and past it */
#include <stdlib.h>
#include <zstd.h>

#include "base/bytes.h"
#include "base/frame.h"
#include "base/wire.h"
#include "container/header.h"
#include "container/member.h"
#include "container/tar_block.h"
#include "container/walker.h"
#include "record/json_text.h"
#include "record/number.h"
#include "tap.h"

/* --- frames -------------------------------------------------------------- */

enum { MIB = 1 << 20, WINDOW_AT = 5 };

/* @size zeros in a frame that wants a window of 8 MiB. */
static void make_frame(struct cxa_buffer *out, size_t size)
{
	uint8_t *zeros = calloc(1, size);
	size_t bound = ZSTD_compressBound(size);
	ZSTD_CCtx *compressor = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_windowLog, 23);
	cxa_buffer_reset(out);
	out->size = ZSTD_compress2(compressor, cxa_buffer_room(out, bound),
				   bound, zeros, size);
	ZSTD_freeCCtx(compressor);
	free(zeros);
}

static void windows_have_a_limit(void)
{
	/* Single segments: magic, descriptor, a content size of four bytes. */
	uint8_t single[20] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa4 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer frame = { 0 };
	uint64_t size = 0;

	make_frame(&frame, 9 * MIB);
	is_int(cxa_frame_content_size(frame.data, frame.size, &size, NULL), 0,
	       "a frame with a window of 8 MiB is accepted");
	is_uint(size, 9 * MIB, "with what it holds");
	frame.data[WINDOW_AT]++;
	is_int(cxa_frame_content_size(frame.data, frame.size, &size, &error),
	       CXA_ERR_LIMIT, "the next larger window is refused");
	like(error.message, "9437184 bytes, over the format's limit of 8388608",
	     "as a limit of the format");
	is_str(error.hint, "", "which nothing raises");
	cxa_buffer_release(&frame);
	cxa_store32(single + 5, 8 * MIB + 1);
	error = (struct cxa_error)CXA_ERROR_INIT;
	is_int(cxa_frame_content_size(single, sizeof(single), &size, &error),
	       CXA_ERR_LIMIT, "a single segment of a byte more is refused");
	like(error.message, "8388609 bytes, over the format's limit", "as that");
	cxa_store32(single + 5, 8 * MIB);
	is_int(cxa_frame_content_size(single, sizeof(single), &size, NULL),
	       CXA_ERR_CORRUPT, "one of 8 MiB for what else is wrong with it");
}

static int decompress(const struct cxa_buffer *frame,
		      const struct cxa_limits *limits, size_t *taken,
		      struct cxa_error *error)
{
	struct cxa_frame_coder coder = { 0 };
	struct cxa_buffer out = { 0 };
	int status = cxa_frame_decompress(&coder, frame->data, frame->size,
					  limits, CXA_LIMIT(batch_bytes), &out,
					  error);

	*taken = out.capacity;
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&out);
	return status;
}

static void batches_have_a_limit(void)
{
	const struct cxa_limits *limits = cxa_limits_default();
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer frame = { 0 };
	size_t taken = 0;

	make_frame(&frame, 64 * MIB + 1);
	is_int(decompress(&frame, limits, &taken, &error), CXA_ERR_LIMIT,
	       "a batch of 64 MiB and a byte is refused");
	like(error.message, "67108865 bytes, over the limit batch-bytes of "
	     "67108864", "with name, size and limit");
	like(error.hint, "--limit batch-bytes=", "and what raises it");
	is_uint(taken, 0, "before memory is taken");
	make_frame(&frame, 64 * MIB);
	is_int(decompress(&frame, limits, &taken, NULL), 0,
	       "one of 64 MiB is read, whatever its ratio");
	cxa_buffer_release(&frame);
}

static void ratios_have_a_limit(void)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer frame = { 0 };
	char told[80];
	size_t taken = 0;

	make_frame(&frame, 64 * MIB + 1);
	limits.batch_bytes = 65 * MIB;
	limits.ratio = (64 * MIB + 1) / frame.size - 1;
	is_int(decompress(&frame, &limits, &taken, &error), CXA_ERR_LIMIT,
	       "over 64 MiB a ratio past its limit is refused");
	snprintf(told, sizeof(told), "%d times, over the limit ratio of %d",
		 (int)limits.ratio + 1, (int)limits.ratio);
	like(error.message, told, "with name, ratio and limit");
	like(error.hint, "--limit ratio=", "and what raises it");
	is_uint(taken, 0, "before memory is taken");
	limits.ratio++;
	is_int(decompress(&frame, &limits, &taken, NULL), 0,
	       "at the limit it is read");
	cxa_buffer_release(&frame);
}

/* --- records -------------------------------------------------------------- */

/* No type of the format refers to itself; this one does, to nest at will. */
static const ProtobufCMessageDescriptor inner_descriptor = {
	.short_name = "Inner", .sizeof_message = 8 };
static const ProtobufCFieldDescriptor self_descriptor = {
	.name = "inner", .id = 1, .label = PROTOBUF_C_LABEL_OPTIONAL,
	.type = PROTOBUF_C_TYPE_MESSAGE };
static struct cxa_message_type inner_type;
static const struct cxa_field self = {
	.descriptor = &self_descriptor, .type = &inner_type,
	.kind = CXA_FIELD_MESSAGE, .count_limit = CXA_LIMIT(links),
	.bytes_limit = CXA_NO_LIMIT };

static int scan_nested(unsigned levels, struct cxa_error *error)
{
	struct cxa_wire_stats stats = { 0 };
	uint8_t bytes[32];

	inner_type = (struct cxa_message_type){
		.descriptor = &inner_descriptor, .fields = &self,
		.field_count = 1 };
	for (unsigned i = 0; i < levels; i++) {
		bytes[2 * i] = 1 << 3 | 2;
		bytes[2 * i + 1] = (uint8_t)(2 * (levels - 1 - i));
	}
	return cxa_wire_scan(&inner_type, bytes, 2 * levels, NULL, &stats,
			     error);
}

static void depth_has_a_limit(void)
{
	struct cxa_error error = CXA_ERROR_INIT;

	is_int(scan_nested(CXA_DEPTH_MAX, NULL), 0,
	       "messages that nest 8 deep are accepted");
	is_int(scan_nested(CXA_DEPTH_MAX + 1, &error), CXA_ERR_LIMIT,
	       "9 deep are refused");
	is_str(error.message,
	       "Inner: 9 levels, over the format's limit of 8",
	       "as a limit of the format");
}

/* --- JSON ----------------------------------------------------------------- */

static int decode(const char *json, size_t size, struct cxa_error *error)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_json_rules rules = { .lenient = true, .limits = &limits };
	struct cxa_json_text text = { (const uint8_t *)json, size, 1, 1, 0 };
	struct cxa_arena arena = { 0 };
	ProtobufCMessage *message;
	int status;

	limits.short_string_bytes = 1 * MIB;
	status = cxa_json_decode(cxa_message_type_of(
					 &cxa__connection__descriptor),
				 "connection", &text, &rules, &arena, &message,
				 NULL, error);
	cxa_arena_release(&arena);
	return status;
}

static void numbers_have_a_limit(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	char json[120];
	int size;

	size = snprintf(json, sizeof(json), "{\"weight\":0.%0*d}",
			CXA_NUMBER_TEXT_MAX - 2, 1);
	is_int(decode(json, (size_t)size, NULL), 0,
	       "a number of 64 bytes is read");
	size = snprintf(json, sizeof(json), "{\"weight\":0.%0*d}",
			CXA_NUMBER_TEXT_MAX - 1, 1);
	is_int(decode(json, (size_t)size, &error), CXA_ERR_LIMIT,
	       "one of 65 is refused");
	like(error.message, "member weight is a number of 65 bytes, over the "
	     "format's limit of 64", "as a limit of the format");
}

static void names_of_json_have_a_limit(void)
{
	static char json[CXA_JSON_NAME_MAX + 10];
	struct cxa_error error = CXA_ERROR_INIT;

	memset(json, 'x', sizeof(json));
	memcpy(json, "{\"", 2);
	memcpy(json + 2 + CXA_JSON_NAME_MAX, "\":1}", 4);
	is_int(decode(json, CXA_JSON_NAME_MAX + 6, NULL), 0,
	       "a member's name of 64 KiB is read");
	memcpy(json + 2 + CXA_JSON_NAME_MAX, "x\":1}", 5);
	is_int(decode(json, CXA_JSON_NAME_MAX + 7, &error), CXA_ERR_LIMIT,
	       "one of a byte more is refused");
	like(error.message, "65537 bytes, over the format's limit of 65536",
	     "as a limit of the format");
}

/* --- members --------------------------------------------------------------- */

static void names_of_members_have_a_limit(void)
{
	struct cxa_tar_header header = { .type = '0' };
	uint8_t block[CXA_TAR_BLOCK];
	unsigned sum = 0;

	memset(header.name, 'a', CXA_MEMBER_NAME_MAX);
	cxa_tar_header_encode(&header, block);
	ok(cxa_tar_header_decode(&header, block) == NULL,
	   "a name of 99 bytes stands in a tar header");
	block[CXA_MEMBER_NAME_MAX] = 'a';
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
	block[155] = ' ';
	is_str(cxa_tar_header_decode(&header, block),
	       "a name of 100 bytes, over the format's limit of 99",
	       "one of 100 does not, by a limit of the format");
}

static int encode_header(size_t description, size_t *size,
			 struct cxa_error *error)
{
	Cxa__Header header = CXA__HEADER__INIT;
	Cxa__Metadata metadata = CXA__METADATA__INIT;
	struct cxa_buffer out = { 0 };
	int status;

	metadata.data_version = 1;
	metadata.description.len = description;
	metadata.description.data = calloc(1, description + 1);
	header.metadata = &metadata;
	status = cxa_header_encode(&header, &out, error);
	*size = out.size;
	free(metadata.description.data);
	cxa_buffer_release(&out);
	return status;
}

static void headers_have_a_limit(void)
{
	static uint8_t bytes[CXA_HEADER_MAX + 1];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_arena arena = { 0 };
	Cxa__Header *header;
	size_t size = 0;
	size_t description = CXA_HEADER_MAX - 1000;

	encode_header(description, &size, NULL);
	description += CXA_HEADER_MAX - size;
	is_int(encode_header(description, &size, NULL), 0,
	       "a header of 1 MiB is written");
	is_uint(size, CXA_HEADER_MAX, "which it is");
	is_int(encode_header(description + 1, &size, &error), CXA_ERR_LIMIT,
	       "one of a byte more is not");
	like(error.message, "1048577 bytes, over the format's limit of 1048576",
	     "as a limit of the format");
	is_int(cxa_header_decode(bytes, sizeof(bytes), CXA_TO_LIST, NULL, &arena,
				 &header, &again), CXA_ERR_CORRUPT,
	       "nor read: no writer makes it");
	like(again.message, "1048577 bytes, over the format's limit of 1048576",
	     "as that");
	is_uint(arena.total, 0, "before memory is taken");
}

static int walk_header(uint64_t size, struct cxa_error *error)
{
	struct cxa_tar_header header = {
		.name = "CORTEXARC", .type = '0', .size = size };
	struct cxa_walker walker;
	uint8_t block[CXA_TAR_BLOCK];
	enum cxa_walk_event event;
	size_t used;

	cxa_tar_header_encode(&header, block);
	cxa_walker_init(&walker);
	return cxa_walker_feed(&walker, block, sizeof(block), &used, &event,
			       error);
}

static void headers_have_a_limit_in_the_tar(void)
{
	is_int(walk_header(CXA_HEADER_MAX, NULL), 0,
	       "a member CORTEXARC of 1 MiB is walked over");
	is_int(walk_header(CXA_HEADER_MAX + 1, NULL), CXA_ERR_CORRUPT,
	       "one of a byte more is none of the format");
}

int main(void)
{
	windows_have_a_limit();
	batches_have_a_limit();
	ratios_have_a_limit();
	depth_has_a_limit();
	numbers_have_a_limit();
	names_of_json_have_a_limit();
	names_of_members_have_a_limit();
	headers_have_a_limit();
	headers_have_a_limit_in_the_tar();
	return done_testing();
}
