/* dictionary.c - WordNet in memory: synsets, and the pointers between them */
#include "dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "pointer.h"

/* What is needed only until pointers have become indices. */
struct loader {
	struct wn_dictionary *dictionary;
	uint32_t *offsets; /* of each synset in its file */
	size_t synset_room;
	size_t relation_room;
};

static int grow_synsets(struct loader *loader, struct cxa_error *error)
{
	struct wn_dictionary *dictionary = loader->dictionary;
	size_t room = loader->synset_room;
	void *synsets, *offsets;

	if (dictionary->synset_count + 1u < room)
		return 0;
	room = room == 0 ? 1024 : room * 2;
	if (room > UINT32_MAX)
		return wn_fault(error, CXA_ERR_FORMAT, "too many synsets");
	synsets = reallocarray(dictionary->synsets, room,
			       sizeof(*dictionary->synsets));
	if (synsets != NULL)
		dictionary->synsets = synsets;
	offsets = reallocarray(loader->offsets, room, sizeof(uint32_t));
	if (offsets != NULL)
		loader->offsets = offsets;
	if (synsets == NULL || offsets == NULL)
		return wn_fault(error, CXA_ERR_NOMEM, "no memory for synsets");
	loader->synset_room = room;
	return 0;
}

static int grow_relations(struct loader *loader, uint32_t more,
			  struct cxa_error *error)
{
	struct wn_dictionary *dictionary = loader->dictionary;
	size_t room = loader->relation_room;
	void *relations;

	while (dictionary->relation_count + (size_t)more > room)
		room = room == 0 ? 4096 : room * 2;
	if (room == loader->relation_room)
		return 0;
	if (room > UINT32_MAX)
		return wn_fault(error, CXA_ERR_FORMAT, "too many pointers");
	relations = reallocarray(dictionary->relations, room,
				 sizeof(*dictionary->relations));
	if (relations == NULL)
		return wn_fault(error, CXA_ERR_NOMEM,
				"no memory for relations");
	dictionary->relations = relations;
	loader->relation_room = room;
	return 0;
}

/* Targets stay offsets until every file has been read. */
static int add_relations(struct loader *loader, const struct wn_file *file,
			 struct wn_line *line, struct cxa_error *error)
{
	struct wn_dictionary *dictionary = loader->dictionary;
	struct wn_pointer_text pointer;
	uint32_t i;
	int status;

	status = grow_relations(loader, line->pointer_count, error);
	for (i = 0; status == 0 && i < line->pointer_count; i++) {
		status = wn_line_pointer(file, line, &pointer, error);
		if (status < 0)
			break;
		dictionary->relations[dictionary->relation_count++] =
			(struct wn_relation){
				.target = pointer.offset,
				.kind = pointer.kind,
				.part = pointer.part,
				.lexical = pointer.lexical,
			};
	}
	return status;
}

static int add_synset(struct loader *loader, const struct wn_file *file,
		      struct wn_line *line, struct cxa_error *error)
{
	struct wn_dictionary *dictionary = loader->dictionary;
	uint32_t first_relation = dictionary->relation_count;
	size_t bytes;
	int status;

	status = grow_synsets(loader, error);
	if (status == 0)
		status = add_relations(loader, file, line, error);
	if (status == 0)
		status = wn_line_gloss(file, line, error);
	if (status < 0)
		return status;
	loader->offsets[dictionary->synset_count] = line->offset;
	dictionary->synsets[dictionary->synset_count++] = (struct wn_synset){
		.words = line->words,
		.gloss = line->gloss,
		.gloss_bytes = line->gloss_bytes,
		.first_relation = first_relation,
		.word_count = (uint8_t)line->word_count,
		.lexname = line->lexname,
		.part = (uint8_t)file->part,
		.satellite = line->satellite,
	};
	/* Words and gloss together are shorter than their line. */
	bytes = (size_t)(line->end - line->words);
	if (bytes > dictionary->text_bytes)
		dictionary->text_bytes = bytes;
	return 0;
}

static int load_file(struct loader *loader, const struct wn_file *file,
		     struct cxa_error *error)
{
	struct wn_line line;
	size_t position = 0;
	int status;

	do {
		status = wn_file_next(file, &position, &line, error);
		if (status == 0)
			status = add_synset(loader, file, &line, error);
	} while (status == 0);
	return status == CXA_END ? 0 : status;
}

static int load_files(struct loader *loader, const char *folder,
		      struct cxa_error *error)
{
	struct wn_dictionary *dictionary = loader->dictionary;
	int part, status = 0;

