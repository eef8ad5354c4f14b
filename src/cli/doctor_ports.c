/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners, advertised addresses, media ports, and the limits that they take. */
#include "cli/doctor.h"
#include "cli/kernel_text.h"
#include "event/flow.h"
#include "os/socket.h"
#include "os/socket_stream.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SOCKET_TABLE_MAX = 1 << 20, DESCRIPTOR_MARGIN = 256, LEAST_FREE_BYTES = 256 << 20 };

static uint32_t number_at(const json_t *object, const char *name)
{
	long long number = doctor_number(object, name);

	return number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* ---- what is advertised ---- */

static bool is_inside_only(enum addr_kind kind)
{
	return kind == ADDR_PRIVATE || kind == ADDR_LINK_LOCAL;
}

static void judge_listener(struct doctor *d, const json_t *side, const json_t *listener)
{
	const char *written = doctor_text(side, "advertise"),
		   *local = doctor_text(listener, "address");
	struct addr advertised, bound;

	if (written[0] && addr_parse(view_of(written), &advertised) == ERR_NONE) {
		if (is_inside_only(addr_kind(&advertised)))
			doctor_find(d, DOCTOR_ADVERTISE_PRIVATE_FINDING, doctor_text(side, "side"),
			            "side %s advertises the private address %s",
			            doctor_text(side, "side"), written);
		else
			doctor_pass(d, DOCTOR_ADVERTISE_PRIVATE_FINDING, doctor_text(side, "side"),
			            "side %s advertises %s", doctor_text(side, "side"), written);
	} else if (addr_parse(view_of(local), &bound) == ERR_NONE &&
	           is_inside_only(addr_kind(&bound))) {
		doctor_find(d, DOCTOR_ADVERTISE_ABSENT_FINDING, doctor_text(side, "side"),
		            "side %s listens at the private address %s and advertises no other",
		            doctor_text(side, "side"), local);
	}
}

/* A port alone may be at any address of its interface. */
static void judge_websocket(struct doctor *d, const json_t *side, const json_t *listener)
{
	const char *at = doctor_text(listener, "address"), *name = doctor_text(side, "side");
	struct addr bound;

	if (addr_parse(view_of(at), &bound) == ERR_NONE && addr_kind(&bound) == ADDR_LOOPBACK)
		doctor_pass(d, DOCTOR_WEBSOCKET_CLEAR_FINDING, name,
		            "side %s hears WebSocket in clear at %s alone", name, at);
	else
		doctor_find(d, DOCTOR_WEBSOCKET_CLEAR_FINDING, name,
		            "side %s hears WebSocket in clear at %s port %lld", name,
		            at[0] ? at : "its interface", doctor_number(listener, "port"));
}

void doctor_judge_addresses(struct doctor *d, const json_t *facts)
{
	const json_t *sides = json_object_get(facts, "sides");
	size_t i;
	json_t *side;

	if (json_array_size(sides) == 0)
		doctor_find(d, DOCTOR_LISTEN_NONE_FINDING, "", "no listen block is written");
	json_array_foreach(sides, i, side)
	{
		const json_t *udp = json_object_get(side, "udp");
		json_t *websocket;
		size_t k;

		if (json_is_true(json_object_get(side, "has_old_tls")))
			doctor_find(d, DOCTOR_TLS_OLD_FINDING, doctor_text(side, "side"),
			            "listens with TLS older than 1.2");
		/* Where the PBX stands, private addresses are what there should be. */
		if (!json_is_true(json_object_get(side, "has_pbx")) && json_array_size(udp) > 0)
			judge_listener(d, side, json_array_get(udp, 0));
		json_array_foreach(json_object_get(side, "ws"), k, websocket)
			judge_websocket(d, side, websocket);
	}
}

/* ---- media ports ---- */

/* Each side has its own pairs at the first address of each family. */
static uint32_t media_addresses(const json_t *facts)
{
	const json_t *sides = json_object_get(facts, "sides");
	uint32_t count = 0;
	size_t i, k;
	json_t *side, *listener;

	json_array_foreach(sides, i, side)
	{
		bool has_ipv4 = false, has_ipv6 = false;

		json_array_foreach(json_object_get(side, "udp"), k, listener)
		{
			bool is_ipv6 = strchr(doctor_text(listener, "address"), ':') != NULL;

			has_ipv6 = has_ipv6 || is_ipv6;
			has_ipv4 = has_ipv4 || !is_ipv6;
		}
		count += (uint32_t)has_ipv4 + (uint32_t)has_ipv6;
	}
	return count;
}

void doctor_judge_media(struct doctor *d, const json_t *facts, struct view local,
                        struct view reserved)
{
	const json_t *media = json_object_get(facts, "media");
	uint32_t first = number_at(media, "first"), last = number_at(media, "last"),
		 calls = number_at(media, "calls"), even = first + (first & 1),
		 pairs = last > even ? (last - even + 1) / 2 : 0, range[2], from, to;

	if (pairs < calls)
		doctor_find(
			d, DOCTOR_MEDIA_PORTS_FINDING, "",
			"ports %u-%u are %u pairs, and each side needs one for each of %u calls",
			first, last, pairs, calls);
	else
		doctor_pass(d, DOCTOR_MEDIA_PORTS_FINDING, "",
		            "ports %u-%u are %u pairs for %u calls", first, last, pairs, calls);
	if (!kernel_text_range(local, range))
		return;
	from = first > range[0] ? first : range[0];
	to = last < range[1] ? last : range[1];
	if (from <= to && !kernel_text_covers(reserved, from, to))
		doctor_find(d, DOCTOR_MEDIA_RANGE_FINDING, "",
		            "ports %u-%u lie in the system's own range %u-%u", from, to, range[0],
		            range[1]);
	else
		doctor_pass(d, DOCTOR_MEDIA_RANGE_FINDING, "",
		            "ports %u-%u are not handed out by the system", first, last);
}

/* ---- who holds a port ---- */

static bool holds(const char *process, uint64_t inode)
{
	char folder[PATH_MAX], path[PATH_MAX], want[64], is[64];
	struct dirent *entry;
	bool is_found = false;
	DIR *files;

	(void)snprintf(folder, sizeof(folder), "/proc/%.16s/fd", process);
	(void)snprintf(want, sizeof(want), "socket:[%llu]", (unsigned long long)inode);
	files = opendir(folder);
	while (files && !is_found && (entry = readdir(files))) {
		ssize_t len;

		(void)snprintf(path, sizeof(path), "%.32s/%.16s", folder, entry->d_name);
		len = readlink(path, is, sizeof(is) - 1);
		is[len > 0 ? len : 0] = 0;
		is_found = strcmp(is, want) == 0;
	}
	if (files)
		(void)closedir(files);
	return is_found;
}

/* Its number, or "" where it cannot be seen. */
static void find_holder(uint64_t inode, char ret[32])
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	ret[0] = 0;
	while (processes && !ret[0] && (entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]) && holds(entry->d_name, inode))
			(void)snprintf(ret, 32, "%.16s", entry->d_name);
	if (processes)
		(void)closedir(processes);
}

