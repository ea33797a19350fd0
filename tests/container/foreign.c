/* foreign.c - archives that another tar has packed again, or made up */
#include <archive.h>
#include <archive_entry.h>

#include "container/foreign.h"
#include "walk.h"

static struct fixture fixture;

/* --- tars through libarchive ----------------------------------------- */

static la_ssize_t collect(struct archive *archive, void *state,
			  const void *data, size_t size)
{
	(void)archive;
	cxa_buffer_append(state, data, size);
	return (la_ssize_t)size;
}

static struct archive *begin(struct cxa_buffer *out, int format, int filter)
{
	struct archive *archive = archive_write_new();

	archive_write_set_format(archive, format);
	archive_write_add_filter(archive, filter);
	if (filter != ARCHIVE_FILTER_NONE)
		archive_write_set_bytes_in_last_block(archive, 1);
	archive_write_open2(archive, out, NULL, collect, NULL, NULL);
	return archive;
}

static void put(struct archive *archive, const char *name, mode_t type,
		const void *data, size_t size)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_uid(entry, 1000);
	archive_entry_set_uname(entry, "someone");
	archive_entry_set_size(entry, type == AE_IFREG ? (la_int64_t)size : 0);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, "CORTEXARC");
	if (type == 0) {
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_size(entry, 0);
		archive_entry_set_hardlink(entry, "CORTEXARC");
	}
	archive_write_header(archive, entry);
	if (type == AE_IFREG)
		archive_write_data(archive, data, size);
	archive_entry_free(entry);
}

/* Every member, last first, as `<prefix><name>`. */
static void put_members(struct archive *archive, const char *prefix)
{
	static char name[8192];

	for (size_t i = fixture.count; i-- > 0;) {
		const struct cxa_member *member = &fixture.members[i];

		snprintf(name, sizeof(name), "%s%s", prefix, member->name);
		put(archive, name, AE_IFREG,
		    fixture.file.data + member->offset, (size_t)member->size);
	}
}

static void end(struct archive *archive)
{
	archive_write_close(archive);
	archive_write_free(archive);
}

/* --- reading them ---------------------------------------------------- */

static int open_bytes(struct cxa_foreign **out, const struct cxa_buffer *bytes,
		      bool seekable, const struct cxa_limits *limits,
		      struct cxa_error *error)
{
	struct fixture_file file;
	int status;

	fixture_file_open(&file, bytes->data, bytes->size, seekable);
	status = cxa_foreign_open(out, &file.input, NULL, limits, error);
	fixture_file_close(&file);
	return status;
}

static bool holds_all(const struct cxa_foreign *foreign)
{
	uint8_t data[4096];

	if (foreign == NULL || foreign->count != fixture.count)
		return false;
	for (size_t i = 0; i < fixture.count; i++) {
		const struct cxa_member *put_in = &fixture.members[i];
		const struct cxa_member *member =
			cxa_foreign_find(foreign, put_in->name);

		if (member == NULL || member->size != put_in->size ||
		    member->kind != put_in->kind || member->has_digest ||
		    cxa_spool_read_at(foreign->spool, member->offset, data,
				      (size_t)member->size, NULL) != 0 ||
		    memcmp(data, fixture.file.data + put_in->offset,
			   (size_t)member->size) != 0)
			return false;
	}
	return true;
}

static void is_read(const struct cxa_buffer *bytes, const char *claim)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_foreign *foreign;

	open_bytes(&foreign, bytes, true, NULL, &error);
	ok(holds_all(foreign), "%s is read%s%s", claim,
	   error.message[0] == '\0' ? "" : ": ", error.message);
	cxa_foreign_close(foreign);
	open_bytes(&foreign, bytes, false, NULL, NULL);
	ok(holds_all(foreign), "%s is read from a pipe", claim);
	ok(cxa_foreign_find(foreign, "../B2SUMS") == NULL,
	   "and has no member of another name");
	cxa_foreign_close(foreign);
}

static void is_refused(struct cxa_buffer *bytes, int expected,
		       const char *claim)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_foreign *foreign;
	int status = open_bytes(&foreign, bytes, true, NULL, &error);

	ok(status == expected && foreign == NULL, "%s is refused: %s", claim,
	   error.message);
	cxa_foreign_close(foreign);
	cxa_buffer_release(bytes);
}

