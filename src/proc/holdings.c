/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets, shared memory and keys: taken once, before the first child. Children
 * come and go; what they share stays with the parent. */
#include "proc/parent_priv.h"

#include "border/border.h"
#include "border/options.h"
#include "keys/request.h"
#include "media/flow_secure.h"
#include "media/options.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "os/tap.h"
#include "proc/around.h"
#include "proc/border_settings.h"
#include "proc/passing.h"
#include "proc/signal_common.h"
#include "store/options.h"
#include "transport/options.h"
#include "transport/udp.h"
#include "web/control_options.h"
#include "web/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Slots: facts and orders for about a second of a flood; records so that the store may
 * stand still for some seconds under load (16 MiB each). */
static const struct ring_shape shapes[] = {
	[RING_NAME_FACTS] = { 256, 16384, 1 },
	[RING_NAME_ORDERS] = { 256, 8192, 1 },
	[RING_NAME_MEDIA_EVENTS] = { 256, 16384, 1 },
	[RING_NAME_RECORDS_SIGNAL] = { RECORD_SIGNAL_SLOT, 8192, 1 },
	[RING_NAME_RECORDS_JUDGE] = { RECORD_SLOT, 4096, 1 },
	/* No more is ever under way. */
	[RING_NAME_TO_SIGN] = { KEYS_REQUEST_SLOT, 2 * MAX_KEYS_UNDER_WAY, 1 },
	[RING_NAME_SIGNED] = { KEYS_ANSWER_SLOT, 2 * MAX_KEYS_UNDER_WAY, 1 },
	/* Web waits for each answer. */
	[RING_NAME_CONTROL_TO_SIGN] = { KEYS_REQUEST_SLOT, 16, 1 },
	[RING_NAME_CONTROL_SIGNED] = { KEYS_ANSWER_SLOT, 16, 1 },
};

/* Messages of about a second while the one that takes them is started again. */
static const struct ring_shape passed_shape = { PASSED_SLOT, 2048, 1 };

static struct ring_shape shape_of(enum ring_name name)
{
	enum ring_name like = ring_use(name).like;

	return like == RING_NAME_PASSED ? passed_shape : shapes[like];
}

bool holdings_have_ring(const struct holdings *h, enum ring_name name)
{
	struct ring_use use = ring_use(name);

	if (use.like == RING_NAME_PASSED)
		return use.writer != use.reader && holdings_have(h, use.writer) &&
		       holdings_have(h, use.reader);
	return (role_worker(use.writer) == 0 || holdings_have(h, use.writer)) &&
	       (role_worker(use.reader) == 0 || holdings_have(h, use.reader));
}

enum { SIP_RECEIVE_BYTES = 8 << 20, SIP_SEND_BYTES = 2 << 20 };

/* Where many calls may stand many end in a second. */
enum { MANY_CALLS = 8192, MANY_RECORDS = 32768 };

static enum err make_rings(struct holdings *h, const struct conf_tree *settings, struct now now)
{
	const struct media_options *media = conf_get(settings, &media_block, NULL);

