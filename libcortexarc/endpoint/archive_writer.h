/* archive_writer.h - batches that are encoded already into a .cxa archive */
#ifndef CXA_ENDPOINT_ARCHIVE_WRITER_H
#define CXA_ENDPOINT_ARCHIVE_WRITER_H

#include <cortexarc/sink.h>

#include "endpoint/encoder.h"

/*
 * Who has records uses the archive sink, which cuts and encodes them and then
 * writes by this. Who has the members of an archive as they were stored gets
 * the same archive again, to the byte.
 */
struct cxa_archive_writer;

/**
 * cxa_archive_writer_open() - begin to write @locator
 * @zstd_level: of INDEX; @prove: decompress and compare it
 */
int cxa_archive_writer_open(struct cxa_archive_writer **out,
			    struct cxa_context *context, const char *locator,
			    int zstd_level, bool prove,
			    struct cxa_error *error);

/**
 * cxa_archive_writer_begin() - CORTEXARC and schema.pb
 * @header: what @bytes, the data of CORTEXARC, say
 */
int cxa_archive_writer_begin(struct cxa_archive_writer *writer,
			     const Cxa__Header *header, struct cxa_span bytes,
			     struct cxa_span schema, struct cxa_error *error);

/** cxa_archive_writer_add() - the next batch; its number follows from it */
int cxa_archive_writer_add(struct cxa_archive_writer *writer,
			   const struct cxa_encoded *encoded,
			   struct cxa_error *error);

/**
 * cxa_archive_writer_finish() - INDEX, B2SUMS, TRAILER, and read it back
 * @index: the data of INDEX, used as they are when they say what was written;
 *         else, and where its data is NULL, it is made
 */
int cxa_archive_writer_finish(struct cxa_archive_writer *writer,
			      struct cxa_span index, struct cxa_error *error);

/**
 * cxa_archive_writer_input() - what was written, before it has its name
 * @out: to be closed before the writer
 *
 * Return: 0; CXA_ERR_USAGE where it cannot be read again (a pipe).
 */
int cxa_archive_writer_input(struct cxa_archive_writer *writer,
			     struct cxa_input **out, struct cxa_error *error);

/** cxa_archive_writer_is_new() - as cxa_output_is_new() */
void cxa_archive_writer_is_new(struct cxa_archive_writer *writer, mode_t most);

/** cxa_archive_writer_commit() - as cxa_output_commit(); @summary: out */
int cxa_archive_writer_commit(struct cxa_archive_writer *writer,
			      struct cxa_summary *summary,
			      struct cxa_error *error);

/** cxa_archive_writer_close() - accepts NULL; without a commit nothing remains */
void cxa_archive_writer_close(struct cxa_archive_writer *writer);

#endif
