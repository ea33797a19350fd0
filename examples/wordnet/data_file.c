/* data_file.c - one of WordNet's data.* files, synset by synset */
#include "data_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "lexname.h"
#include "pointer.h"

static const char *const part_names[WN_PARTS] = {
	[WN_NOUN] = "noun", [WN_VERB] = "verb",
	[WN_ADJ] = "adj", [WN_ADV] = "adv",
};

const char *wn_part_name(enum wn_part part)
{
	return part_names[part];
}

static int map_file(struct wn_file *file, int descriptor,
		    struct cxa_error *error)
{
	struct stat status;
	void *data;

	if (fstat(descriptor, &status) < 0)
		return wn_fault_system(error, file->path, NULL);
	if (!S_ISREG(status.st_mode) || status.st_size == 0)
		return wn_fault(error, CXA_ERR_FORMAT,
				"%s: not a data file of WordNet", file->path);
	data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE,
		    descriptor, 0);
	if (data == MAP_FAILED)
		return wn_fault_system(error, file->path, NULL);
	file->data = data;
	file->size = (size_t)status.st_size;
	return 0;
}

int wn_file_open(struct wn_file *out, const char *folder, enum wn_part part,
		 struct cxa_error *error)
{
	size_t size = strlen(folder) + sizeof("/data.noun");
	int descriptor, status;

	memset(out, 0, sizeof(*out));
	out->part = part;
	out->path = malloc(size);
	if (out->path == NULL)
		return wn_fault(error, CXA_ERR_NOMEM, "no memory for a path");
	snprintf(out->path, size, "%s/data.%s", folder, wn_part_name(part));
	descriptor = open(out->path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return wn_fault_system(error, out->path,
				       "apt-get install wordnet-base");
	status = map_file(out, descriptor, error);
	close(descriptor);
	return status;
}

void wn_file_close(struct wn_file *file)
{
	if (file->data != NULL)
		munmap((void *)(uintptr_t)file->data, file->size);
	free(file->path);
	memset(file, 0, sizeof(*file));
}

int wn_file_fault(const struct wn_file *file, const char *at, const char *what,
		  struct cxa_error *error)
{
	const char *c;
	unsigned long line = 1;

	for (c = file->data; c < at; c++)
		line += *c == '\n';
	wn_fault(error, CXA_ERR_FORMAT, "%s:%lu: %s", file->path, line, what);
	if (error != NULL)
		error->offset = (uint64_t)(at - file->data);
	return CXA_ERR_FORMAT;
}

/* The text up to the next blank; the cursor then stands behind that blank. */
static bool take_field(struct wn_line *line, const char **text, size_t *size)
{
	const char *blank;

	blank = memchr(line->next, ' ', (size_t)(line->end - line->next));
	if (blank == NULL || blank == line->next)
		return false;
	*text = line->next;
	*size = (size_t)(blank - line->next);
	line->next = blank + 1;
	return true;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return 16;
}

/* Numbers have a fixed width, at most 8 digits: they cannot overflow. */
static bool take_number(struct wn_line *line, size_t width, int base,
			uint32_t *out)
{
	const char *text;
	size_t size, i;
	int digit;

	if (!take_field(line, &text, &size) || size != width)
		return false;
	*out = 0;
	for (i = 0; i < size; i++) {
		digit = digit_value(text[i]);
		if (digit >= base)
			return false;
		*out = *out * (uint32_t)base + (uint32_t)digit;
	}
	return true;
}

static bool take_part(struct wn_line *line, uint8_t *part, bool *satellite)
{
	static const char letters[] = "nvars"; /* in enum wn_part's order */
	const char *text, *found;
	size_t size;

	if (!take_field(line, &text, &size) || size != 1)
		return false;
	found = memchr(letters, *text, sizeof(letters) - 1);
	if (found == NULL)
		return false;
	*satellite = *found == 's';
	*part = *satellite ? WN_ADJ : (uint8_t)(found - letters);
	return true;
}

static bool take_words(struct wn_line *line)
{
	const char *text;
	size_t size;
	uint32_t i, lex_id;

	if (!take_number(line, 2, 16, &line->word_count) ||
	    line->word_count == 0)
		return false;
	line->words = line->next;
	for (i = 0; i < line->word_count; i++)
		if (!take_field(line, &text, &size) ||
		    !take_number(line, 1, 16, &lex_id))
			return false;
	return true;
}

static bool is_printable(const char *next, const char *end)
{
	for (; next < end; next++)
		if (*next < 0x20 || *next > 0x7e)
			return false;
	return true;
}

static int parse_line(const struct wn_file *file, const char *start,
		      struct wn_line *line, struct cxa_error *error)
{
	uint32_t lexname;
	uint8_t part;

