/* sums.c - B2SUMS: lines */
#include "container/sums.h"
#include "tap.h"

#define HEX "0123456789abcdef0123456789abcdef" \
	    "0123456789abcdef0123456789abcdef"
#define UPPER "0123456789ABCDEF0123456789abcdef" \
	      "0123456789abcdef0123456789abcdef"

static void other_lines_are_refused(void)
{
	static const char *const lines[] = {
		"\n",
		HEX "\n",
		HEX "  \n",
		HEX "  CORTEXARC",
		HEX " CORTEXARC\n",
		HEX "   CORTEXARC\n",
		HEX " *CORTEXARC\n",
		HEX "\t CORTEXARC\n",
		HEX "  CORTEXARC \n",
		HEX "  CORTEXARC\r\n",
		HEX "  ./CORTEXARC\n",
		HEX "  other\n",
		HEX "  B2SUMS\n",
		HEX "  TRAILER\n",
		HEX "0  CORTEXARC\n",
		" " HEX "  CORTEXARC\n",
		"\\" HEX "  CORTEXARC\n",
		UPPER "  CORTEXARC\n",
		"0123456789abcdef  CORTEXARC\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cxa_error error = CXA_ERROR_INIT;
		size_t size = strlen(lines[i]);
		struct cxa_member member;
		size_t offset = 0;

		ok(cxa_sums_next((const uint8_t *)lines[i], size, &offset,
				 &member, &error) == CXA_ERR_CORRUPT,
		   "line %zu of another form is refused", i);
	}
}

static void a_nul_in_a_line_is_refused(void)
{
	char line[] = HEX "  CORTEXARC0\n";
	struct cxa_member member;
	size_t offset = 0;

	line[strlen(line) - 2] = '\0';
	is_int(cxa_sums_next((const uint8_t *)line, sizeof(line) - 1, &offset,
			     &member, NULL), CXA_ERR_CORRUPT,
	       "a name with a NUL is refused");
}

static void a_fault_tells_its_line(void)
{
	static const char text[] = HEX "  CORTEXARC\n" HEX "  schema.p\n";
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member member;
	size_t offset = 0;

	cxa_sums_next((const uint8_t *)text, sizeof(text) - 1, &offset,
		      &member, &error);
	cxa_sums_next((const uint8_t *)text, sizeof(text) - 1, &offset,
		      &member, &error);
	like(error.message, "line 2", "a fault tells its line");
	is_str(error.member, "B2SUMS", "and the member");
}

static void lines_come_back(void)
{
	struct cxa_buffer sums = { 0 };
	struct cxa_digest digests[2];
	struct cxa_member member;
	size_t offset = 0;

	cxa_digest_of(&digests[0], "a", 1);
	cxa_digest_of(&digests[1], "b", 1);
	cxa_sums_add(&sums, &digests[0], "CORTEXARC");
	cxa_sums_add(&sums, &digests[1], "concepts/00000012.pb.zst");
	is_int(cxa_sums_next(sums.data, sums.size, &offset, &member, NULL), 0,
	       "a line written is read");
	is_str(member.name, "CORTEXARC", "its name too");
	ok(cxa_digest_equal(&member.digest, &digests[0]), "and its digest");
	cxa_sums_next(sums.data, sums.size, &offset, &member, NULL);
	is_uint(member.number, 12, "a batch has its number");
	ok(cxa_digest_equal(&member.digest, &digests[1]), "and its digest");
	is_int(cxa_sums_next(sums.data, sums.size, &offset, &member, NULL),
	       CXA_END, "then comes the end");
	cxa_buffer_release(&sums);
}

int main(void)
{
	other_lines_are_refused();
	a_nul_in_a_line_is_refused();
	a_fault_tells_its_line();
	lines_come_back();
	return done_testing();
}