static bool is_held_by_us(uint64_t inode, const json_t *status)
{
	size_t i;
	json_t *process;

	json_array_foreach(json_object_get(status, "processes"), i, process)
	{
		char number[32];

		(void)snprintf(number, sizeof(number), "%u", number_at(process, "pid"));
		if (holds(number, inode))
			return true;
	}
	return false;
}

/* Where a side listens, and by which word of its block. */
struct listener {
	struct addr at;
	enum transport_kind transport;
};

static const char *table_of(const struct listener *l)
{
	static const char *const tables[2][2] = { { "/proc/net/tcp", "/proc/net/tcp6" },
		                                  { "/proc/net/udp", "/proc/net/udp6" } };

	return tables[l->transport == TRANSPORT_UDP][l->at.family == 6];
}

static bool find_inode(const struct listener *l, uint64_t *ret)
{
	char *text = malloc(SOCKET_TABLE_MAX);
	bool is_found =
		text && kernel_text_socket(kernel_text_read(table_of(l), text, SOCKET_TABLE_MAX),
	                                   &l->at, ret);

	free(text);
	return is_found;
}

enum { WHERE_SIZE = ADDR_TEXT_MAX + 8 };

/* "udp 127.0.0.1:5060" */
static const char *where_of(const struct listener *l, char ret[WHERE_SIZE])
{
	char at[ADDR_TEXT_MAX];

	(void)snprintf(ret, WHERE_SIZE, "%s %s", flow_transport_word(l->transport),
	               addr_text(&l->at, at));
	return ret;
}