static void other_members_are_refused(void)
{
	static const struct {
		const char *claim;
		const char *name;
		mode_t type; /* 0: a hard link */
		int status;
	} cases[] = {
		{ "a member twice", "CORTEXARC", AE_IFREG, CXA_ERR_CORRUPT },
		{ "a member twice, once behind ./", "./schema.pb", AE_IFREG,
		  CXA_ERR_CORRUPT },
		{ "a name of none", "notes.txt", AE_IFREG, CXA_ERR_CORRUPT },
		{ "a name from the folder above", "../B2SUMS", AE_IFREG,
		  CXA_ERR_CORRUPT },
		{ "an absolute name", "/B2SUMS", AE_IFREG, CXA_ERR_CORRUPT },
		{ "a member in another folder", "x/B2SUMS", AE_IFREG,
		  CXA_ERR_CORRUPT },
		{ "control characters in a name", "a\x1b[2J", AE_IFREG,
		  CXA_ERR_CORRUPT },
		{ "a symbolic link", "sync_queue/00000000.pb.zst", AE_IFLNK,
		  CXA_ERR_CORRUPT },
		{ "a fifo", "sync_queue/00000000.pb.zst", AE_IFIFO,
		  CXA_ERR_CORRUPT },
		{ "a hard link", "sync_queue/00000000.pb.zst", 0,
		  CXA_ERR_CORRUPT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_buffer bytes = { 0 };
		struct archive *archive = begin(&bytes,
						ARCHIVE_FORMAT_TAR_GNUTAR,
						ARCHIVE_FILTER_NONE);

		put_members(archive, "");
		put(archive, cases[i].name, cases[i].type, "abc", 3);
		end(archive);
		is_refused(&bytes, cases[i].status, cases[i].claim);
	}
}

static void members_outside_the_folder_are_refused(void)
{
	struct cxa_buffer bytes = { 0 };
	struct archive *archive = begin(&bytes, ARCHIVE_FORMAT_TAR_GNUTAR,
					ARCHIVE_FILTER_NONE);

	put_members(archive, "backup/");
	put(archive, "sync_queue/00000000.pb.zst", AE_IFREG, "abc", 3);
	end(archive);
	is_refused(&bytes, CXA_ERR_CORRUPT,
		   "a member outside the folder of CORTEXARC");
}

/* pax has names in UTF-8. */
static void names_that_cannot_be_told_are_refused(void)
{
	struct cxa_tar_header header = { .name = "PaxHeader/x", .type = 'x',
					 .size = 12 };
	struct cxa_buffer bytes = { 0 };
	uint8_t blocks[6 * CXA_BLOCK_BYTES] = { 0 };

	cxa_tar_header_encode(&header, blocks);
	memcpy(blocks + 512, "12 path=\xc3\xa4\xc3\n", 12);
	memcpy(header.name, "x\0", 2);
	header.type = '0';
	header.size = 0;
	cxa_tar_header_encode(&header, blocks + 1024);
	cxa_buffer_append(&bytes, blocks, sizeof(blocks));
	is_refused(&bytes, CXA_ERR_FORMAT, "a name of half a letter");
}

/* That is told, and not what libarchive makes of it. */
static void an_input_that_fails_is_told(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_foreign *foreign;
	struct fixture_file file;
	int fd;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	is_int(cxa_foreign_open(&foreign, &file.input, "not/there", NULL,
				&error), CXA_ERR_IO,
	       "a folder for temporary files that is not there is told");
	like(error.message, "not/there", "by its name");
	fd = file.input.fd;
	file.input.fd = -1;
	is_int(cxa_foreign_open(&foreign, &file.input, NULL, NULL, &again),
	       CXA_ERR_IO, "so is an input that cannot be read");
	like(again.message, "cannot read test file", "by its name");
	file.input.fd = fd;
	fixture_file_close(&file);
}

static void sparse_members_are_refused(void)
{
	struct archive_entry *entry = archive_entry_new();
	struct cxa_buffer bytes = { 0 };
	struct archive *archive = begin(&bytes, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE,
					ARCHIVE_FILTER_NONE);
	static const char zeros[65536];

	archive_entry_set_pathname(entry, "CORTEXARC");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, sizeof(zeros));
	archive_entry_sparse_add_entry(entry, 0, 512);
	archive_entry_sparse_add_entry(entry, 32768, 512);
	archive_write_header(archive, entry);
	archive_write_data(archive, zeros, sizeof(zeros));
	archive_entry_free(entry);
	end(archive);
	is_refused(&bytes, CXA_ERR_CORRUPT, "a sparse file");
}

