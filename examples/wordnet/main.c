/* main.c - wordnet-graph: a CortexKG store made from WordNet */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cortexarc/cortexarc.h>

#include "graph.h"

#define MOST_COPIES 100000
#define MOST_THREADS 1024

struct options {
	const char *dictionary;
	const char *output;
	enum cxa_kind kind;
	uint32_t copies;
	unsigned threads;
	bool help;
};

/* What is built one upon the other, and closed in the other direction. */
struct program {
	struct wn_dictionary dictionary;
	struct wn_vocabulary vocabulary;
	struct wn_vectors vectors;
	struct wn_graph graph;
};

static struct cxa_context *running; /* what a signal cancels */

static void on_signal(int number)
{
	(void)number;
	cxa_context_cancel(running);
}

static void print_help(FILE *stream)
{
	fputs("usage: wordnet-graph [options] -o OUT\n"
	      "Make a CortexKG knowledge graph from WordNet's data files.\n\n"
	      "  -o, --output OUT  an archive; NAME.db: a store; NAME.json: "
	      "BackupData; NAME/: NDJSON; -: standard output\n"
	      "  --format KIND     archive, store, json or ndjson, whatever OUT's "
	      "name (auto)\n"
	      "  --dict DIR        where data.noun and the others are "
	      "(/usr/share/wordnet)\n"
	      "  --copies N        the graph N times over, ids going on (1)\n"
	      "  --threads N       (one a processor)\n"
	      "  --help\n", stream);
}

static int usage(const char *what, const char *argument)
{
	fprintf(stderr, "wordnet-graph: %s%s (see wordnet-graph --help)\n",
		what, argument);
	return CXA_ERR_USAGE;
}

static bool parse_count(const char *text, unsigned long most,
			unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
	       *out >= 1 && *out <= most;
}

static bool parse_kind(const char *text, enum cxa_kind *out)
{
	static const struct {
		const char *name;
		enum cxa_kind kind;
	} kinds[] = {
		{ "auto", CXA_KIND_AUTO }, { "archive", CXA_KIND_ARCHIVE },
		{ "json", CXA_KIND_JSON }, { "ndjson", CXA_KIND_NDJSON },
		{ "store", CXA_KIND_STORE },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, text) == 0) {
			*out = kinds[i].kind;
			return true;
		}
	return false;
}

static int take_option(int option, struct options *out)
{
	unsigned long count;

	switch (option) {
	case 'o':
		out->output = optarg;
		return 0;
	case 'd':
		out->dictionary = optarg;
		return 0;
	case 'h':
		out->help = true;
		return 0;
	case 'f':
		if (!parse_kind(optarg, &out->kind))
			return usage("no such format: ", optarg);
		return 0;
	case 'c':
		if (!parse_count(optarg, MOST_COPIES, &count))
			return usage("not a number of copies: ", optarg);
		out->copies = (uint32_t)count;
		return 0;
	case 't':
		if (!parse_count(optarg, MOST_THREADS, &count))
			return usage("not a number of threads: ", optarg);
		out->threads = (unsigned)count;
		return 0;
	default: /* getopt_long() has said what is wrong */
		return CXA_ERR_USAGE;
	}
}

static int parse_options(int argc, char **argv, struct options *out)
{
	static const struct option names[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "format", required_argument, NULL, 'f' },
		{ "dict", required_argument, NULL, 'd' },
		{ "copies", required_argument, NULL, 'c' },
		{ "threads", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, status = 0;

	*out = (struct options){
		.dictionary = "/usr/share/wordnet", .copies = 1,
	};
	do {
		option = getopt_long(argc, argv, "o:", names, NULL);
		if (option >= 0)
			status = take_option(option, out);
	} while (option >= 0 && status == 0);
	if (status < 0 || out->help)
		return status;
	if (optind < argc)
		return usage("what is this for: ", argv[optind]);
	if (out->output == NULL)
		return usage("where to? -o OUT is missing", "");
	return 0;
}

static int open_program(struct program *program, const struct options *options,
			struct cxa_error *error)
{
	int status;

	memset(program, 0, sizeof(*program));
	status = wn_dictionary_open(&program->dictionary, options->dictionary,
				    error);
	if (status == 0)
		status = wn_vocabulary_open(&program->vocabulary,
					    &program->dictionary, error);
	if (status == 0)
		status = wn_vectors_open(&program->vectors,
					 &program->dictionary,
					 &program->vocabulary, error);
	if (status == 0)
		status = wn_graph_open(&program->graph, &program->vectors,
				       options->copies, error);
	return status;
}

static void close_program(struct program *program)
{
	wn_graph_close(&program->graph);
	wn_vectors_close(&program->vectors);
	wn_vocabulary_close(&program->vocabulary);
	wn_dictionary_close(&program->dictionary);
}

static void catch_signals(struct cxa_context *context)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	running = context;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int write_graph(struct program *program, const struct options *options,
		       struct cxa_context *context,
		       struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status;

	status = cxa_source_new(&source, context, &wn_graph_ops,
				&program->graph, &program->graph.header,
				error);
	if (status == 0)
		status = cxa_sink_open(&sink, context, options->output,
				       options->kind, NULL, error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, summary, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	return status;
}

static void report(const struct options *options,
		   const struct cxa_summary *summary)
{
	size_t i;

	fprintf(stderr, "wordnet-graph: %s: %llu concepts, %llu connections, "
		"%llu bytes", options->output,
		(unsigned long long)summary->records[CXA_CONCEPTS],
		(unsigned long long)summary->records[CXA_CONNECTIONS],
		(unsigned long long)summary->total_bytes);
	if (summary->has_root) {
		fputs(", root ", stderr);
		for (i = 0; i < sizeof(summary->root); i++)
			fprintf(stderr, "%02x", summary->root[i]);
	}
	fputc('\n', stderr);
}

static int run(const struct options *options, struct cxa_error *error)
{
	struct cxa_context_options settings = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	struct cxa_summary summary;
	struct program program;
	int status;

	settings.threads = options->threads;
	memset(&summary, 0, sizeof(summary));
	status = open_program(&program, options, error);
	if (status == 0)
		status = cxa_context_open(&context, &settings, error);
	if (status == 0) {
		catch_signals(context);
		status = write_graph(&program, options, context, &summary,
				     error);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
	}
	if (status == 0)
		report(options, &summary);
	cxa_context_close(context);
	close_program(&program);
	return status;
}

static int exit_code(int status)
{
	switch (status) {
	case CXA_OK: return 0;
	case CXA_ERR_USAGE: return 2;
	case CXA_ERR_IO: case CXA_ERR_NOMEM: return 4;
	case CXA_ERR_CANCELLED: return 130;
	default: return 3;
	}
}

int main(int argc, char **argv)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct options options;
	int status;

	status = parse_options(argc, argv, &options);
	if (status < 0)
		return exit_code(status);
	if (options.help) {
		print_help(stdout);
		return fflush(stdout) == 0 ? 0 : 4;
	}
	status = run(&options, &error);
	if (status < 0 && error.hint[0] != '\0')
		fprintf(stderr, "wordnet-graph: %s (%s)\n", error.message,
			error.hint);
	else if (status < 0)
		fprintf(stderr, "wordnet-graph: %s\n", error.message);
	return exit_code(status);
}
