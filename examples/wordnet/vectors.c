/* vectors.c - a concept's three vectors, from its text and neighbours */
#include "vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "mix.h"

/* Neighbours beyond these say little that is new. */
#define CONTEXT_NEIGHBOURS 16

/* As many of the greatest weight fit into 31 bits; WordNet's texts have 91. */
#define TEXT_WORDS 4000

/* Eight numbers a turn; written so that byte order has no say. */
static void word_vector(uint64_t hash, uint8_t out[WN_SEMANTIC])
{
	uint64_t bits;
	int i;

	for (i = 0; i < WN_SEMANTIC; i += 8) {
		bits = wn_mix(hash + (uint64_t)i);
		out[i] = (uint8_t)bits;
		out[i + 1] = (uint8_t)(bits >> 8);
		out[i + 2] = (uint8_t)(bits >> 16);
		out[i + 3] = (uint8_t)(bits >> 24);
		out[i + 4] = (uint8_t)(bits >> 32);
		out[i + 5] = (uint8_t)(bits >> 40);
		out[i + 6] = (uint8_t)(bits >> 48);
		out[i + 7] = (uint8_t)(bits >> 56);
	}
}

/*
 * Words' numbers are 2 * byte - 255: odd, so never 0, and centred. The two
 * steps from the byte are the same for every word and wait for the end.
 */
static void text_vector(const struct wn_vocabulary *vocabulary,
			uint32_t synset, int32_t out[restrict WN_SEMANTIC])
{
	uint8_t bytes[WN_SEMANTIC];
	const struct wn_word *word;
	uint32_t token = vocabulary->first_token[synset];
	uint32_t end = vocabulary->first_token[synset + 1];
	int32_t total = 0;
	int16_t weight;
	int i;

	memset(out, 0, WN_SEMANTIC * sizeof(*out));
	if (end - token > TEXT_WORDS)
		end = token + TEXT_WORDS;
	for (; token < end; token++) {
		word = &vocabulary->words[vocabulary->tokens[token]];
		word_vector(word->hash, bytes);
		weight = (int16_t)word->weight;
		total += weight;
		for (i = 0; i < WN_SEMANTIC; i++)
			out[i] += weight * (int16_t)bytes[i];
	}
	for (i = 0; i < WN_SEMANTIC; i++)
		out[i] = 2 * out[i] - 255 * total;
}

/* 256 numbers to 64, each the sum of four with fixed signs. */
static void fold_text(const int32_t text[WN_SEMANTIC],
		      int64_t out[WN_CONTEXT])
{
	int i;

	for (i = 0; i < WN_CONTEXT; i++)
		out[i] = (int64_t)text[i] + text[i + 64] - text[i + 128] -
			 text[i + 192];
	for (i = 0; i < WN_CONTEXT; i += 2)
		out[i] += 2 * ((int64_t)text[i + 128] - text[i + 64]);
}

/* Of WordNet's texts even the sum of squares is an integer below 2^53. */
static double vector_length(const int64_t *vector, int size)
{
	double squares = 0;
	int i;

	for (i = 0; i < size; i++)
		squares += (double)vector[i] * (double)vector[i];
	return sqrt(squares);
}

static void normalize(const int64_t *vector, int size, float *out)
{
	double length = vector_length(vector, size);
	double scale = length > 0 ? 1 / length : 0;
	int i;

	for (i = 0; i < size; i++)
		out[i] = (float)((double)vector[i] * scale);
}

static void digest_text(const int32_t text[WN_SEMANTIC],
			int8_t out[WN_CONTEXT])
{
	int64_t folded[WN_CONTEXT];
	double length, number;
	int i;

	fold_text(text, folded);
	length = vector_length(folded, WN_CONTEXT);
	for (i = 0; i < WN_CONTEXT; i++) {
		number = length > 0 ? (double)folded[i] * 256 / length : 0;
		if (number > 127)
			number = 127;
		if (number < -127)
			number = -127;
		out[i] = (int8_t)number;
	}
}

int wn_vectors_open(struct wn_vectors *out,
		    const struct wn_dictionary *dictionary,
		    const struct wn_vocabulary *vocabulary,
		    struct cxa_error *error)
{
	int32_t text[WN_SEMANTIC];
	uint32_t i;

	out->dictionary = dictionary;
	out->vocabulary = vocabulary;
	out->digests = reallocarray(NULL, dictionary->synset_count,
				    WN_CONTEXT);
	if (out->digests == NULL)
		return wn_fault(error, CXA_ERR_NOMEM, "no memory for vectors");
	for (i = 0; i < dictionary->synset_count; i++) {
		text_vector(vocabulary, i, text);
		digest_text(text, out->digests + (size_t)i * WN_CONTEXT);
	}
	return 0;
}

void wn_vectors_close(struct wn_vectors *vectors)
{
	free(vectors->digests);
	memset(vectors, 0, sizeof(*vectors));
}

static void semantic_sum(const struct wn_vectors *vectors, uint32_t synset,
			 const int32_t text[WN_SEMANTIC],
			 int64_t out[WN_SEMANTIC])
{
	uint32_t parent = wn_synset_parent(vectors->dictionary, synset);
	int32_t parent_text[WN_SEMANTIC] = { 0 };
	int i;

	if (parent != WN_NONE)
		text_vector(vectors->vocabulary, parent, parent_text);
	for (i = 0; i < WN_SEMANTIC; i++)
		out[i] = 4 * (int64_t)text[i] + parent_text[i];
}

/* x / (1 + |x|), from -1..1 to 0..1: a squash that needs no libm. */
static void squash(const int64_t semantic[WN_SEMANTIC],
		   float out[WN_NEURAL])
{
	double length = vector_length(semantic, WN_SEMANTIC);
	double scale = length > 0 ? 12 / length : 0;
	double number;
	int i;

	for (i = 0; i < WN_NEURAL; i++) {
		number = (double)(semantic[i] - semantic[255 - i]) * scale;
		number = number / (1 + fabs(number));
		out[i] = (float)(0.5 + 0.5 * number);
	}
}

/* The text's own part, at full precision, weighs as much as one neighbour. */
static void context_sum(const struct wn_vectors *vectors, uint32_t synset,
			const int32_t text[WN_SEMANTIC],
			int64_t out[WN_CONTEXT])
{
	const struct wn_dictionary *dictionary = vectors->dictionary;
	uint32_t next = dictionary->synsets[synset].first_relation;
	uint32_t end = dictionary->synsets[synset + 1].first_relation;
	const int8_t *digest;
	int64_t unit;
	int i;

	fold_text(text, out);
	unit = (int64_t)vector_length(out, WN_CONTEXT) / 256;
	if (end - next > CONTEXT_NEIGHBOURS)
		end = next + CONTEXT_NEIGHBOURS;
	for (; next < end; next++) {
		digest = vectors->digests +
			 (size_t)dictionary->relations[next].target *
			 WN_CONTEXT;
		for (i = 0; i < WN_CONTEXT; i++)
			out[i] += unit * digest[i];
	}
}

void wn_vectors_compute(const struct wn_vectors *vectors, uint32_t synset,
			struct wn_embedding *out)
{
	int32_t text[WN_SEMANTIC];
	int64_t semantic[WN_SEMANTIC], context[WN_CONTEXT];

	text_vector(vectors->vocabulary, synset, text);
	semantic_sum(vectors, synset, text, semantic);
	context_sum(vectors, synset, text, context);
	normalize(semantic, WN_SEMANTIC, out->semantic);
	squash(semantic, out->neural);
	normalize(context, WN_CONTEXT, out->context);
}