static void what_is_no_archive_is_told(void)
{
	struct cxa_buffer bytes = { 0 };
	struct archive *archive;

	cxa_buffer_text(&bytes, "these are not the bytes of a tar\n");
	is_refused(&bytes, CXA_ERR_FORMAT, "no tar");
	archive = begin(&bytes, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	put(archive, "schema.pb", AE_IFREG, "abc", 3);
	end(archive);
	is_refused(&bytes, CXA_ERR_FORMAT, "a tar without CORTEXARC");
	archive = begin(&bytes, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE);
	put(archive, "CORTEXARC", AE_IFREG, "abc", 3);
	end(archive);
	is_refused(&bytes, CXA_ERR_FORMAT, "a zip");
	archive = begin(&bytes, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP);
	put_members(archive, "");
	end(archive);
	is_refused(&bytes, CXA_ERR_FORMAT, "a compressed tar");
	cxa_buffer_byte(&bytes, 0);
	bytes.size = 0;
	is_refused(&bytes, CXA_ERR_FORMAT, "an empty file");
}

static void a_cut_tar_is_refused(void)
{
	struct cxa_buffer bytes = { 0 };
	struct archive *archive = begin(&bytes, ARCHIVE_FORMAT_TAR_USTAR,
					ARCHIVE_FILTER_NONE);
	static uint8_t noise[400000];

	fixture_fill(noise, sizeof(noise), 99);
	put_members(archive, "");
	put(archive, "sync_queue/00000000.pb.zst", AE_IFREG, noise,
	    sizeof(noise));
	end(archive);
	bytes.size /= 2;
	is_refused(&bytes, CXA_ERR_CORRUPT, "a tar that is cut");
}

static void limits_hold(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };
	struct archive *archive = begin(&bytes, ARCHIVE_FORMAT_TAR_USTAR,
					ARCHIVE_FILTER_NONE);
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_foreign *foreign;

	put(archive, "folder", AE_IFDIR, NULL, 0);
	put_members(archive, "");
	end(archive);
	limits.batch_bytes = 1022;
	is_int(open_bytes(&foreign, &bytes, true, &limits, &error),
	       CXA_ERR_LIMIT, "a member over the limit is refused");
	is_str(error.message, "system_state/00000000.pb.zst: 1023 bytes, over "
	       "the limit batch-bytes of 1022", "and the limit named");
	limits.batch_bytes = 1023;
	limits.members = FIXTURE_MEMBERS;
	is_int(open_bytes(&foreign, &bytes, true, &limits, NULL),
	       CXA_ERR_LIMIT, "members over the limit, folders counted");
	limits.members++;
	limits.members_per_gib = FIXTURE_MEMBERS;
	is_int(open_bytes(&foreign, &bytes, true, &limits, NULL),
	       CXA_ERR_LIMIT, "members of a GiB over the limit");
	limits.members_per_gib++;
	open_bytes(&foreign, &bytes, true, &limits, NULL);
	ok(holds_all(foreign), "at the limits, all is read");
	cxa_foreign_close(foreign);
	cxa_buffer_release(&bytes);
}

/* The longest path there is of @size bytes: schema.pb and so on have fewer. */
static void pack_in_folder(struct cxa_buffer *out, size_t size)
{
	static char prefix[8192];
	struct archive *archive = begin(out, ARCHIVE_FORMAT_TAR_GNUTAR,
					ARCHIVE_FILTER_NONE);
	size_t longest = 0;

	for (size_t i = 0; i < fixture.count; i++)
		if (strlen(fixture.members[i].name) > longest)
			longest = strlen(fixture.members[i].name);
	memset(prefix, 'f', size - longest);
	prefix[size - longest - 1] = '/';
	prefix[size - longest] = '\0';
	put_members(archive, prefix);
	end(archive);
}

