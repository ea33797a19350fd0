/* failing_memory.h - each wish for memory of the code under test, refused in turn */
#ifndef CXA_TESTS_BASE_FAILING_MEMORY_H
#define CXA_TESTS_BASE_FAILING_MEMORY_H

#include <stdlib.h>
#include <string.h>

#include <cortexarc/error.h>

#include "tap.h"

/*
 * By ld's --wrap (FAILING_MEMORY in tests.am): the wishes of what is linked from
 * this project, and objects of libarchive, whose own wishes are its affair.
 */
static unsigned long wishes;
static unsigned long refused;   /* this one; 0: none */
static bool from_then_on;

static bool is_refused(void)
{
	wishes++;
	return refused != 0 &&
	       (wishes == refused || (from_then_on && wishes > refused));
}

#define WRAP(result, name, parameters, arguments) \
	result __real_##name parameters; \
	result __wrap_##name parameters; \
	result __wrap_##name parameters \
	{ \
		return is_refused() ? NULL : __real_##name arguments; \
	}
WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, reallocarray, (void *old, size_t count, size_t size),
     (old, count, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(struct archive *, archive_read_new, (void), ())
WRAP(struct archive *, archive_write_new, (void), ())
WRAP(struct archive_entry *, archive_entry_new, (void), ())
#undef WRAP

/** struct deed - what wants memory; @run: Return: a status, of this alone */
struct deed {
	const char *claim;
	int (*run)(struct cxa_error *error);
};

/* Return: 0, or the wish that was refused and no error came that says so */
static unsigned long find_wrong(const struct deed *deed, bool sticky)
{
	int status = CXA_ERR_NOMEM;

	from_then_on = sticky;
	for (unsigned long n = 1; status != 0; n++) {
		struct cxa_error error = CXA_ERROR_INIT;

		wishes = 0;
		refused = n;
		status = deed->run(&error);
		refused = 0;
		if (wishes < n ? status != 0 :
			 status != CXA_ERR_NOMEM ||
				 error.status != CXA_ERR_NOMEM ||
				 error.message[0] == '\0')
			return n;
		if (wishes < n)
			break;
	}
	return 0;
}

/* Is it an error that says so, whichever wish is refused? */
static void run_out_of_memory(const struct deed *deed, bool sticky)
{
	unsigned long wrong = find_wrong(deed, sticky);

	ok(wrong == 0 && wishes != 0,
	   "%s: each of %lu wishes for memory, refused%s, is an error",
	   deed->claim, wishes, sticky ? " with all behind it" : "");
	if (wrong != 0)
		printf("#   refused: %lu\n", wrong);
}

#endif
