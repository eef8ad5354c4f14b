/* SPDX-License-Identifier: Apache-2.0 */
/* Those who want in: each has an address outside, one way of trying, and no registration. */
#ifndef SIM_ATTACKER_H
#define SIM_ATTACKER_H

#include "sim/net.h"

struct world;

enum attacker_kind {
	ATTACKER_SCANS,
	ATTACKER_GUESSES,
	ATTACKER_DIALS,
	ATTACKER_GARBLES,
	ATTACKER_FORGES
};

struct attacker {
	struct world *world;
	struct addr at;
	uint8_t kind; /* enum attacker_kind */
	unsigned count;
	uint64_t due_us, sent_octets, heard_octets, blocked_us;
};

void attacker_init(struct attacker *a, struct world *w, unsigned number);
void attacker_receive(struct attacker *a, const struct packet *p);
void attacker_advance(struct attacker *a);

#endif
