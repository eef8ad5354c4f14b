/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the plain and the careful readers of values against each other. */
#include "alike.h"

#include "sip/plain_priv.h"

/* The same bytes; of what is empty it is no matter where. */
static bool is_same(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || a.at == b.at);
}

static bool is_same_host(const struct sip_host *a, const struct sip_host *b)
{
	return is_same(a->text, b->text) && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

static bool is_same_uri(const struct sip_uri *a, const struct sip_uri *b)
{
	return is_same(a->text, b->text) && a->scheme == b->scheme && is_same(a->user, b->user) &&
	       (a->password.at == NULL) == (b->password.at == NULL) &&
	       is_same(a->password, b->password) && is_same_host(&a->host, &b->host) &&
	       a->port == b->port && is_same(a->params, b->params) &&
	       is_same(a->headers, b->headers) && is_same(a->rest, b->rest);
}

bool alike_uri(struct view text)
{
	struct sip_uri plain, careful;

	return !sip_uri_plain(text, &plain) ||
	       (sip_uri_careful(text, &careful) == ERR_NONE && is_same_uri(&plain, &careful));
}

bool alike_name_addr(struct view text)
{
	struct sip_name_addr a, b;

	if (!sip_name_addr_plain(text, &a))
		return true;
	return sip_name_addr_careful(text, &b) == ERR_NONE && is_same(a.display, b.display) &&
	       a.is_quoted == b.is_quoted && a.is_bracketed == b.is_bracketed &&
	       is_same_uri(&a.uri, &b.uri) && is_same(a.params, b.params) && is_same(a.tag, b.tag);
}

bool alike_via(struct view text)
{
	struct sip_via a, b;

	if (!sip_via_plain(text, &a))
		return true;
	return sip_via_careful(text, &b) == ERR_NONE && a.transport == b.transport &&
	       is_same(a.transport_text, b.transport_text) && is_same_host(&a.host, &b.host) &&
	       a.port == b.port && is_same(a.params, b.params) && is_same(a.branch, b.branch) &&
	       memcmp(&a.received, &b.received, sizeof(a.received)) == 0 &&
	       a.has_rport == b.has_rport && a.rport == b.rport &&
	       is_same_host(&a.maddr, &b.maddr) && a.ttl == b.ttl;
}
