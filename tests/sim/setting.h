/* SPDX-License-Identifier: Apache-2.0 */
/* How a world is set up: the border, its ports, the judge, from one seed. */
#ifndef SIM_SETTING_H
#define SIM_SETTING_H

#include "sim/world.h"

/* False without memory, which is then the failure. What was open is taken over. */
bool setting_open(struct world *w, uint64_t seed, unsigned calls);
void setting_close(struct world *w);
/* The signalling worker dies, and another takes up what stands in the checkpoint. */
void setting_restart(struct world *w);
void setting_free(struct world *w); /* what is kept from one seed to the next */

#endif