	for (int i = 0; i < RING_NAME_COUNT; i++) {
		struct ring_shape shape = shape_of((enum ring_name)i);
		struct ring_parts looking;
		enum err err;

		if (!holdings_have_ring(h, (enum ring_name)i))
			continue;
		if (ring_use((enum ring_name)i).like == RING_NAME_RECORDS_SIGNAL &&
		    media->max_calls > MANY_CALLS)
			shape.slot_count = MANY_RECORDS;
		/* Never the numbers of an earlier parent: microseconds pass faster than slots. */
		shape.first_sequence = (uint64_t)now.wall_us;
		err = ring_create(ring_name_text((enum ring_name)i), &shape, &h->rings[i]);
		if (err != ERR_NONE)
			return err;
		looking = (struct ring_parts){ h->rings[i].reader.body, h->rings[i].writer.tail,
			                       h->rings[i].reader.wake };
		err = ring_open_watcher(&h->watchers[i], &looking);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

enum err holdings_ring(struct holdings *h, enum ring_name name)
{
	struct ring_shape shape = shape_of(name);

	shape.first_sequence = (uint64_t)clock_now().wall_us;
	return ring_create(ring_name_text(name), &shape, &h->rings[name]);
}

static enum err make_pair(const char *name, size_t size, int *ret_fd, int *ret_readonly)
{
	enum err err = shared_create(name, size, ret_fd);

	return err == ERR_NONE ? shared_reopen_readonly(*ret_fd, ret_readonly) : err;
}

static enum err make_table(struct holdings *h, const char *name, int *ret_fd, int *ret_readonly)
{
	struct shared_map map;
	enum err err = make_pair(name, verdict_table_size(), ret_fd, ret_readonly);

	if (err == ERR_NONE)
		err = shared_map(*ret_fd, SHARED_WRITE, verdict_table_size(), &map);
	if (err != ERR_NONE)
		return err;
	verdict_table_init(map.at, &h->facts.keys[3]);
	shared_unmap(&map);
	return ERR_NONE;
}

/* The socket is ours, so that the kernel's table outlives its role and nobody else. */
static enum err make_netfilter(struct holdings *h)
{
	enum err err;

	h->known = h->known_readonly = h->netfilter = -1;
	if (!holdings_have(h, ROLE_KERNEL))
		return ERR_NONE;
	around_find(&h->facts);
	/* A kernel without a packet filter may have IPsec. */
	err = h->facts.has_no_filter ? ERR_NONE : socket_netfilter_open(&h->netfilter);
	return err == ERR_NONE ? make_table(h, "known", &h->known, &h->known_readonly) : err;
}

bool holdings_want_ipsec(const struct conf_tree *settings)
{
	size_t count;
	const struct border_peer *peers = conf_get(settings, &border_peer_block, &count);

	for (size_t i = 0; i < count; i++)
		if (peers[i].needs_ipsec)
			return true;
	return false;
}

enum err holdings_ipsec(struct holdings *h, const struct conf_tree *settings)
{
	enum err err;

	h->ipsec = h->ipsec_events = -1;
	if (!holdings_have(h, ROLE_KERNEL) || h->interface || !holdings_want_ipsec(settings))
		return ERR_NONE;
	err = socket_ipsec_open(false, &h->ipsec);
	if (err == ERR_NONE)
		err = socket_ipsec_open(true, &h->ipsec_events);
	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "ipsec", "the kernel's IPsec cannot be asked: %s",
		          err_text(err));
	return err;
}

static enum err make_counters(struct holdings *h)
{
	enum err err = ERR_NONE;

