/* SPDX-License-Identifier: Apache-2.0 */
/* The PBX: a registrar that challenges, and a stateless proxy (RFC 3261 16.11), so that all
 * that a call loses must be mended by its ends and by us. */
#ifndef SIM_PBX_H
#define SIM_PBX_H

#include "sim/net.h"

struct world;

enum { PBX_BINDINGS = 16, PBX_FILLED = 128 };

struct pbx {
	struct world *world;
	struct addr at;
	bool is_leaky;         /* an unknown user gets 404 instead of a challenge */
	bool challenges_calls; /* of phones */
	unsigned filled;       /* calls to a user who lets it ring for ever */
	uint64_t filled_names[PBX_FILLED];
	struct binding {
		char user[8], contact[192];
		uint64_t until_us;
	} bindings[PBX_BINDINGS];
};

void pbx_init(struct pbx *pbx, struct world *w);
void pbx_receive(struct pbx *pbx, const struct packet *p);

#endif
