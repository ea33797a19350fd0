/* member.c - names of members and their order */
#include "container/member.h"
#include "tap.h"

static void other_names_are_refused(void)
{
	static const char *const names[] = {
		"", "/", "cortexarc", "CORTEXARC ", "CORTEXARC/", "./CORTEXARC",
		"/CORTEXARC", "../CORTEXARC", "a/CORTEXARC", "schema.pb/",
		"B2SUMS.minisig", "concepts", "concepts/",
		"concepts/0.pb.zst", "concepts/0000000.pb.zst",
		"concepts/000000000.pb.zst", "concepts/0000000a.pb.zst",
		"concepts/0000000A.pb.zst", "concepts/+0000000.pb.zst",
		"concepts/ 0000000.pb.zst", "concepts/00000000.pb",
		"concepts/00000000.pb.zst/", "concepts/00000000.pb.zst.x",
		"Concepts/00000000.pb.zst", "concept/00000000.pb.zst",
		"conceptss/00000000.pb.zst", "concepts//00000000.pb.zst",
		"/concepts/00000000.pb.zst", "./concepts/00000000.pb.zst",
		"../concepts/00000000.pb.zst", "concepts/../concepts/00000000.pb.zst",
		"concepts\\00000000.pb.zst", "/00000000.pb.zst",
		"PaxHeader/schema.pb", "concepts/PaxHeader/00000000.pb.zst",
	};
	struct cxa_member member;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(!cxa_member_parse(&member, names[i]),
		   "\"%s\" is no member's name", names[i]);
}

static void names_go_both_ways(void)
{
	char name[CXA_MEMBER_NAME_MAX + 1];
	struct cxa_member member;
	bool all = true;

	for (unsigned kind = 0; kind <= CXA_MEMBER_TRAILER; kind++) {
		const char *fixed =
			cxa_member_name((enum cxa_member_kind)kind);

		if (fixed != NULL)
			all = all && cxa_member_parse(&member, fixed) &&
			      member.kind == kind &&
			      strcmp(member.name, fixed) == 0;
	}
	ok(all, "fixed names go both ways");
	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++) {
		enum cxa_collection collection = (enum cxa_collection)i;

		cxa_member_batch_name(name, collection, 90000007 + i);
		all = all && cxa_member_parse(&member, name) &&
		      member.kind == CXA_MEMBER_BATCH &&
		      member.collection == collection &&
		      member.number == 90000007 + i &&
		      strcmp(member.name, name) == 0;
	}
	ok(all, "batch names go both ways");
	cxa_member_batch_name(name, CXA_QUERY_CACHE, 42);
	is_str(name, "query_cache/00000042.pb.zst", "a number has 8 digits");
	ok(cxa_member_name(CXA_MEMBER_BATCH) == NULL,
	   "a batch has no fixed name");
}

static void order_is_kept(void)
{
	static const struct {
		const char *previous;
		const char *next;
		bool follows;
	} cases[] = {
		{ NULL, "CORTEXARC", true },
		{ NULL, "schema.pb", false },
		{ NULL, "concepts/00000000.pb.zst", false },
		{ NULL, "TRAILER", false },
		{ "CORTEXARC", "schema.pb", true },
		{ "CORTEXARC", "CORTEXARC", false },
		{ "CORTEXARC", "concepts/00000000.pb.zst", false },
		{ "CORTEXARC", "INDEX.pb.zst", false },
		{ "schema.pb", "concepts/00000000.pb.zst", true },
		{ "schema.pb", "sync_queue/00000000.pb.zst", true },
		{ "schema.pb", "concepts/00000001.pb.zst", false },
		{ "schema.pb", "INDEX.pb.zst", true },
		{ "schema.pb", "B2SUMS", false },
		{ "concepts/00000000.pb.zst", "concepts/00000001.pb.zst", true },
		{ "concepts/00000000.pb.zst", "concepts/00000000.pb.zst", false },
		{ "concepts/00000000.pb.zst", "concepts/00000002.pb.zst", false },
		{ "concepts/00000001.pb.zst", "concepts/00000000.pb.zst", false },
		{ "concepts/00000007.pb.zst", "embeddings/00000000.pb.zst", true },
		{ "concepts/00000007.pb.zst", "embeddings/00000008.pb.zst", false },
		{ "concepts/00000000.pb.zst", "sync_queue/00000000.pb.zst", true },
		{ "columns/00000000.pb.zst", "concepts/00000000.pb.zst", false },
		{ "columns/00000000.pb.zst", "concepts/00000001.pb.zst", false },
		{ "columns/00000000.pb.zst", "INDEX.pb.zst", true },
		{ "columns/00000000.pb.zst", "B2SUMS", false },
		{ "columns/00000000.pb.zst", "schema.pb", false },
		{ "INDEX.pb.zst", "columns/00000000.pb.zst", false },
		{ "INDEX.pb.zst", "B2SUMS", true },
		{ "INDEX.pb.zst", "TRAILER", false },
		{ "B2SUMS", "TRAILER", true },
		{ "B2SUMS", "INDEX.pb.zst", false },
		{ "TRAILER", "TRAILER", false },
		{ "TRAILER", "CORTEXARC", false },
	};
	struct cxa_member previous;
	struct cxa_member next;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].previous != NULL)
			cxa_member_parse(&previous, cases[i].previous);
		cxa_member_parse(&next, cases[i].next);
		ok(cxa_member_follows(cases[i].previous == NULL ? NULL :
								  &previous,
				      &next) == cases[i].follows,
		   "%s %s behind %s", cases[i].next,
		   cases[i].follows ? "may stand" : "may not stand",
		   cases[i].previous == NULL ? "nothing" : cases[i].previous);
	}
}

int main(void)
{
	other_names_are_refused();
	order_is_kept();
	names_go_both_ways();
	return done_testing();
}
