/* vocabulary.c - the words of every synset's text, and how telling each is */
#include "vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "mix.h"

#define EMPTY UINT32_MAX

/* Open addressing from a word's hash to its index; never over half full. */
struct builder {
	struct wn_vocabulary *vocabulary;
	uint32_t *slots;
	uint32_t *seen_in; /* the synset that last held the word, plus one */
	size_t slot_count;
	size_t token_room;
	uint32_t token_count;
};

static void place(const struct builder *builder, uint32_t word)
{
	size_t mask = builder->slot_count - 1;
	size_t slot = (size_t)builder->vocabulary->words[word].hash & mask;

	while (builder->slots[slot] != EMPTY)
		slot = (slot + 1) & mask;
	builder->slots[slot] = word;
}

static int grow_words(struct builder *builder, struct cxa_error *error)
{
	struct wn_vocabulary *vocabulary = builder->vocabulary;
	size_t room = builder->slot_count; /* half of the new slots */
	void *words, *seen_in;
	uint32_t i;

	if (room == 0)
		room = 1024;
	words = reallocarray(vocabulary->words, room, sizeof(struct wn_word));
	if (words != NULL)
		vocabulary->words = words;
	seen_in = reallocarray(builder->seen_in, room, sizeof(uint32_t));
	if (seen_in != NULL)
		builder->seen_in = seen_in;
	free(builder->slots);
	builder->slots = reallocarray(NULL, room, 2 * sizeof(uint32_t));
	if (words == NULL || seen_in == NULL || builder->slots == NULL)
		return wn_fault(error, CXA_ERR_NOMEM, "no memory for words");
	builder->slot_count = room * 2;
	memset(builder->slots, 0xff, builder->slot_count * sizeof(uint32_t));
	for (i = 0; i < vocabulary->word_count; i++)
		place(builder, i);
	return 0;
}

static int find_word(struct builder *builder, uint64_t hash, uint32_t *out,
		     struct cxa_error *error)
{
	struct wn_vocabulary *vocabulary = builder->vocabulary;
	size_t slot;
	int status = 0;

	if (vocabulary->word_count >= builder->slot_count / 2)
		status = grow_words(builder, error);
	if (status < 0)
		return status;
	slot = (size_t)hash & (builder->slot_count - 1);
	while ((*out = builder->slots[slot]) != EMPTY) {
		if (vocabulary->words[*out].hash == hash)
			return 0;
		slot = (slot + 1) & (builder->slot_count - 1);
	}
	*out = vocabulary->word_count++;
	builder->slots[slot] = *out;
	builder->seen_in[*out] = 0;
	vocabulary->words[*out] = (struct wn_word){ .hash = hash };
	return 0;
}

static int add_token(struct builder *builder, uint64_t hash, uint32_t synset,
		     struct cxa_error *error)
{
	struct wn_vocabulary *vocabulary = builder->vocabulary;
	size_t room = builder->token_room;
	void *tokens;
	uint32_t word;
	int status;

	if (builder->token_count == room) {
		room = room == 0 ? 65536 : room + room / 4;
		if (room > INT32_MAX)
			return wn_fault(error, CXA_ERR_FORMAT,
					"too many words");
		tokens = reallocarray(vocabulary->tokens, room,
				      sizeof(uint32_t));
		if (tokens == NULL)
			return wn_fault(error, CXA_ERR_NOMEM,
					"no memory for words");
		vocabulary->tokens = tokens;
		builder->token_room = room;
	}
	status = find_word(builder, hash, &word, error);
	if (status < 0)
		return status;
	vocabulary->tokens[builder->token_count++] = word;
	if (builder->seen_in[word] != synset + 1) {
		builder->seen_in[word] = synset + 1;
		vocabulary->words[word].documents++;
	}
	return 0;
}

static unsigned lower_letter(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return (unsigned)c;
	return 0;
}

/* The letters' hash is FNV-1a, mixed once more: its low bits are slots. */
static int add_text(struct builder *builder, const char *text, size_t size,
		    uint32_t synset, struct cxa_error *error)
{
	static const uint64_t start = 0xcbf29ce484222325u;
	uint64_t hash = start;
	unsigned letter;
	size_t i;
	int status = 0;

	for (i = 0; status == 0 && i <= size; i++) {
		letter = i < size ? lower_letter(text[i]) : 0;
		if (letter != 0) {
			hash = (hash ^ letter) * 0x100000001b3u;
		} else if (hash != start) {
			status = add_token(builder, wn_mix(hash), synset,
					   error);
			hash = start;
		}
	}
	return status;
}

/* 32 * log2(x), straight between the powers of two; x is at least 1. */
static uint32_t log2_times_32(uint32_t x)
{
	unsigned exponent = 31u - (unsigned)__builtin_clz(x);

	return 32 * exponent + (uint32_t)(((uint64_t)x << 5) >> exponent) - 32;
}

static void weigh_words(struct wn_vocabulary *vocabulary, uint32_t synsets)
{
	struct wn_word *word = vocabulary->words;
	struct wn_word *end = word + vocabulary->word_count;

	for (; word < end; word++)
		word->weight = 8 + log2_times_32(synsets) -
			       log2_times_32(word->documents);
}

static int add_synsets(struct builder *builder,
		       const struct wn_dictionary *dictionary,
		       struct cxa_error *error)
{
	struct wn_vocabulary *vocabulary = builder->vocabulary;
	char *text = malloc(dictionary->text_bytes);
	uint32_t i;
	int status = 0;

	vocabulary->first_token = reallocarray(NULL,
					       dictionary->synset_count + 1u,
					       sizeof(uint32_t));
	if (text == NULL || vocabulary->first_token == NULL)
		status = wn_fault(error, CXA_ERR_NOMEM, "no memory for words");
	for (i = 0; status == 0 && i < dictionary->synset_count; i++) {
		vocabulary->first_token[i] = builder->token_count;
		status = add_text(builder, text,
				  wn_synset_text(&dictionary->synsets[i],
						 text), i, error);
	}
	if (status == 0)
		vocabulary->first_token[i] = builder->token_count;
	free(text);
	return status;
}

int wn_vocabulary_open(struct wn_vocabulary *out,
		       const struct wn_dictionary *dictionary,
		       struct cxa_error *error)
{
	struct builder builder = { .vocabulary = out };
	int status;

	memset(out, 0, sizeof(*out));
	status = add_synsets(&builder, dictionary, error);
	free(builder.slots);
	free(builder.seen_in);
	if (status < 0)
		wn_vocabulary_close(out);
	else
		weigh_words(out, dictionary->synset_count);
	return status;
}

void wn_vocabulary_close(struct wn_vocabulary *vocabulary)
{
	free(vocabulary->words);
	free(vocabulary->tokens);
	free(vocabulary->first_token);
	memset(vocabulary, 0, sizeof(*vocabulary));
}
