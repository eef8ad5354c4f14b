/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of three blocks become sides, peers and files. */
#include "proc/trust.h"

#include "border/options.h"
#include "keys/bundle.h"
#include "os/socket.h"
#include "proc/signing.h"
#include "transport/options.h"

#include <string.h>

static trust_at_fn *peer_at;
static struct tls_side sides[MAX_SIDES];
static struct tls_peer peers[MAX_SIGNALLING];
static struct tls *the_tls;
static struct keys_client *keys;

/* Files as the parent read them; what was offered last waits for the settings that fit it. */
static struct files {
	struct shared_map map;
	struct keys_bundle bundle;
} files, offered;

static bool is_at(void *context, uint16_t row, const struct flow *flow, bool is_ours)
{
	(void)context;
	return peer_at(row, flow, is_ours);
}

/* ---- settings ---- */

/* How many speak it. */
static size_t list_sides(const struct conf_blob *blob)
{
	size_t count, on = 0;
	const struct transport_side *rows = conf_blob_get(blob, &transport_side_block, &count);

	memset(sides, 0, sizeof(sides));
	for (size_t i = 0; rows && i < count && i < MAX_SIDES; i++) {
		sides[i].is_on = rows[i].tls_count + rows[i].wss_count > 0;
		sides[i].oldest = rows[i].oldest;
		sides[i].count = rows[i].certificate_count;
		memcpy(sides[i].certificates, rows[i].certificates, sizeof(sides[i].certificates));
		on += sides[i].is_on;
	}
	return on;
}

/* Whose signalling is clear needs no row. */
static size_t list_peers(const struct conf_blob *blob)
{
	size_t count, peer_count, kept = 0;
	const struct transport_signalling *rows =
		conf_blob_get(blob, &transport_signalling_block, &count);
	const struct border_peer *all = conf_blob_get(blob, &border_peer_block, &peer_count);

	for (size_t i = 0; rows && all && i < count && kept < MAX_SIGNALLING; i++) {
		const struct border_peer *peer = &all[rows[i].peer];
		struct tls_peer *to = &peers[kept];

		if (rows[i].peer >= peer_count || rows[i].mode == SIGNALLING_CLEAR)
			continue;
		*to = (struct tls_peer){ .signalling = &rows[i],
			                 .row = rows[i].peer,
			                 .side = (uint8_t)peer->side };
		(void)VIEW_COPY(view_of(peer->name), to->label);
		(void)VIEW_COPY(view_of(rows[i].name[0] ? rows[i].name : peer->host), to->name);
		kept++;
	}
	return kept;
}

/* ---- files ---- */

static bool find(void *context, enum tls_file kind, struct view name, struct view *ret)
{
	static const enum keys_kind kinds[] = {
		[TLS_FILE_CHAIN] = KEYS_CHAIN,
		[TLS_FILE_AUTHORITY] = KEYS_AUTHORITY,
		[TLS_FILE_REVOKED] = KEYS_REVOKED,
		[TLS_FILE_STAPLE] = KEYS_STAPLE,
	};

	(void)context;
	return keys_bundle_find(&files.bundle, kinds[kind], name, ret);
}

static enum err key_of(void *context, struct view name, struct x509_st *leaf,
                       struct evp_pkey_st **ret)
{
	(void)context;
	(void)name;
	return keys_client_pkey(keys, leaf, ret);
}

static enum err open_files(int fd, struct files *ret)
{
	struct files f = { 0 };
	enum err err = shared_map(fd, SHARED_READ, 1, &f.map);

	if (err != ERR_NONE)
		return err;
	err = keys_bundle_open(view_bytes(f.map.at, f.map.size), &f.bundle);
	if (err == ERR_NONE)
		*ret = f;
	else
		shared_unmap(&f.map);
	return err;
}

/* ---- putting in force ---- */

static enum err load(struct child *c, struct buffer *why)
{
	const struct tls_material material = { .find = find, .key = key_of };
	struct conf_blob blob = child_settings(c);
	struct tls_settings settings = { .sides = sides, .peers = peers };

	(void)list_sides(&blob);
	settings.peer_count = list_peers(&blob);
	settings.certificates =
		conf_blob_get(&blob, &transport_certificate_block, &settings.certificate_count);
	return settings.certificates ? tls_load(the_tls, &settings, &material, why) : ERR_SYNTAX;
}

/* With what was offered, where something was; else with the files that are in force. */
static enum err load_offered(struct child *c, bool is_quiet)
{
	char words[256];
	struct buffer why = BUFFER_ON(words);
	struct files before = files;
	bool is_fresh = offered.map.at != NULL;
	enum err err;

	if (is_fresh)
		files = offered;
	err = load(c, &why);
	if (err != ERR_NONE)
		files = before;
	else if (is_fresh)
		shared_unmap(&before.map);
	if (err == ERR_NONE)
		offered = (struct files){ 0 };
	if (err == ERR_NONE && why.len > 0)
		log_write(LEVEL_WARNING, "tls", "%.*s; it is not shown",
		          VIEW_ARG(buffer_view(&why)));
	if (err != ERR_NONE && !is_quiet)
		log_write(LEVEL_ERROR, "tls", "%.*s; what was before stays in force",
		          VIEW_ARG(why.len ? buffer_view(&why) : view_of(err_text(err))));
	return err;
}

enum err trust_settings(struct child *c) { return the_tls ? load_offered(c, false) : ERR_NONE; }

enum err trust_files(struct child *c, const struct ask *question)
{
	bool is_before_settings = question->head.size > 0 && question->body.bytes[0] != 0;
	int fd = child_take_descriptor();
	struct files fresh = { 0 };
	enum err err = fd < 0 ? ERR_SHORT : open_files(fd, &fresh);

	socket_close(&fd);
	if (err != ERR_NONE || !the_tls) {
		shared_unmap(&fresh.map);
		return err;
	}
	shared_unmap(&offered.map);
	offered = fresh;
	/* It may fit the settings that come next alone: those are answered for. */
	err = load_offered(c, is_before_settings);
	if (err != ERR_NONE && !is_before_settings) {
		shared_unmap(&offered.map);
		offered = (struct files){ 0 };
	}
	return is_before_settings ? ERR_NONE : err;
}

struct tls *trust_open(struct child *c, struct counters *counters, trust_at_fn *is_peer,
                       uint32_t at_most)
{
	const struct tls_ports ports = { .is_at = is_at,
		                         .keys = signing_keys(),
		                         .counters = counters };
	struct conf_blob blob = child_settings(c);
	char words[256];
	struct buffer why = BUFFER_ON(words);
	int fd = child_descriptor(c, THING_MATERIAL, 0);
	unsigned owner = child_facts(c)->owner;
	enum err err = ERR_NONE;

	peer_at = is_peer;
	if (list_sides(&blob) == 0)
		return NULL;
	if (fd >= 0)
		err = open_files(fd, &files);
	if (err == ERR_NONE)
		err = tls_new(&ports, at_most, &the_tls);
	if (err == ERR_NONE) {
		keys = signing_open(c,
		                    &(struct signing_way){ ring_of(RING_OF_TO_SIGN, owner),
		                                           ring_of(RING_OF_SIGNED, owner), "tls" });
		err = load(c, &why);
	}
	if (err == ERR_NONE && why.len > 0)
		log_write(LEVEL_WARNING, "tls", "%.*s; it is not shown",
		          VIEW_ARG(buffer_view(&why)));
	else if (why.len > 0)
		child_refuse("tls", buffer_view(&why));
	if (err != ERR_NONE)
		child_fail("tls", err);
	return the_tls;
}
