/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are named and cannot be read, each with its line; then certificates and their keys,
 * read as the service will read them. */
#include "proc/config_files.h"

#include "acme/options.h"
#include "keys/ending.h"
#include "keys/server.h"
#include "os/shared.h"
#include "proc/material.h"
#include "transport/tls_options.h"
#include "web/control_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ONE_MAX = 2 * MAX_KEYS_FILE + 1024, WORDS_MAX = 512, UNREAD = -1 };

/* A path that stands in a row. */
struct named {
	const struct conf_block *block;
	const char *option;
	size_t offset; /* of the path */
	int mode;      /* of access(2) */
	int holds;     /* enum keys_kind; UNREAD: what is in it is looked at elsewhere */
	const char *remedy;
};

#define FILE_AT(type, member, kind) offsetof(struct type, member), R_OK, (kind)
#define PROGRAM_AT(type, member)    offsetof(struct type, member), X_OK, UNREAD

static const struct named files[] = {
	{ &transport_certificate_block, "chain", FILE_AT(transport_certificate, chain, KEYS_CHAIN),
	  "name the file of the certificate; `ringfence certificates issue` makes one" },
	{ &transport_certificate_block, "key", FILE_AT(transport_certificate, key, UNREAD),
	  "name the file of its key; `ringfence certificates issue` makes one" },
	{ &transport_authorities_block, "file",
	  FILE_AT(transport_authorities, file, KEYS_AUTHORITY),
	  "name a file with certificates of authorities" },
	{ &transport_signalling_block, "authority",
	  FILE_AT(transport_signalling, authority, KEYS_AUTHORITY),
	  "name the file with the certificate of who signed the peer's" },
	{ &transport_signalling_block, "revoked",
	  FILE_AT(transport_signalling, revoked, KEYS_REVOKED),
	  "name the file with that authority's list of what it revoked" },
	{ &web_control_block, "authority", FILE_AT(web_control_options, authority, KEYS_AUTHORITY),
	  "name the file with the certificate of who signed the servers'" },
	{ &web_control_block, "revoked", FILE_AT(web_control_options, revoked, KEYS_REVOKED),
	  "name the file with that authority's list of what it revoked" },
	{ &acme_block, "authority", FILE_AT(acme_options, authority, KEYS_AUTHORITY),
	  "name the file with the certificates of who may have signed the server's" },
	{ &acme_block, "hook", PROGRAM_AT(acme_options, hook),
	  "name a program that can be started" },
};

/* ACME makes what is not there. */
static bool is_made(const struct named *n, const void *row)
{
	const struct transport_certificate *own = row;

	return n->block == &transport_certificate_block && own->acme != CONF_NO_ROW;
}

/* What of it is broken, 0: nothing. What lacks memory is told when it is read again. */
static size_t broken_of(const char *path, enum keys_kind kind)
{
	char *text = malloc(MAX_KEYS_FILE);
	FILE *file = fopen(path, "re");
	size_t len = text && file ? fread(text, 1, MAX_KEYS_FILE, file) : 0;
	size_t broken = text ? keys_ending_broken(kind, view_bytes(text, len)) : 0;

	if (file)
		(void)fclose(file);
	free(text);
	return broken;
}

/* NULL: it can be opened. Whether who asks lacks the right is for `ret_is_denied`. */
static const char *fault_of(const struct named *n, const char *path, const void *row,
                            bool *ret_is_denied)
{
	struct stat about;
	bool is_there = stat(path, &about) == 0;

	if (!is_there && errno == ENOENT)
		return is_made(n, row) ? "" : "not found";
	if (is_there && !S_ISREG(about.st_mode))
		return "is no file";
	if (is_there && access(path, n->mode) == 0)
		return NULL;
	if (n->mode == X_OK && is_there)
		return "cannot be started";
	*ret_is_denied = errno == EACCES;
	return *ret_is_denied ? "may not be read by who asks" : "cannot be read";
}

/* Empty: it can be used. Returns the remedy. */
static const char *say_fault(const struct named *n, const char *path, const void *row,
                             struct buffer *words)
{
	bool is_denied = false;
	const char *fault = path[0] ? fault_of(n, path, row, &is_denied) : "";
	size_t broken = fault || n->holds == UNREAD ? 0 : broken_of(path, (enum keys_kind)n->holds);

