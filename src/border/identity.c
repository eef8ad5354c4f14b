/* SPDX-License-Identifier: Apache-2.0 */
/* Identities mapped from side to side. */
#include "border/identity.h"

#include "border/home.h"
#include "sip/build.h"

enum { URI_MAX = 1024, DISPLAY_MAX = 256 };

/* What a party on that flow calls us. */
static void write_our_name(const struct border *b, struct buffer *out, const struct flow *flow)
{
	struct view domain = home_domain_on(b, flow);
	struct addr ours;

	if (!view_is_empty(domain)) {
		buffer_put(out, domain);
		return;
	}
	ours = party_our_address(b, flow);
	addr_write_host(out, &ours);
}

static bool is_of_peers(const struct border *b, const struct sip_host *host)
{
	for (unsigned i = 0; i < b->settings.peer_count; i++) {
		if (party_has_host(b, &b->settings.peers[i], host))
			return true;
	}
	return false;
}

/* Outside, a numeric host that the inside wrote is its own affair: it must never show. */
static bool is_inner(const struct border *b, const struct sip_host *host)
{
	return host->addr.family != 0 || is_of_peers(b, host) || party_is_us(b, host);
}

/* A domain of phones, to somebody inside: to its own PBX in the PBX's words, to the PBX of
 * others as it stands, or that one would take it for its own. */
static bool write_home(const struct border *b, struct buffer *out, const struct sip_host *host,
                       const struct border_peer *reader)
{
	uint16_t home = home_of_host(b, host);

	if (home == HOME_NONE || party_is_outer(reader) || home_of_peer(b, reader) == HOME_NONE)
		return false;
	if (home_peer(b, home) == reader)
		home_write_domain(out, b, home);
	else
		sip_host_write(out, host);
	return true;
}

static void write_peer_host(const struct border *b, struct buffer *out, const struct sip_uri *uri,
                            const struct identity_reader *reader)
{
	bool is_outer = party_is_outer(reader->peer);

	if (write_home(b, out, &uri->host, reader->peer))
		return;

	if (is_outer && reader->is_from && !reader->peer->domain[0] && !reader->peer->host[0] &&
	    reader->flow) {
		struct addr ours = party_our_address(b, reader->flow);

		addr_write_host(out, &ours);
	} else if (party_is_us(b, &uri->host) ||
	           (reader->was && party_has_host(b, reader->was, &uri->host)) ||
	           (is_outer && (reader->is_from || is_inner(b, &uri->host)))) {
		party_write_domain(out, reader->peer);
	} else {
		sip_host_write(out, &uri->host);
	}
}

void identity_write_uri(const struct border *b, struct buffer *out, const struct sip_uri *uri,
                        const struct identity_reader *reader)
{
	if (uri->scheme == SIP_SCHEME_OTHER) {
		buffer_fail(out, ERR_UNSUPPORTED);
		return;
	}
	if (uri->scheme == SIP_SCHEME_TEL) {
		sip_uri_write(out, uri);
		return;
	}
	buffer_text(out, uri->scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
	if (!view_is_empty(uri->user)) {
		buffer_put(out, uri->user);
		buffer_char(out, '@');
	}
	if (reader->peer)
		write_peer_host(b, out, uri, reader);
	else if (is_inner(b, &uri->host))
		write_our_name(b, out, reader->flow);
	else
		sip_host_write(out, &uri->host);
}

void identity_write(const struct border *b, struct buffer *out, const struct identity *identity,
                    const struct identity_reader *reader)
{
	/* Of what buffers write into no more is read than was written. */
	char uri_text[URI_MAX] __attribute__((uninitialized));
	char display_text[DISPLAY_MAX] __attribute__((uninitialized));
	struct buffer uri = BUFFER_ON(uri_text), display = BUFFER_ON(display_text);
	struct identity_reader by = *reader;
	struct sip_name_addr address;
	enum err err = sip_name_addr_parse(identity->value, &address);

	by.is_from = identity->id == SIP_HEADER_FROM;

	if (err != ERR_NONE) {
		buffer_fail(out, err);
		return;
	}
	if (address.is_quoted)
		sip_quoted_decode(&display, address.display);
	else
		buffer_put(&display, address.display);
	identity_write_uri(b, &uri, &address.uri, &by);
	if (uri.err != ERR_NONE || display.err != ERR_NONE)
		buffer_fail(out, ERR_LIMIT);
	sip_build_name_addr(out, identity->id, buffer_view(&display), buffer_view(&uri),
	                    identity->tag);
}
