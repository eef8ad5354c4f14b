/* SPDX-License-Identifier: Apache-2.0 */
/* Media of the world: the pure flows of src/media behind the border's orders, and the
 * audio of ends that are in a call. Packets carry the number of their call. */
#ifndef SIM_MEDIA_H
#define SIM_MEDIA_H

#include "media/flow.h"
#include "sim/net.h"

struct world;

enum { MEDIA_STREAMS = 128, MEDIA_CLOSINGS = 256 };

struct media {
	struct media_stream {
		bool is_open;
		uint64_t opened_us;
		struct order order;
		struct media_flow flow;
	} streams[MEDIA_STREAMS];
	struct {
		uint64_t due_us;
		struct media_event event;
	} closings[MEDIA_CLOSINGS];
	unsigned first, count, open_count;
};

void media_init(struct media *m);
/* The border's order; answers come by media_advance. */
void media_order(struct world *w, const struct order *order);
uint64_t media_due_us(const struct media *m);
void media_advance(struct world *w);
/* Statistics of all that is open: every few seconds. */
void media_tell(struct world *w);
/* Media dies and begins anew without streams, and says so. */
void media_restart(struct world *w);
/* Whether an open stream has that port. */
bool media_has_port(const struct world *w, const struct addr *port);
/* A packet at a port of ours. */
void media_receive(struct world *w, struct packet *p);
/* Who has a call says something in it, until the other end heard enough. */
void media_talk(struct world *w);

#endif
