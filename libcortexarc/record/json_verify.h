/* json_verify.h - is the JSON that records and headers hold what it must be? */
#ifndef CXA_RECORD_JSON_VERIFY_H
#define CXA_RECORD_JSON_VERIFY_H

#include <cortexarc/archive.pb-c.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/message_type.h"
#include "record/json_codec.h"

/**
 * cxa_json_verify_record() - can a record that was scanned be written as JSON?
 *
 * Its `extensions` are objects without a member that the record has too, its
 * other JSON is JSON. Return: 0, CXA_ERR_CORRUPT, CXA_ERR_NOMEM.
 */
int cxa_json_verify_record(const struct cxa_message_type *type,
			   const uint8_t *data, size_t size,
			   struct cxa_error *error);

/** cxa_json_verify_message() - the same for a message in memory */
int cxa_json_verify_message(const ProtobufCMessage *message,
			    struct cxa_error *error);

/**
 * cxa_json_verify_names() - have `extensions` no member that is known besides?
 * @type: of the message whose they are; a Header's are those of the document
 * @text: an object that cxa_json_check() has accepted
 * @limits: filled
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_NOMEM.
 */
int cxa_json_verify_names(const struct cxa_message_type *type,
			  const struct cxa_json_text *text,
			  const struct cxa_limits *limits,
			  struct cxa_error *error);

/**
 * cxa_json_verify_header() - the same for @header and its metadata
 * @limits: filled. Return: also CXA_ERR_LIMIT (json-depth).
 */
int cxa_json_verify_header(const Cxa__Header *header,
			   const struct cxa_limits *limits,
			   struct cxa_error *error);

#endif
