/* json_codec.h - records from and to JSON, driven by the message types */
#ifndef CXA_RECORD_JSON_CODEC_H
#define CXA_RECORD_JSON_CODEC_H

#include <stdbool.h>

#include <cortexarc/record.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/message_type.h"

/**
 * struct cxa_json_text - a piece of a document, and where it stands in it
 * @line, @column: of its first byte, from 1, columns in bytes
 * @offset: of its first byte in the document
 */
struct cxa_json_text {
	const uint8_t *data;
	size_t size;
	uint64_t line;
	uint64_t column;
	uint64_t offset;
};

/**
 * struct cxa_json_rules - how to read; zero means default
 * @limits: filled; NULL: the defaults
 * @filled: set to the number of members that lenient reading filled in
 * @first_filled: one line about the first of them ("" none)
 */
struct cxa_json_rules {
	bool lenient;
	const struct cxa_limits *limits;
	uint64_t filled;
	char first_filled[200];
};

/**
 * cxa_json_decode() - one JSON object into a message of @type
 * @what: for messages, as "concept" or "metadata"
 * @detached: when not NULL, a member "embeddings" of the outermost object is
 *            an Embeddings message that goes there (NULL out: JSON null)
 *            instead of into @out's extensions
 *
 * Everything is in @arena. @text holds exactly the value, white space around it
 * allowed. Errors name the record's key when it is known by then ("concept
 * 4711"), the member's path ("metadata.source.origin"), line and column.
 *
 * Return: 0, CXA_ERR_FORMAT (syntax, duplicate or missing member, wrong type,
 * range, unknown enum name, UTF-8, lone surrogate), CXA_ERR_LIMIT,
 * CXA_ERR_NOMEM.
 */
int cxa_json_decode(const struct cxa_message_type *type, const char *what,
		    const struct cxa_json_text *text,
		    struct cxa_json_rules *rules, struct cxa_arena *arena,
		    ProtobufCMessage **out, Cxa__Embeddings **detached,
		    struct cxa_error *error);

/**
 * cxa_json_encode() - append @message as JSON, as serde_json writes it
 * @beside: for a concept: printed as member "embeddings" behind "metadata" with
 *          @has_beside (null when @beside is NULL)
 *
 * Known members in the order of the original, then what `extensions` holds.
 * Return: 0, CXA_ERR_NOMEM; CXA_ERR_CORRUPT where `extensions` is not a JSON
 * object (an archive may say anything).
 */
int cxa_json_encode(const ProtobufCMessage *message, bool has_beside,
		    const Cxa__Embeddings *beside, struct cxa_buffer *out,
		    struct cxa_error *error);

/**
 * cxa_json_encode_counting() - the same
 * @unknown: in, out: goes up by the fields, at any depth, that were left out
 *           because this version does not know them
 */
int cxa_json_encode_counting(const ProtobufCMessage *message, bool has_beside,
			     const Cxa__Embeddings *beside,
			     struct cxa_buffer *out, uint64_t *unknown,
			     struct cxa_error *error);

/**
 * cxa_json_encode_value() - append one value of @field, at @at, as JSON
 *
 * Of a repeated field one of its values. Return: as cxa_json_encode(), and
 * CXA_ERR_CORRUPT for bytes, which have no form in JSON.
 */
int cxa_json_encode_value(const struct cxa_field *field, const void *at,
			  struct cxa_buffer *out, struct cxa_error *error);

/** cxa_json_string() - append @text quoted and escaped as serde_json does */
void cxa_json_string(struct cxa_buffer *out, const uint8_t *text, size_t size);

/**
 * cxa_json_check() - is @text one JSON value, and an object where it must be?
 * @limits: filled; NULL: the defaults
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_LIMIT, CXA_ERR_NOMEM.
 */
int cxa_json_check(const uint8_t *text, size_t size, bool object,
		   const struct cxa_limits *limits, struct cxa_error *error);

/**
 * cxa_json_minify() - append a JSON value without white space outside strings
 *
 * Checks the whole grammar on the way, duplicate members and depth included.
 * Return: as cxa_json_decode().
 */
int cxa_json_minify(const struct cxa_json_text *text,
		    const struct cxa_json_rules *rules, struct cxa_buffer *out,
		    struct cxa_error *error);

#endif
