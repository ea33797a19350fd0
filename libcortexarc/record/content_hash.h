/* content_hash.h - content_hash and query_hash of each data_version */
#ifndef CXA_RECORD_CONTENT_HASH_H
#define CXA_RECORD_CONTENT_HASH_H

#include <cortexarc/record.h>

/**
 * cxa_content_hash_of() - as @data_version has it
 *
 * 1: cxa_content_hash(); 2: the first 8 bytes, little-endian, of BLAKE2b-256.
 * Return: false: another version.
 */
bool cxa_content_hash_of(uint32_t data_version, const void *text, size_t size,
			 uint64_t *hash);

#endif
