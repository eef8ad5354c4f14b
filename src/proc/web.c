/* SPDX-License-Identifier: Apache-2.0 */
/* The API's process: HTTP on an inherited Unix socket, everything else by asks
 * to the parent. Opens no file and no socket after its start. */
#include "keys/bundle.h"
#include "os/clock.h"
#include "os/socket.h"
#include "proc/child.h"
#include "proc/signing.h"
#include "web/control_options.h"
#include "web/options.h"
#include "web/server.h"
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef RINGFENCE_VERSION
#define RINGFENCE_VERSION "0.1.0"
#endif

enum {
	TICK_US = SECOND_US,
	SHORT_US = 100 * MILLISECOND_US, /* until descriptors are looked for again */
};

struct window {
	struct child *child;
	struct web *web;
	struct web_server *server, *servers; /* servers: the control listener, if any */
	struct web_control *control;
	struct keys_client *keys; /* of the listener */
	struct tls_lines lines;
	struct shared_map files;                  /* of the listener, as in force */
	const struct web_control_server *allowed; /* lives with the settings */
	size_t allowed_count;
	struct loop_watch *watch, *servers_watch;
	bool is_short; /* of descriptors: nobody is taken for a while */
	struct now now;
	uint64_t run_us, tick_us;
};

static enum err ask_parent(void *context, struct ask *a, uint32_t *ret_id)
{
	struct window *v = context;

	return child_ask(v->child, a, ret_id);
}

static struct now read_now(void *context)
{
	const struct window *v = context;

	return v->now;
}

static void serve(struct window *v, struct now now)
{
	uint64_t wait_ms;

	v->now = now;
	wait_ms = web_server_run(v->server);
	if (v->servers) {
		uint64_t other_ms = web_server_run(v->servers);

		wait_ms = other_ms < wait_ms ? other_ms : wait_ms;
	}
	v->run_us = now.us + wait_ms * MILLISECOND_US;
}

static void servers_readable(void *context, int fd, int what)
{
	(void)fd;
	(void)what;
	serve(context, clock_now());
}

static void readable(void *context, int fd, int what)
{
	struct window *v = context;
	struct now now = clock_now();

	(void)fd;
	(void)what;
	serve(v, now);
	if (!web_server_did_nothing(v->server) || loop_watch_change(v->watch, 0) != ERR_NONE)
		return;
	v->is_short = true;
	v->run_us = now.us + SHORT_US;
}

static void answered(void *context, const struct ask *row, struct now now)
{
	struct window *v = context;

	v->now = now;
	web_answer(v->web, row);
	/* A connection that waited for this may go on: at once, not at the server's next look. */
	v->run_us = now.us;
}

static uint64_t wait_us(void *context, struct now now)
{
	const struct window *v = context;
	uint64_t due = v->run_us < v->tick_us ? v->run_us : v->tick_us;
	uint64_t least_us = now_since(due, now.us);

	if (v->servers) {
		uint64_t signed_us = signing_wait_us(now);
		uint64_t door_us = web_door_wait_us(web_server_door(v->servers), now);

		least_us = signed_us < least_us ? signed_us : least_us;
		least_us = door_us < least_us ? door_us : least_us;
	}
	return least_us;
}

static void advance(void *context, struct now now)
{
	struct window *v = context;

	v->now = now;
	if (v->servers) {
		signing_advance(now);
		web_door_advance(web_server_door(v->servers), now);
	}
	if (now.us >= v->tick_us) {
		web_tick(v->web);
		v->tick_us = now.us + TICK_US;
	}
	if (now.us < v->run_us)
		return;
	serve(v, now);
	if (v->is_short)
		v->is_short = loop_watch_change(v->watch, LOOP_READABLE) != ERR_NONE;
}

static void end(void *context, struct now now)
{
	struct window *v = context;

	(void)now;
	web_server_free(&v->servers);
	web_server_free(&v->server);
	web_control_free(&v->control);
	tls_lines_close(&v->lines);
	web_free(&v->web);
}

