/* json_printer.h - batches into JSON text, on workers, in order */
#ifndef CXA_ENDPOINT_JSON_PRINTER_H
#define CXA_ENDPOINT_JSON_PRINTER_H

#include "base/buffer.h"
#include "endpoint/context.h"
#include "record/batch.h"

struct cxa_json_printer;

/**
 * cxa_json_printer_open() - a batch is printed in slices, to bound memory
 * @separator: before each record (@first) or behind it
 * @write: takes the text in order, on the calling thread
 */
int cxa_json_printer_open(struct cxa_json_printer **out,
			  struct cxa_context *context, char separator,
			  bool first,
			  int (*write)(void *state,
				       const struct cxa_buffer *text,
				       struct cxa_error *error),
			  void *state, struct cxa_error *error);

/** cxa_json_printer_put() - @batch is shared until its text is written */
int cxa_json_printer_put(struct cxa_json_printer *printer,
			 struct cxa_batch *batch, struct cxa_error *error);

/** cxa_json_printer_flush() - write all that was put */
int cxa_json_printer_flush(struct cxa_json_printer *printer,
			   struct cxa_error *error);

/** cxa_json_printer_unknown() - protobuf fields without a name, at any depth */
uint64_t cxa_json_printer_unknown(const struct cxa_json_printer *printer);

void cxa_json_printer_close(struct cxa_json_printer *printer);

#endif
