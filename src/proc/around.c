/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's surroundings. */
#include "proc/around.h"

#include "base/cursor.h"
#include "os/socket.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utmpx.h>

enum { MAX_LINE = 256, MAX_LINES = 4096, DNS_PORT = 53 };

static void add(struct child_facts *f, const struct addr *a)
{
	struct addr_net net = { .base = *a, .prefix = 128 };

	net.base.port = 0;
	net.base.unused = 0;
	if (a->family == 0 || addr_kind(a) == ADDR_UNSPECIFIED || f->around_count >= MAX_AROUND)
		return;
	for (uint8_t i = 0; i < f->around_count; i++)
		if (addr_same_host(&f->around[i].base, a))
			return;
	f->around[f->around_count++] = net;
}

static struct view word(struct view *line)
{
	struct view w;
	size_t len = 0;

	*line = view_trim(*line);
	while (len < line->len && line->at[len] != ' ' && line->at[len] != '\t')
		len++;
	w = view_first(*line, len);
	*line = view_after(*line, len);
	return w;
}

static struct view word_at(struct view line, unsigned which)
{
	struct view w = word(&line);

	while (which-- > 0)
		w = word(&line);
	return w;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex(struct view text, uint8_t *ret, size_t size)
{
	if (text.len != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit(text.at[2 * i]), low = digit(text.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Interface, target, gateway ...: numbers of the machine's own byte order. */
bool around_route(struct view line, struct addr *ret)
{
	struct addr a = { .family = 4, .bytes = { [10] = 0xff, [11] = 0xff } };
	uint8_t bytes[4];

	if (!read_hex(word_at(line, 2), bytes, sizeof(bytes)))
		return false;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (size_t i = 0; i < sizeof(bytes); i++)
		a.bytes[12 + i] = bytes[3 - i];
#else
	memcpy(&a.bytes[12], bytes, sizeof(bytes));
#endif
	if (addr_kind(&a) == ADDR_UNSPECIFIED)
		return false;
	*ret = a;
	return true;
}

/* Target, its prefix, source, its prefix, next hop. */
bool around_route6(struct view line, struct addr *ret)
{
	struct addr a = { .family = 6 };

	if (!read_hex(word_at(line, 4), a.bytes, sizeof(a.bytes)) ||
	    addr_kind(&a) == ADDR_UNSPECIFIED)
		return false;
	*ret = a;
	return true;
}

bool around_resolver(struct view line, struct addr *ret)
{
	return view_equal(word(&line), VIEW("nameserver")) &&
	       addr_parse(word(&line), ret) == ERR_NONE;
}

bool around_client(struct view text, struct addr *ret)
{
	return addr_parse(word(&text), ret) == ERR_NONE;
}

static void read_lines(struct child_facts *f, const char *path,
                       bool (*read)(struct view line, struct addr *ret))
{
	FILE *file = fopen(path, "re");
	char line[MAX_LINE];
	struct addr a;

	for (int i = 0; file && i < MAX_LINES && fgets(line, sizeof(line), file); i++)
		if (read(view_trim(view_of(line)), &a))
			add(f, &a);
	if (file)
		(void)fclose(file);
}

static void add_own(struct child_facts *f)
{
	struct ifaddrs *all = NULL;
	struct sockaddr_storage name;
	struct addr a;

	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		socklen_t len = sizeof(struct sockaddr_in6);

		if (!i->ifa_addr ||
		    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		memset(&name, 0, sizeof(name));
		memcpy(&name, i->ifa_addr,
		       i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : len);
		if (socket_addr_of(&name, len, &a))
			add(f, &a);
	}
	freeifaddrs(all);
}

/* Who is logged in from elsewhere; an IPv4 address has three words of zero. */
static void add_logged_in(struct child_facts *f)
{
	const struct utmpx *who;
	const char *client = getenv("SSH_CONNECTION");
	struct addr a;

	if (client && around_client(view_of(client), &a))
		add(f, &a);
	setutxent();
	for (int i = 0; i < MAX_LINES && (who = getutxent()) != NULL; i++) {
		a = (struct addr){ .family = 6 };
		memcpy(a.bytes, who->ut_addr_v6, sizeof(a.bytes));
		if (who->ut_addr_v6[1] == 0 && who->ut_addr_v6[2] == 0 && who->ut_addr_v6[3] == 0) {
			a = (struct addr){ .family = 4, .bytes = { [10] = 0xff, [11] = 0xff } };
			memcpy(&a.bytes[12], who->ut_addr_v6, 4);
		}
		if (who->ut_type == USER_PROCESS)
			add(f, &a);
	}
	endutxent();
}

void around_find(struct child_facts *ret)
{
	ret->around_count = 0;
	/* Whom it would hurt most comes first. */
	add_logged_in(ret);
	read_lines(ret, "/proc/net/route", around_route);
	read_lines(ret, "/proc/net/ipv6_route", around_route6);
	read_lines(ret, "/etc/resolv.conf", around_resolver);
	add_own(ret);
}

void around_servers(struct child_facts *ret)
{
	FILE *file = fopen("/etc/resolv.conf", "re");
	char line[MAX_LINE];
	struct addr a;

	ret->server_count = 0;
	for (int i = 0; file && i < MAX_LINES && fgets(line, sizeof(line), file); i++) {
		if (ret->server_count == MAX_SERVERS ||
		    !around_resolver(view_trim(view_of(line)), &a))
			continue;
		a.port = DNS_PORT;
		ret->servers[ret->server_count++] = a;
	}
	if (file)
		(void)fclose(file);
}