	for (part = 0; status == 0 && part < WN_PARTS; part++) {
		dictionary->first_synset[part] = dictionary->synset_count;
		status = wn_file_open(&dictionary->files[part], folder,
				      (enum wn_part)part, error);
		if (status == 0)
			status = load_file(loader, &dictionary->files[part],
					   error);
	}
	if (status == 0 && dictionary->synset_count == 0)
		status = wn_fault(error, CXA_ERR_FORMAT, "%s: no synset in it",
				  folder);
	if (status < 0)
		return status;
	dictionary->first_synset[WN_PARTS] = dictionary->synset_count;
	dictionary->synsets[dictionary->synset_count] = (struct wn_synset){
		.first_relation = dictionary->relation_count,
	};
	return 0;
}

static uint32_t find_offset(const struct loader *loader, unsigned part,
			    uint32_t offset)
{
	uint32_t low = loader->dictionary->first_synset[part];
	uint32_t high = loader->dictionary->first_synset[part + 1];
	uint32_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (loader->offsets[middle] == offset)
			return middle;
		if (loader->offsets[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return WN_NONE;
}

static int resolve_targets(const struct loader *loader,
			   struct cxa_error *error)
{
	struct wn_dictionary *dictionary = loader->dictionary;
	const struct wn_synset *synset;
	struct wn_relation *relation;
	uint32_t i;

	for (i = 0; i < dictionary->relation_count; i++) {
		relation = &dictionary->relations[i];
		relation->target = find_offset(loader, relation->part,
					       relation->target);
		if (relation->target != WN_NONE)
			continue;
		synset = &dictionary->synsets[
			wn_relation_source(dictionary, i)];
		return wn_file_fault(&dictionary->files[synset->part],
				     synset->words, "a pointer to no synset",
				     error);
	}
	return 0;
}

int wn_dictionary_open(struct wn_dictionary *out, const char *folder,
		       struct cxa_error *error)
{
	struct loader loader = { .dictionary = out };
	int status;

	memset(out, 0, sizeof(*out));
	status = load_files(&loader, folder, error);
	if (status == 0)
		status = resolve_targets(&loader, error);
	free(loader.offsets);
	if (status < 0)
		wn_dictionary_close(out);
	return status;
}

void wn_dictionary_close(struct wn_dictionary *dictionary)
{
	int part;

	for (part = 0; part < WN_PARTS; part++)
		wn_file_close(&dictionary->files[part]);
	free(dictionary->synsets);
	free(dictionary->relations);
	memset(dictionary, 0, sizeof(*dictionary));
}

uint32_t wn_synset_parent(const struct wn_dictionary *dictionary,
			  uint32_t synset)
{
	const struct wn_synset *synsets = dictionary->synsets;
	uint32_t i;

	for (i = synsets[synset].first_relation;
	     i < synsets[synset + 1].first_relation; i++)
		if (wn_pointers[dictionary->relations[i].kind].to_parent &&
		    dictionary->relations[i].target != synset)
			return dictionary->relations[i].target;
	return WN_NONE;
}

uint32_t wn_relation_source(const struct wn_dictionary *dictionary,
			    uint32_t relation)
{
	uint32_t low = 0, high = dictionary->synset_count, middle;

	/* The last synset whose relations start at or before it. */
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (dictionary->synsets[middle].first_relation <= relation)
			low = middle;
		else
			high = middle;
	}
	return low;
}

Cxa__ConnectionType__Value wn_relation_type(
	const struct wn_dictionary *dictionary, uint32_t source,
	const struct wn_relation *relation)
{
	const struct wn_synset *synsets = dictionary->synsets;

	return wn_pointer_type(relation->kind, synsets[source].lexname,
			       synsets[relation->target].lexname);
}

/* Writes one word and passes over its lex_id. */
static const char *copy_word(const char *word, char **out)
{
	const char *blank = strchr(word, ' ');
	const char *end = blank;

	if (end[-1] == ')') /* a marker, as in galore(ip) */
		while (end > word && *--end != '(')
			;
	if (end == word)
		end = blank;
	for (; word < end; word++)
		*(*out)++ = *word == '_' ? ' ' : *word;
	return blank + 3;
}

size_t wn_synset_word(const struct wn_synset *synset, char *out)
{
	char *next = out;

	copy_word(synset->words, &next);
	return (size_t)(next - out);
}

size_t wn_synset_text(const struct wn_synset *synset, char *out)
{
	const char *word = synset->words;
	char *next = out;
	unsigned i;

	for (i = 0; i < synset->word_count; i++) {
		if (i > 0) {
			*next++ = ',';
			*next++ = ' ';
		}
		word = copy_word(word, &next);
	}
	*next++ = ':';
	*next++ = ' ';
	memcpy(next, synset->gloss, synset->gloss_bytes);
	return (size_t)(next - out) + synset->gloss_bytes;
}