/* Names of groups become numbers while /etc/group can still be read. */
static uint32_t group_number(const char *name)
{
	const struct group *group = name[0] ? getgrnam(name) : NULL;

	if (name[0] && !group)
		log_write(LEVEL_WARNING, "group unknown",
		          "there is no group %s: it gives nobody a right", name);
	return group ? group->gr_gid : WEB_NO_GROUP;
}

static struct web_rights rights_of(const struct window *v)
{
	const struct conf_blob blob = child_settings(v->child);
	const struct web_options *o = conf_blob_get(&blob, &web_block, NULL);
	uint32_t uid = child_facts(v->child)->uid;

	if (!o)
		child_fail("settings", ERR_SYNTAX);
	return (struct web_rights){ .own_uid = uid == UINT32_MAX ? geteuid() : uid,
		                    .administrators = group_number(o->administrators),
		                    .operators = group_number(o->operators),
		                    .readers = group_number(o->readers) };
}

static void map_pages(struct window *v, struct web_settings *settings)
{
	for (uint32_t role = 0; role < ROLE_COUNT; role++) {
		struct shared_map map;

		if (role == ROLE_WEB || child_descriptor(v->child, THING_COUNTERS, role) < 0)
			continue;
		map = child_map(v->child, THING_COUNTERS, role, SHARED_READ,
		                sizeof(struct counters));
		settings->pages[settings->page_count++] =
			(struct web_page){ (enum role)role, map.at };
	}
	settings->own = child_counters(v->child);
	settings->pages[settings->page_count++] = (struct web_page){ ROLE_WEB, settings->own };
}

/* A handle: the key itself is in `keys`. */
static enum err key_of(void *context, struct x509_st *leaf, struct evp_pkey_st **ret)
{
	const struct window *v = context;

	return keys_client_pkey(v->keys, leaf, ret);
}

/* Files and servers together. What cannot be used is said, and what was before stays. */
static enum err build_control(struct window *v, const struct shared_map *map,
                              const struct conf_blob *blob, struct web_control **ret)
{
	struct web_control_list list = { NULL, 0 };
	struct view found[KEYS_KIND_COUNT];
	struct web_control_files files;
	struct keys_bundle bundle;
	const char *why = NULL;
	enum err err = keys_bundle_open(view_bytes(map->at, map->size), &bundle);

	list.servers = conf_blob_get(blob, &web_server_block, &list.count);
	if (err != ERR_NONE || !list.servers || list.count > WEB_MAX_SERVERS)
		return ERR_SYNTAX;
	for (unsigned kind = 0; kind < KEYS_KIND_COUNT; kind++)
		if (!keys_bundle_find(&bundle, (enum keys_kind)kind, VIEW("control"), &found[kind]))
			found[kind] = VIEW_EMPTY;
	files = (struct web_control_files){ found[KEYS_CHAIN], found[KEYS_AUTHORITY],
		                            found[KEYS_REVOKED] };
	err = web_control_new(&list, &files, &(struct web_control_port){ v->web, v, key_of }, ret,
	                      &why);
	if (why)
		log_write(LEVEL_ERROR, "control", "%s", why);
	return err;
}

static void renew_control(struct window *v, struct web_control *fresh)
{
	web_door_renew(web_server_door(v->servers), fresh);
	web_control_free(&v->control);
	v->control = fresh;
	v->run_us = 0;
}

static bool is_same_map(const struct shared_map *a, const struct shared_map *b)
{
	return a->size == b->size && memcmp(a->at, b->at, a->size) == 0;
}

/* Certificates and lists were read again. */
static enum err take_files(struct window *v)
{
	int fd = child_take_descriptor();
	const struct conf_blob blob = child_settings(v->child);
	struct web_control *fresh = NULL;
	struct shared_map map = { NULL, 0 };
	enum err err = fd < 0 ? ERR_SHORT : shared_map(fd, SHARED_READ, 1, &map);