	for (int role = ROLE_PARENT; role < ROLE_COUNT && err == ERR_NONE; role++)
		err = make_pair("counters", sizeof(struct counters), &h->counters[role],
		                &h->counters_readonly[role]);
	return err;
}

enum err holdings_pulses(struct holdings *h)
{
	for (int role = ROLE_PARENT; role < ROLE_COUNT; role++) {
		enum err err = shared_create("pulse", sizeof(struct child_pulse), &h->pulses[role]);

		if (err == ERR_NONE)
			err = shared_map(h->pulses[role], SHARED_READ, sizeof(struct child_pulse),
			                 &h->pulse_maps[role]);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

enum err holdings_checkpoint_size(const struct holdings *h, const struct conf_tree *settings,
                                  size_t *ret)
{
	struct border_settings *border = malloc(sizeof(*border));
	struct conf_blob blob;
	void *memory;
	enum err err =
		border ? settings_blob(settings, ROLE_SIGNAL, &memory, &blob) : ERR_NO_MEMORY;

	if (err == ERR_NONE) {
		err = border_settings_of(&blob, &h->facts, border);
		free(memory);
	}
	if (err == ERR_NONE)
		*ret = border_checkpoint_size(border);
	free(border);
	return err;
}

/* What each worker of signal has for itself. */
static enum err make_signal(struct holdings *h, const struct conf_tree *settings)
{
	size_t size;
	enum err err = holdings_checkpoint_size(h, settings, &size);

	for (unsigned i = 0; i < h->facts.owners && err == ERR_NONE; i++) {
		err = shared_create("checkpoint", size, &h->checkpoint[i]);
		if (err == ERR_NONE)
			err = shared_create("inbox", udp_inbox_size(), &h->inbox[i]);
		if (err == ERR_NONE)
			err = shared_create("outbox", udp_outbox_size(), &h->outbox[i]);
	}
	if (err == ERR_NONE && h->facts.owners > 1)
		err = shared_create("common", sizeof(struct signal_common), &h->common);
	return err;
}

static enum err make_memory(struct holdings *h, const struct conf_tree *settings, struct now now)
{
	enum err err = make_rings(h, settings, now);

	if (err == ERR_NONE)
		err = make_table(h, "verdicts", &h->verdicts, &h->verdicts_readonly);
	if (err == ERR_NONE)
		err = make_netfilter(h);
	if (err == ERR_NONE)
		err = holdings_ipsec(h, settings);
	if (err == ERR_NONE)
		err = make_counters(h);
	if (err == ERR_NONE)
		err = holdings_pulses(h);
	if (err == ERR_NONE && !h->interface)
		err = make_signal(h, settings);
	if (err == ERR_NONE && !h->interface)
		err = shared_create("marks", MAX_PORT_PAIRS * sizeof(struct flow_marks), &h->marks);
	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "shared memory", "cannot be had: %s", err_text(err));
	return err;
}

static const char *remedy_for(enum err err)
{
	switch (err) {
	case ERR_EXISTS:
		return "another program listens there";
	case ERR_DENIED:
		return "the right to bind it is missing: start as root or name a port from 1024 on";
	case ERR_NOT_FOUND:
		return "no interface of this machine has that address";
	default:
		return err_text(err);
	}
}

/* Where and how a socket hears. */
struct heard {
	uint8_t side;
	uint8_t transport; /* enum transport_kind */
};

static enum err open_listener(struct holdings *h, struct addr local, struct heard heard)
{
	const struct socket_options options = { .receive_bytes = SIP_RECEIVE_BYTES,
		                                .send_bytes = SIP_SEND_BYTES,
		                                /* Bound to one address, it is the one. */
		                                .wants_local =
		                                        addr_kind(&local) == ADDR_UNSPECIFIED,
		                                .wants_errors = true };
	char text[ADDR_TEXT_MAX];
	uint16_t row = h->facts.listener_count;
	enum err err = row >= MAX_LISTENERS ? ERR_LIMIT
	             : heard.transport == TRANSPORT_UDP
	                     ? socket_udp_open(&local, &options, &h->sip[row])
	                     : socket_tcp_listen(&local, &h->sip[row]);

	if (err != ERR_NONE) {
		log_write(LEVEL_ERROR, "listen", "cannot listen at %s %s: %s",
		          flow_transport_word(heard.transport), addr_text(&local, text),
		          remedy_for(err));
		return err;
	}
	h->facts.listeners[row] = local;
	h->facts.listener_sides[row] = heard.side;
	h->facts.listener_transports[row] = heard.transport;
	h->facts.listener_count++;
	return ERR_NONE;
}

/* A port alone stands for the interface's address of each family it has. */
static enum err open_interface(struct holdings *h, const struct transport_side *side, uint16_t port,
                               struct heard heard)
{
	struct addr at;
	bool is_found = false;

	for (int family = 4; family <= 6; family += 2) {
		enum err err = socket_interface_address(side->interface, family, &at);

		if (err != ERR_NONE || addr_kind(&at) == ADDR_LINK_LOCAL)
			continue;
		is_found = true;
		at.port = port;
		err = open_listener(h, at, heard);
		if (err != ERR_NONE)
			return err;
	}
	if (is_found)
		return ERR_NONE;
	log_write(LEVEL_ERROR, "listen", "interface %s has no address", side->interface);
	return ERR_NOT_FOUND;
}

static enum err open_all(struct holdings *h, const struct transport_side *side, struct heard heard)
{
	struct transport_ends ends = transport_side_ends(side, heard.transport);
	enum err err = ERR_NONE;

	for (size_t i = 0; i < ends.count && err == ERR_NONE; i++)
		err = ends.at[i].family != 0 ? open_listener(h, ends.at[i], heard)
		                             : open_interface(h, side, ends.at[i].port, heard);
	return err;
}

static enum err open_listeners(struct holdings *h, const struct conf_tree *settings)
{
	size_t count;
	const struct transport_side *sides = conf_get(settings, &transport_side_block, &count);
	enum err err = ERR_NONE;

