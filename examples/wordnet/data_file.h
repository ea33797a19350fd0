/* data_file.h - one of WordNet's data.* files, synset by synset */
#ifndef WORDNET_DATA_FILE_H
#define WORDNET_DATA_FILE_H

#include <stdbool.h>

#include <cortexarc/error.h>

/** enum wn_part - the files, in the order their synsets are numbered */
enum wn_part { WN_NOUN, WN_VERB, WN_ADJ, WN_ADV };
#define WN_PARTS 4

/** wn_part_name() - as "noun", the file's ending; static */
const char *wn_part_name(enum wn_part part);

/** struct wn_file - a data file, mapped read-only */
struct wn_file {
	enum wn_part part;
	char *path;
	const char *data;
	size_t size;
};

/**
 * struct wn_line - a synset as its line has it; text points into the file
 * @offset: of the line in its file: how pointers name it
 * @words: "word lex_id word lex_id ...", @word_count of them
 * @gloss: without the blanks around it
 * @next, @end: what has not been read yet of the line
 */
struct wn_line {
	uint32_t offset;
	uint32_t word_count;
	uint32_t pointer_count;
	uint32_t gloss_bytes;
	uint8_t lexname;
	bool satellite;
	const char *words;
	const char *gloss;
	const char *next;
	const char *end;
};

/** struct wn_pointer_text - a pointer as a line has it */
struct wn_pointer_text {
	uint8_t kind; /* index into wn_pointers[] */
	uint8_t part; /* enum wn_part of the target */
	bool lexical; /* between two words, not two synsets */
	uint32_t offset;
};

/**
 * wn_file_open() - map @folder/data.<part>
 *
 * Return: 0, CXA_ERR_IO (the hint says which package), CXA_ERR_NOMEM.
 */
int wn_file_open(struct wn_file *out, const char *folder, enum wn_part part,
		 struct cxa_error *error);

/** wn_file_close() - accepts one that is zeroed or closed */
void wn_file_close(struct wn_file *file);

/**
 * wn_file_next() - read the next synset's line up to its pointers
 * @position: in, out: where to read on; start with 0
 *
 * The licence at the top is passed over. Only printable ASCII is taken, as the
 * format promises. wn_line_pointer() comes @pointer_count times after it, and
 * then wn_line_gloss().
 *
 * Return: 0, CXA_END, CXA_ERR_FORMAT (names file and line).
 */
int wn_file_next(const struct wn_file *file, size_t *position,
		 struct wn_line *line, struct cxa_error *error);

int wn_line_pointer(const struct wn_file *file, struct wn_line *line,
		    struct wn_pointer_text *out, struct cxa_error *error);

/** wn_line_gloss() - pass over a verb's frames and find the gloss */
int wn_line_gloss(const struct wn_file *file, struct wn_line *line,
		  struct cxa_error *error);

/** wn_file_fault() - CXA_ERR_FORMAT for the line that @at points into */
int wn_file_fault(const struct wn_file *file, const char *at, const char *what,
		  struct cxa_error *error);

#endif
