/* check_run.h - the integrity rules over a source, for verify and check */
#ifndef CXA_CHECK_CHECK_RUN_H
#define CXA_CHECK_CHECK_RUN_H

#include "check/graph.h"

/** cxa_check_run() - all batches of @source through @graph, to its end */
int cxa_check_run(struct cxa_graph *graph, struct cxa_source *source,
		  struct cxa_error *error);

/** cxa_report_describe() - kind, size and root hash of @source */
void cxa_report_describe(struct cxa_report *report,
			 const struct cxa_source *source);

#endif