static void say_taken(struct doctor *d, const struct listener *l,
                      const struct doctor_service *service)
{
	char where[WHERE_SIZE], number[32] = "", path[64], name[64];
	uint64_t inode;
	bool is_known = find_inode(l, &inode);
	struct view comm;

	(void)where_of(l, where);
	if (is_known && is_held_by_us(inode, service->status)) {
		doctor_pass(d, DOCTOR_LISTEN_PORT_FINDING, where,
		            "%s is held by the Ringfence that runs", where);
		return;
	}
	if (is_known)
		find_holder(inode, number);
	if (!number[0] && service->is_running && geteuid() != 0) {
		doctor_pass(d, DOCTOR_LISTEN_PORT_FINDING, where,
		            "%s is held, as it should be while Ringfence runs; whose it is only "
		            "root can see",
		            where);
		return;
	}
	if (!number[0]) {
		doctor_find(d, DOCTOR_LISTEN_PORT_FINDING, where, "%s is held by another program%s",
		            where, geteuid() == 0 ? "" : " (which one, only root can see)");
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/%s/comm", number);
	comm = view_trim(kernel_text_read(path, name, sizeof(name)));
	doctor_find(d, DOCTOR_LISTEN_PORT_FINDING, where, "%s is held by %.*s (process %s)", where,
	            VIEW_ARG(comm), number);
}

static void say_denied(struct doctor *d, const struct listener *l)
{
	char where[WHERE_SIZE];

	(void)where_of(l, where);
	if (geteuid() == 0)
		doctor_find(d, DOCTOR_LISTEN_RIGHT_FINDING, where,
		            "root without its rights may not listen at %s", where);
	else
		doctor_find(d, DOCTOR_LISTEN_RIGHT_UNSEEN_FINDING, where,
		            "who asks may not listen at %s", where);
}

static enum err try_open(const struct listener *l, int *ret_fd)
{
	const struct socket_options options = { .receive_bytes = 0 };

	/* Bound and not listening: who connects meanwhile is refused, as before. */
	return l->transport == TRANSPORT_UDP ? socket_udp_open(&l->at, &options, ret_fd)
	                                     : socket_tcp_bind(&l->at, ret_fd);
}

static void try_listener(struct doctor *d, const struct listener *l,
                         const struct doctor_service *service)
{
	char where[WHERE_SIZE];
	uint64_t inode;
	int fd = -1;

	(void)where_of(l, where);
	switch (try_open(l, &fd)) {
	case ERR_NONE:
		doctor_pass(d, DOCTOR_LISTEN_PORT_FINDING, where, "%s is free", where);
		break;
	case ERR_EXISTS:
		say_taken(d, l, service);
		break;
	case ERR_NOT_FOUND:
		doctor_find(d, DOCTOR_LISTEN_ADDRESS_FINDING, where,
		            "no interface of this machine has the address of %s", where);
		break;
	case ERR_DENIED:
		/* The right is looked at first, so whoever lacks it learns no more. */
		if (service->is_running && find_inode(l, &inode))
			say_taken(d, l, service);
		else
			say_denied(d, l);
		break;
	default:
		doctor_find(d, DOCTOR_LISTEN_PORT_FINDING, where, "%s cannot be opened", where);
	}
	socket_close(&fd);
}

static void try_interface(struct doctor *d, const char *interface, const struct listener *written,
                          const struct doctor_service *service)
{
	struct listener l = *written;
	uint16_t port = l.at.port;
	bool is_found = false;

	for (int family = 4; family <= 6; family += 2) {
		if (socket_interface_address(interface, family, &l.at) != ERR_NONE ||
		    addr_kind(&l.at) == ADDR_LINK_LOCAL)
			continue;
		is_found = true;
		l.at.port = port;
		try_listener(d, &l, service);
	}
	if (!is_found)
		doctor_find(d, DOCTOR_LISTEN_ADDRESS_FINDING, interface,
		            "interface %s has no address or is not there", interface);
}

static void examine_transport(struct doctor *d, const json_t *side, enum transport_kind transport,
                              const struct doctor_service *service)
{
	json_t *listener;
	size_t i;

	json_array_foreach(json_object_get(side, flow_transport_word(transport)), i, listener)
	{
		struct listener l = { .transport = transport };
		bool has_address =
			addr_parse(view_of(doctor_text(listener, "address")), &l.at) == ERR_NONE;

		l.at.port = (uint16_t)number_at(listener, "port");
		if (has_address)
			try_listener(d, &l, service);
		else
			try_interface(d, doctor_text(side, "interface"), &l, service);
	}
}

/* Where servers command calls; not there without the block. */
static void examine_control(struct doctor *d, const json_t *control,
                            const struct doctor_service *service)
{
	struct listener l = { .transport = TRANSPORT_TCP };

	if (addr_parse(view_of(doctor_text(control, "address")), &l.at) != ERR_NONE)
		return;
	l.at.port = (uint16_t)number_at(control, "port");
	try_listener(d, &l, service);
}

void doctor_examine_ports(struct doctor *d, const json_t *facts,
                          const struct doctor_service *service)
{
	size_t i;
	json_t *side;

	examine_control(d, json_object_get(facts, "control"), service);

	json_array_foreach(json_object_get(facts, "sides"), i,
	                   side) for (unsigned transport = 0; transport < TRANSPORT_COUNT;
	                              transport++) examine_transport(d, side, transport, service);
}

/* ---- limits ---- */

static void examine_descriptors(struct doctor *d, const json_t *facts)
{
	uint64_t calls = number_at(json_object_get(facts, "media"), "calls"),
		 wanted = calls * media_addresses(facts) * 2 + DESCRIPTOR_MARGIN;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max < wanted)
		doctor_find(d, DOCTOR_DESCRIPTORS_FINDING, "",
		            "%llu calls take %llu open files; from here at most %llu are allowed",
		            (unsigned long long)calls, (unsigned long long)wanted,
		            (unsigned long long)limit.rlim_max);
	else
		doctor_pass(d, DOCTOR_DESCRIPTORS_FINDING, "",
		            "%llu open files for %llu calls are allowed",
		            (unsigned long long)wanted, (unsigned long long)calls);
}

