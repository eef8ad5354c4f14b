/* SPDX-License-Identifier: Apache-2.0 */
/* What carries media, against what has to be there for it. */
#include "proc/check_priv.h"

#include "border/options.h"
#include "media/options.h"
#include "transport/options.h"

struct checking {
	const struct conf_tree *tree;
	struct conf_report *report;
	const struct border_peer *peers;
	const struct media_options *media;
	size_t peer_count;
};

static void object(const struct checking *c, size_t peer, const char *option,
                   struct conf_claim rival, const char *const words[2])
{
	struct conf_check own = { c->tree, &border_peer_block, peer, c->report };

	conf_object_to((struct conf_claim){ &own, option }, rival, words[0], words[1]);
}

static void check_streams(const struct checking *c, size_t peer, const char *option)
{
	static const char *const words[2] = {
		"no port is held for it", "write `streams 64` in media, two for each call at once"
	};
	struct conf_check media = { c->tree, &media_block, 0, c->report };

	if (c->media->max_streams == 0)
		object(c, peer, option,
		       (struct conf_claim){ &media,
		                            conf_is_written(&media, "streams") ? "streams" : NULL },
		       words);
}

/* RFC 8122 7: whoever can write the description can write another certificate into it. */
static void check_named(const struct checking *c, size_t peer, const char *option)
{
	static const char *const words[2] = {
		"its certificate is named in a description that anybody on the way could change",
		"write `address sips:...` and `signalling mutual-tls`"
	};
	struct conf_check own = { c->tree, &border_peer_block, peer, c->report };

	if (border_peer_transport(&c->peers[peer]) != TRANSPORT_TLS)
		object(c, peer, option, (struct conf_claim){ &own, "address" }, words);
}

void check_media(const struct conf_tree *t, struct conf_report *report)
{
	struct checking c = { .tree = t, .report = report };

	c.peers = conf_get(t, &border_peer_block, &c.peer_count);
	c.media = conf_get(t, &media_block, NULL);
	for (size_t i = 0; i < c.peer_count; i++) {
		if (c.peers[i].media_over != MEDIA_OVER_UDP)
			check_streams(&c, i, "media over");
		if (c.peers[i].channels != CHANNELS_NONE)
			check_streams(&c, i, "channels");
		if (c.peers[i].media_over == MEDIA_OVER_TLS)
			check_named(&c, i, "media over");
		if (c.peers[i].channels == CHANNELS_TLS)
			check_named(&c, i, "channels");
	}
}