	if (!is_printable(start, line->end))
		return wn_file_fault(file, start, "a byte that is not ASCII "
				     "text", error);
	if (!take_number(line, 8, 10, &line->offset) ||
	    line->offset != (uint64_t)(start - file->data))
		return wn_file_fault(file, start, "the line does not start "
				     "with its own offset", error);
	if (!take_number(line, 2, 10, &lexname) || lexname >= WN_LEXNAMES ||
	    !take_part(line, &part, &line->satellite) || part != file->part)
		return wn_file_fault(file, start, "no known lexicographer "
				     "file or synset type", error);
	line->lexname = (uint8_t)lexname;
	if (!take_words(line))
		return wn_file_fault(file, start, "fewer words than it says",
				     error);
	if (!take_number(line, 3, 10, &line->pointer_count))
		return wn_file_fault(file, start, "no count of pointers",
				     error);
	return 0;
}

int wn_file_next(const struct wn_file *file, size_t *position,
		 struct wn_line *line, struct cxa_error *error)
{
	const char *start, *end;

	memset(line, 0, sizeof(*line));
	do {
		start = file->data + *position;
		if (*position == file->size)
			return CXA_END;
		end = memchr(start, '\n', file->size - *position);
		if (end == NULL)
			return wn_file_fault(file, start, "the file ends in "
					     "the middle of a line", error);
		*position = (size_t)(end + 1 - file->data);
	} while (end - start >= 2 && start[0] == ' ' && start[1] == ' ');
	line->next = start;
	line->end = end;
	return parse_line(file, start, line, error);
}

int wn_line_pointer(const struct wn_file *file, struct wn_line *line,
		    struct wn_pointer_text *out, struct cxa_error *error)
{
	const char *start = line->next, *symbol;
	size_t size;
	uint32_t words;
	bool satellite;
	int kind;

	if (!take_field(line, &symbol, &size))
		return wn_file_fault(file, start, "fewer pointers than it "
				     "says", error);
	kind = wn_pointer_find(symbol, size);
	if (kind < 0)
		return wn_file_fault(file, start, "a pointer of an unknown "
				     "kind", error);
	out->kind = (uint8_t)kind;
	if (!take_number(line, 8, 10, &out->offset) ||
	    !take_part(line, &out->part, &satellite) ||
	    !take_number(line, 4, 16, &words))
		return wn_file_fault(file, start, "a pointer that is not "
				     "complete", error);
	out->lexical = words != 0;
	return 0;
}

int wn_line_gloss(const struct wn_file *file, struct wn_line *line,
		  struct cxa_error *error)
{
	const char *end = line->end;
	const char *bar = memchr(line->next, '|', (size_t)(end - line->next));

	if (bar == NULL)
		return wn_file_fault(file, line->words, "no gloss", error);
	line->gloss = bar + 1;
	while (line->gloss < end && *line->gloss == ' ')
		line->gloss++;
	while (end > line->gloss && end[-1] == ' ')
		end--;
	line->gloss_bytes = (uint32_t)(end - line->gloss);
	return 0;
}