/* The folder may be made by the service: then the one above must be there. */
static void examine_database(struct doctor *d, const char *database)
{
	char folder[PATH_MAX];
	struct statvfs room;

	(void)snprintf(folder, sizeof(folder), "%s", database[0] ? database : ".");
	for (int level = 0; level < 2; level++) {
		char *slash = strrchr(folder, '/');

		(void)snprintf(slash && slash != folder ? slash : folder, 2, "%s",
		               slash == folder ? "/"
		               : slash         ? ""
		                               : ".");
		if (access(folder, F_OK) == 0)
			break;
	}
	if (statvfs(folder, &room) != 0)
		doctor_find(d, DOCTOR_DATABASE_FINDING, database, "there is no folder for %s",
		            database);
	else if (room.f_bavail < LEAST_FREE_BYTES / (room.f_frsize ? room.f_frsize : 1))
		doctor_find(d, DOCTOR_DATABASE_FINDING, database,
		            "the disk of %s has less than %d MB of room", database,
		            LEAST_FREE_BYTES >> 20);
	else
		doctor_pass(d, DOCTOR_DATABASE_FINDING, database, "%s has room", folder);
}

void doctor_examine_limits(struct doctor *d, const json_t *facts,
                           const struct doctor_service *service)
{
	char local[64], *reserved = malloc(SOCKET_TABLE_MAX);

	if (reserved)
		doctor_judge_media(d, facts,
		                   kernel_text_read("/proc/sys/net/ipv4/ip_local_port_range", local,
		                                    sizeof(local)),
		                   kernel_text_read("/proc/sys/net/ipv4/ip_local_reserved_ports",
		                                    reserved, SOCKET_TABLE_MAX));
	free(reserved);
	if (service->status)
		doctor_pass(d, DOCTOR_DESCRIPTORS_FINDING, "",
		            "the Ringfence that runs has opened %u port pairs",
		            number_at(service->status, "port_pairs"));
	else if (!service->is_running)
		examine_descriptors(d, facts);
	examine_database(d, doctor_text(facts, "database"));
}
