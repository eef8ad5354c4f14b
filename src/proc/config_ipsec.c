/* SPDX-License-Identifier: Apache-2.0 */
/* Host to host, in transport mode, and without ports: what kernel/ipsec.h takes for cover. */
#include "proc/config_ipsec.h"

#include "border/options.h"
#include "transport/options.h"

struct end {
	const char *name;
	struct view host;
};

static const struct addr *first_of(const struct addr *at, size_t count, uint8_t family)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].family != 0 && (family == 0 || at[i].family == family))
			return &at[i];
	return NULL;
}

/* Ours on the peer's side: media is at the addresses where signalling is heard. */
static const struct addr *our_host(const struct conf_tree *t, const struct border_peer *peer)
{
	size_t count;
	const struct transport_side *sides = conf_get(t, &transport_side_block, &count);
	const struct transport_side *side = peer->side < count ? &sides[peer->side] : NULL;
	const struct addr *found = NULL;

	if (!side)
		return NULL;
	found = first_of(side->udp, side->udp_count, peer->address.family);
	if (!found)
		found = first_of(side->tcp, side->tcp_count, peer->address.family);
	return found ? found : first_of(side->tls, side->tls_count, peer->address.family);
}

static void write_end(FILE *out, const struct border_peer *peer, const struct end *own,
                      const struct end *other)
{
	const char *packets = peer->media_over == MEDIA_OVER_UDP ? "dynamic[udp]" : "dynamic";

	(void)fprintf(out, "# /etc/swanctl/conf.d/%s.conf of %s\nconnections {\n    %s {\n",
	              peer->name, own->name, peer->name);
	(void)fprintf(out, "        version = 2\n        local_addrs = %.*s\n",
	              VIEW_ARG(own->host));
	(void)fprintf(out, "        remote_addrs = %.*s\n", VIEW_ARG(other->host));
	(void)fputs("        proposals = aes256gcm16-prfsha384-ecp384\n        local {\n"
	            "            auth = pubkey\n            certs = ringfence.pem\n",
	            out);
	(void)fprintf(out, "            id = %.*s\n        }\n        remote {\n",
	              VIEW_ARG(own->host));
	(void)fprintf(out, "            auth = pubkey\n            id = %.*s\n        }\n",
	              VIEW_ARG(other->host));
	(void)fputs("        children {\n            media {\n                mode = transport\n",
	            out);
	(void)fprintf(out, "                local_ts = %s\n                remote_ts = %s\n",
	              packets, packets);
	(void)fputs("                esp_proposals = aes256gcm16-ecp384\n"
	            "                start_action = trap|start\n"
	            "                dpd_action = restart\n            }\n        }\n    }\n}\n",
	            out);
}

static void write_net(FILE *out, const struct addr_net *net)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	addr_net_write(&b, net);
	(void)fprintf(out, "# Hosts of %.*s (media-from) need connections of their own.\n",
	              VIEW_ARG(buffer_view(&b)));
}

enum err config_ipsec_write(const struct conf_tree *t, struct view name, FILE *out)
{
	size_t count;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);
	char ours_text[ADDR_TEXT_MAX], theirs_text[ADDR_TEXT_MAX];
	struct buffer ours = BUFFER_ON(ours_text), theirs = BUFFER_ON(theirs_text);

	for (size_t i = 0; i < count; i++) {
		const struct border_peer *peer = &peers[i];
		const struct addr *host = our_host(t, peer);
		struct end here = { "this machine", { 0 } }, there = { "the peer", { 0 } };

		if (!view_equal(view_of(peer->name), name))
			continue;
		if (host)
			addr_write(&ours, host);
		else
			buffer_text(&ours, "%any");
		addr_write(&theirs, &peer->address);
		here.host = buffer_view(&ours);
		there.host = peer->host[0] ? view_of(peer->host) : buffer_view(&theirs);
		write_end(out, peer, &here, &there);
		(void)fputc('\n', out);
		write_end(out, peer, &there, &here);
		for (unsigned n = 0; n < peer->media_count; n++)
			write_net(out, &peer->media_from[n]);
		return ERR_NONE;
	}
	return ERR_NOT_FOUND;
}
