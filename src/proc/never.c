/* SPDX-License-Identifier: Apache-2.0 */
/* Additions to the never-block list. */
#include "proc/never.h"

#include "border/options.h"

#include <stdio.h>

static bool add_address(const struct addr *address, const char *note,
                        struct guard_judge_settings *settings)
{
	struct addr_net net = { .base = *address, .prefix = 128 };

	net.base.port = 0;
	return net.base.family == 0 || guard_never_add(settings, &net, note);
}

static bool add_peer(const struct border_peer *peer, const struct resolved_table *names,
                     struct guard_judge_settings *settings)
{
	const struct resolved_row *row =
		peer->host[0] ? resolved_find(names, view_of(peer->name), view_of(peer->host))
			      : NULL;
	char note[GUARD_NOTE_SIZE];
	bool is_room;

	(void)snprintf(note, sizeof(note), "peer %s", peer->name);
	is_room = add_address(&peer->address, note, settings);
	for (uint8_t i = 0; row && i < row->count && is_room; i++)
		is_room = add_address(&row->targets[i].to, note, settings);
	for (uint32_t k = 0; k < peer->from_count && is_room; k++)
		is_room = guard_never_add(settings, &peer->from[k], note);
	return is_room;
}

bool never_add(const struct conf_blob *blob, const struct child_facts *facts,
               const struct resolved_table *names, struct guard_judge_settings *settings)
{
	size_t count = 0;
	const struct border_peer *peers = conf_blob_get(blob, &border_peer_block, &count);
	bool is_room = true;

	for (size_t i = 0; i < count && is_room; i++)
		is_room = add_peer(&peers[i], names, settings);
	for (uint8_t i = 0; i < facts->inside_count && i < MAX_INSIDE && is_room; i++)
		is_room = guard_never_add(settings, &facts->inside[i], "inside");
	for (uint8_t i = 0; i < facts->around_count && i < MAX_AROUND && is_room; i++)
		is_room = guard_never_add(settings, &facts->around[i], "around this machine");
	return is_room;
}
