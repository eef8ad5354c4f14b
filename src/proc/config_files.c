/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and their keys, read as the service will read them. */
#include "proc/config_files.h"

#include "keys/server.h"
#include "os/shared.h"
#include "proc/material.h"
#include "transport/tls_options.h"

#include <stdlib.h>

enum { ONE_MAX = 2 * MAX_KEYS_FILE + 1024, WORDS_MAX = 512 };

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
	struct material m = { -1, -1 };
	char text[WORDS_MAX];
	struct buffer words = buffer_on(text, sizeof(text) - 1);
	struct keys_bundle all;
	struct shared_map map;
	enum err err = material_read(t, &m, &words);

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