	socket_close(&fd);
	if (err == ERR_NONE && v->servers && !is_same_map(&map, &v->files)) {
		err = build_control(v, &map, &blob, &fresh);
		if (err == ERR_NONE) {
			struct shared_map old = v->files;

			v->files = map;
			map = old;
			renew_control(v, fresh);
		}
	}
	shared_unmap(&map);
	return err;
}

static void asked(void *context, const struct ask *question, struct now now)
{
	static struct ask answer;
	struct window *v = context;
	enum err err;

	v->now = now;
	err = question->head.kind == ASK_MATERIAL_WEB ? take_files(v) : ERR_UNSUPPORTED;
	answer.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(v->child, &question->head, &answer);
}

/* The settings of before lie where they were until this one has answered. */
static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	struct window *v = context;
	struct web_control *fresh = NULL;
	size_t count = 0;
	const struct web_control_server *servers = conf_blob_get(&blob, &web_server_block, &count);
	enum err err = ERR_NONE;

	v->now = now;
	if (v->servers && (count != v->allowed_count ||
	                   memcmp(servers, v->allowed, count * sizeof(*servers)) != 0)) {
		err = build_control(v, &v->files, &blob, &fresh);
		if (err == ERR_NONE)
			renew_control(v, fresh);
	}
	if (err == ERR_NONE) {
		v->allowed = servers;
		v->allowed_count = count;
	}
	return err;
}

static void open_lines(struct window *v)
{
	const struct signing_way way = { RING_NAME_CONTROL_TO_SIGN, RING_NAME_CONTROL_SIGNED,
		                         "control" };
	const struct tls_keys keys = signing_keys();
	enum err err = tls_lines_open(&keys, &v->lines);

	if (err != ERR_NONE)
		child_fail("control", err);
	v->keys = signing_open(v->child, &way);
}

static void open_control(struct window *v)
{
	const struct conf_blob blob = child_settings(v->child);
	struct web_door_place place = { .web = v->web,
		                        .loop = child_loop(v->child),
		                        .listening =
		                                child_descriptor(v->child, THING_CONTROL_SOCKET, 0),
		                        .lines = &v->lines };
	enum err err;

	if (place.listening < 0)
		return;
	open_lines(v);
	v->allowed = conf_blob_get(&blob, &web_server_block, &v->allowed_count);
	v->files = child_map(v->child, THING_CONTROL, 0, SHARED_READ, 1);
	err = build_control(v, &v->files, &blob, &v->control);
	if (err == ERR_NONE)
		err = web_server_new_control(&place, v->control, &v->servers);
	if (err == ERR_NONE)
		err = loop_watch(place.loop, web_server_descriptor(v->servers), LOOP_READABLE,
		                 LOOP_CALL(servers_readable, v), &v->servers_watch);
	if (err != ERR_NONE)
		child_fail("control", err);
}

static void open_server(struct window *v)
{
	const struct web_port port = { ask_parent, read_now, v };
	struct web_settings settings = { .version = RINGFENCE_VERSION };
	struct web_rights rights = rights_of(v);
	int listening = child_descriptor(v->child, THING_API_SOCKET, 0);
	enum err err;

	map_pages(v, &settings);
	err = web_new(&settings, &port, &v->web);
	if (err == ERR_NONE)
		err = web_server_new(v->web, &rights, listening, &v->server);
	if (err == ERR_NONE)
		err = loop_watch(child_loop(v->child), web_server_descriptor(v->server),
		                 LOOP_READABLE, LOOP_CALL(readable, v), &v->watch);
	if (err != ERR_NONE)
		child_fail("API", err);
	open_control(v);
}

int main(void)
{
	static struct window v;
	struct child_hooks hooks = { .context = &v,
		                     .asked = asked,
		                     .answered = answered,
		                     .settings = settings,
		                     .wait_us = wait_us,
		                     .advance = advance,
		                     .end = end };

	v.child = child_begin(ROLE_WEB);
	v.now = clock_now();
	open_server(&v);
	child_enter(v.child);
	return child_run(v.child, &hooks);
}
