/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of three blocks become sides, peers and files. */
#include "proc/trust.h"

#include "border/options.h"
#include "keys/bundle.h"
#include "transport/options.h"

#include <string.h>

static trust_at_fn *peer_at;
static struct tls_side sides[MAX_SIDES];
static struct tls_peer peers[MAX_SIGNALLING];
static struct keys_bundle public_files, private_files;

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
	};

	(void)context;
	return keys_bundle_find(&public_files, kinds[kind], name, ret);
}

static enum err key_of(void *context, struct view name, struct x509_st *leaf,
                       struct evp_pkey_st **ret)
{
	struct view pem;

	(void)context;
	(void)leaf;
	return keys_bundle_find(&private_files, KEYS_PRIVATE, name, &pem) ? tls_take_key(pem, ret)
	                                                                  : ERR_NOT_FOUND;
}

static void open_bundle(struct child *c, enum thing thing, struct keys_bundle *ret)
{
	struct shared_map map;
	enum err err;

	if (child_descriptor(c, thing, 0) < 0)
		return;
	map = child_map(c, thing, 0, SHARED_READ, 1);
	err = keys_bundle_open(view_bytes(map.at, map.size), ret);
	if (err != ERR_NONE)
		child_fail("certificates", err);
}

static enum err load(struct child *c, struct tls *t, struct buffer *why)
{
	const struct tls_material material = { .find = find, .key = key_of };
	struct conf_blob blob = child_settings(c);
	struct tls_settings settings = { .sides = sides, .peers = peers };

	(void)list_sides(&blob);
	settings.peer_count = list_peers(&blob);
	settings.certificates =
		conf_blob_get(&blob, &transport_certificate_block, &settings.certificate_count);
	return settings.certificates ? tls_load(t, &settings, &material, why) : ERR_SYNTAX;
}

struct tls *trust_open(struct child *c, struct counters *counters, trust_at_fn *is_peer,
                       uint32_t at_most)
{
	const struct tls_ports ports = { .is_at = is_at, .counters = counters };
	struct conf_blob blob = child_settings(c);
	char words[256];
	struct buffer why = buffer_on(words, sizeof(words));
	struct tls *t = NULL;
	enum err err;

	peer_at = is_peer;
	if (list_sides(&blob) == 0)
		return NULL;
	open_bundle(c, THING_MATERIAL, &public_files);
	open_bundle(c, THING_KEYS, &private_files);
	err = tls_new(&ports, at_most, &t);
	if (err == ERR_NONE)
		err = load(c, t, &why);
	if (why.len > 0)
		log_write(LEVEL_ERROR, "tls", "%.*s", VIEW_ARG(buffer_view(&why)));
	if (err != ERR_NONE)
		child_fail("tls", err);
	return t;
}