static void paths_have_a_limit(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };
	struct cxa_foreign *foreign;

	pack_in_folder(&bytes, 4097);
	is_int(open_bytes(&foreign, &bytes, true, NULL, &error), CXA_ERR_LIMIT,
	       "a path of 4,097 bytes is refused");
	is_str(error.message, "a name of 4097 bytes, over the format's limit "
	       "of 4096", "as a limit of the format");
	cxa_buffer_reset(&bytes);
	pack_in_folder(&bytes, 4096);
	is_read(&bytes, "one of 4,096");
	cxa_buffer_release(&bytes);
}

static void what_libarchive_packs_is_read(void)
{
	static const struct {
		const char *claim;
		int format;
		int filter;
		const char *prefix;
	} cases[] = {
		{ "a ustar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, "" },
		{ "a GNU tar", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_NONE,
		  "./" },
		{ "a pax tar", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE,
		  ARCHIVE_FILTER_NONE, "backup/" },
		{ "a tar in a folder of a folder", ARCHIVE_FORMAT_TAR_GNUTAR,
		  ARCHIVE_FILTER_NONE, "./a/b/" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_buffer bytes = { 0 };
		struct archive *archive = begin(&bytes, cases[i].format,
						cases[i].filter);

		put(archive, "somewhere/", AE_IFDIR, NULL, 0);
		put_members(archive, cases[i].prefix);
		end(archive);
		is_read(&bytes, cases[i].claim);
		cxa_buffer_release(&bytes);
	}
	is_read(&fixture.file, "the archive itself");
}

/* --- the tar command ------------------------------------------------- */

static void read_file(struct cxa_buffer *out, const char *path)
{
	FILE *stream = fopen(path, "rb");
	size_t got = 1;

	while (stream != NULL && got != 0) {
		got = fread(cxa_buffer_room(out, 65536), 1, 65536, stream);
		out->size += got;
	}
	if (stream != NULL)
		fclose(stream);
}

static void what_tar_packs_again_is_read(void)
{
	static const struct {
		const char *claim;
		const char *command;
	} cases[] = {
		{ "tar --format=gnu of a folder",
		  "tar --format=gnu -cf ../out.tar ." },
		{ "tar --format=ustar of its names",
		  "tar --format=ustar -cf ../out.tar *" },
		{ "tar --format=pax, sorted backwards",
		  "tar --format=pax -cf ../out.tar $(ls -r)" },
		{ "tar of the folder from outside",
		  "cd .. && tar -cf out.tar in" },
	};
	char folder[256];
	char command[1024];
	FILE *stream;

	if (system("tar --version >/dev/null 2>&1") != 0) {
		ok(true, "tar packs it again # SKIP no tar");
		return;
	}
	fixture_temp_name(folder, sizeof(folder));
	if (mkdtemp(folder) == NULL)
		printf("Bail out! no temporary folder\n");
	snprintf(command, sizeof(command), "mkdir %s/in && cd %s/in && tar -xf -",
		 folder, folder);
	stream = popen(command, "w");
	fwrite(fixture.file.data, 1, fixture.file.size, stream);
	is_int(pclose(stream), 0, "tar unpacks it");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_buffer bytes = { 0 };

		snprintf(command, sizeof(command), "cd %s/in && %s", folder,
			 cases[i].command);
		if (system(command) != 0)
			printf("# %s failed\n", command);
		snprintf(command, sizeof(command), "%s/out.tar", folder);
		read_file(&bytes, command);
		is_read(&bytes, cases[i].claim);
		cxa_buffer_release(&bytes);
	}
	snprintf(command, sizeof(command), "rm -r %s", folder);
	is_int(system(command), 0, "nothing is left behind");
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	other_members_are_refused();
	members_outside_the_folder_are_refused();
	names_that_cannot_be_told_are_refused();
	an_input_that_fails_is_told();
	sparse_members_are_refused();
	what_is_no_archive_is_told();
	a_cut_tar_is_refused();
	limits_hold();
	paths_have_a_limit();
	what_libarchive_packs_is_read();
	what_tar_packs_again_is_read();
	fixture_release(&fixture);
	return done_testing();
}