	for (uint8_t s = 0; s < count; s++)
		for (uint8_t t = 0; t < TRANSPORT_COUNT && err == ERR_NONE; t++)
			err = open_all(h, &sides[s], (struct heard){ s, t });
	if (err == ERR_NONE && h->facts.listener_count == 0) {
		log_write(
			LEVEL_ERROR, "listen",
			"no listen block: there is nothing to hear; write listen SIDE { udp ADDRESS:5060 }");
		return ERR_NOT_FOUND;
	}
	return err;
}

/* Folders that are ours to make: one level, as under /run and /var/lib. */
static void make_folder_of(const char *path, const struct child_facts *f, char *ret, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash && slash != path ? (size_t)(slash - path) : 0;

	if (len == 0 || !view_copy(view_bytes(path, len), ret, size)) {
		(void)view_copy(VIEW("."), ret, size);
		return;
	}
	if (mkdir(ret, 0750) == 0 && f->uid != UINT32_MAX && lchown(ret, f->uid, f->gid) != 0)
		log_write(LEVEL_WARNING, "folder",
		          "%s cannot be given to the user of the processes", ret);
}

enum err holdings_api(struct holdings *h, const struct conf_tree *settings)
{
	const struct web_options *web = conf_get(settings, &web_block, NULL);
	const struct store_settings *store = conf_get(settings, &store_block, NULL);
	char folder[sizeof(h->facts.directory)];
	enum err err;

	make_folder_of(store->sqlite, &h->facts, h->facts.directory, sizeof(h->facts.directory));
	make_folder_of(web->socket, &h->facts, folder, sizeof(folder));
	/* Peer credentials say who connects; the file's mode lets them come so far. */
	err = socket_unix_listen(web->socket, 0666, (gid_t)-1, &h->api);
	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "API socket", "cannot listen at %s: %s", web->socket,
		          err == ERR_EXISTS ? "another one answers there" : err_text(err));
	return err;
}

enum err holdings_control(struct holdings *h, const struct conf_tree *settings)
{
	const struct web_control_options *o = conf_get(settings, &web_control_block, NULL);
	char text[ADDR_TEXT_MAX];
	enum err err;

	if (o->listen.family == 0 || h->interface)
		return ERR_NONE;
	err = socket_tcp_listen(&o->listen, &h->control);
	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "control", "cannot listen at %s: %s",
		          addr_text(&o->listen, text), remedy_for(err));
	return err;
}

static enum err open_tap(struct holdings *h)
{
	enum err err = tap_open(h->interface, &h->tap);

	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "watch", "cannot watch %s: %s", h->interface,
		          err == ERR_NOT_FOUND ? "there is no such interface; see `ip link`"
		          : err == ERR_CLOSED  ? "it is down; `ip link set ... up` first"
		          : err == ERR_DENIED  ? "the right CAP_NET_RAW is missing: start as root"
		                               : err_text(err));
	return err;
}

/* What watching needs: no listener, no port, no state of calls. */
static enum err take_for_watching(struct holdings *h, const struct conf_tree *settings,
                                  struct now now)
{
	enum err err = open_tap(h);

	h->marks = h->port_table = -1;
	if (err == ERR_NONE)
		err = holdings_api(h, settings);
	if (err == ERR_NONE)
		err = make_memory(h, settings, now);
	return err;
}

enum err holdings_take(struct holdings *h, const struct conf_tree *settings)
{
	const struct media_options *media = conf_get(settings, &media_block, NULL);
	const struct border_numbers *numbers = conf_get(settings, &border_numbers_block, NULL);
	struct now now = clock_now();
	enum err err;

	h->facts.generation = (uint32_t)(now.wall_us / SECOND_US);
	h->facts.owners = 1;
	while (h->facts.owners < MAX_SIGNAL_WORKERS &&
	       holdings_have(h, role_signal(h->facts.owners)))
		h->facts.owners++;
	random_fill(h->facts.keys, sizeof(h->facts.keys));
	h->tap = -1;
	if (h->interface)
		return take_for_watching(h, settings, now);
	err = open_listeners(h, settings);
	if (err == ERR_NONE)
		err = holdings_api(h, settings);
	if (err == ERR_NONE)
		err = holdings_control(h, settings);
	if (err == ERR_NONE)
		err = ports_draw(h, media, numbers->emergency_count ? EMERGENCY_RESERVE : 0);
	if (err == ERR_NONE)
		err = make_memory(h, settings, now);
	return err;
}

/* A stale one is replaced at the next start; gone, nobody waits at it for an answer. */
void holdings_leave(const struct conf_tree *settings)
{
	const struct web_options *web = conf_get(settings, &web_block, NULL);

	(void)unlink(web->socket);
}