	if (fault)
		buffer_text(words, fault);
	else if (broken == 1)
		buffer_text(words, n->holds == KEYS_REVOKED
		                           ? "has no list of revoked certificates in PEM"
		                           : "has no certificate in PEM");
	if (is_denied)
		return "ask as root, or leave out what the named files hold: --without-secrets";
	if (broken <= 1)
		return n->remedy;
	buffer_text(words, n->holds == KEYS_REVOKED ? "list " : "certificate ");
	buffer_decimal(words, broken);
	buffer_text(words, " in it is broken");
	return "copy it again, each from its BEGIN line to its END line";
}

static void check_file(const struct named *n, struct conf_check *own, const void *row)
{
	const char *path = (const char *)row + n->offset, *remedy;
	char text[WORDS_MAX], said[WORDS_MAX / 4];
	struct buffer words = buffer_on(text, sizeof(text) - 1), fault = BUFFER_ON(said);

	remedy = say_fault(n, path, row, &fault);
	if (fault.len == 0)
		return;
	buffer_text(&words, n->option);
	buffer_char(&words, ' ');
	buffer_text(&words, path);
	buffer_text(&words, ": ");
	buffer_put(&words, buffer_view(&fault));
	text[words.len] = 0;
	conf_object(own, n->option, NULL, text, remedy);
}

static void check_named(const struct conf_tree *t, struct conf_report *report)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		size_t count;
		const char *rows = conf_get(t, files[i].block, &count);

		for (size_t k = 0; k < count; k++)
			check_file(&files[i], &(struct conf_check){ t, files[i].block, k, report },
			           rows + k * files[i].block->row_size);
	}
}

/* What of a bundle has that name, as a bundle of its own. */
static enum err pick(const struct keys_bundle *all, const char *name, struct buffer *to,
                     struct keys_bundle *ret)
{
	struct keys_row row;
	size_t at = 0;
	enum err err = ERR_NONE;

	while (err == ERR_NONE && keys_bundle_next(all, &at, &row))
		if ((row.kind == KEYS_CHAIN || row.kind == KEYS_PRIVATE) &&
		    view_equal(view_of(row.name), view_of(name)))
			err = keys_bundle_put(to, (enum keys_kind)row.kind, view_of(name),
			                      row.bytes);
	return err == ERR_NONE ? keys_bundle_open(buffer_view(to), ret) : err;
}

/* Both files are named; the words of the server begin with the block, as those here do. */
static void judge(const struct conf_check *c, const struct keys_bundle *one)
{
	char text[WORDS_MAX];
	struct buffer words = buffer_on(text, sizeof(text) - 1);
	struct keys_server *server = NULL;
	enum err err = keys_server_new(&server);
	struct view said;

	if (err == ERR_NONE)
		err = keys_server_take(server, one, one, &words);
	keys_server_free(&server);
	text[words.len] = 0;
	said = buffer_view(&words);
	said = view_trim(view_after(said, view_find(said, ':', 0) + 1));
	if (err != ERR_NONE)
		conf_object((struct conf_check *)(uintptr_t)c, "key", "chain",
		            said.len ? said.at : err_text(err),
		            "name the two files that belong together");
}

static void judge_all(const struct conf_tree *t, const struct keys_bundle *all,
                      struct conf_report *report)
{
	char *storage = malloc(ONE_MAX);
	size_t count;
	const struct transport_certificate *rows =
		conf_get(t, &transport_certificate_block, &count);

	for (size_t i = 0; i < count && storage; i++) {
		const struct conf_check own = { t, &transport_certificate_block, i, report };
		struct buffer b = buffer_on(storage, ONE_MAX);
		struct keys_bundle one;

		if (pick(all, rows[i].name, &b, &one) == ERR_NONE)
			judge(&own, &one);
	}
	free(storage);
}

void config_files_check(const struct conf_tree *t, struct conf_report *report)
{
	struct material m = MATERIAL_NONE;
	char text[WORDS_MAX];
	struct buffer words = buffer_on(text, sizeof(text) - 1);
	struct keys_bundle all;
	struct shared_map map;
	enum err err;

	check_named(t, report);
	if (report->count > 0)
		return;
	err = material_read(t, &m, &words);
	if (err != ERR_NONE) {
		conf_report_add(report, (struct conf_place){ 0 }, buffer_view(&words));
		return;
	}
	if (m.secret >= 0 && shared_map(m.secret, SHARED_READ, 1, &map) == ERR_NONE) {
		if (keys_bundle_open(view_bytes(map.at, map.size), &all) == ERR_NONE)
			judge_all(t, &all, report);
		shared_unmap(&map);
	}
	material_close(&m);
}
