/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of what a walk remembers from packet to packet: the fragments. */
#include "capture/walk_priv.h"

#include <stdlib.h>

enum err capture_walk_new(const struct capture_walk_ports *ports, const struct hash_key *key,
                          struct capture_skipped *skipped, struct capture_walk **ret)
{
	struct capture_walk *w = calloc(1, sizeof(*w));
	enum err err;

	if (!w)
		return ERR_NO_MEMORY;
	err = capture_fragments_new(key, skipped, &w->fragments);
	if (err != ERR_NONE) {
		free(w);
		return err;
	}
	w->ports = *ports;
	w->skipped = skipped;
	*ret = w;
	return ERR_NONE;
}

void capture_walk_free(struct capture_walk **w)
{
	if (!*w)
		return;
	capture_fragments_free(&(*w)->fragments);
	free(*w);
	*w = NULL;
}

void capture_walk_take(struct capture_walk *w, const struct capture_packet *p)
{
	struct layer l = { p->bytes.at, p->bytes.len, 0, 0 };

	if (p->original_len > p->bytes.len)
		l.missing = p->original_len - p->bytes.len;
	w->wall_us = p->wall_us;
	capture_fragments_expire(w->fragments, p->wall_us);
	capture_link_frame(w, p->link, l);
}

void capture_walk_end(struct capture_walk *w) { capture_fragments_end(w->fragments); }
