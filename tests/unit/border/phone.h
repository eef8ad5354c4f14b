/* SPDX-License-Identifier: Apache-2.0 */
/* A phone of user 201 that registers, on the wire of wire.h. */
#ifndef BORDER_PHONE_H
#define BORDER_PHONE_H

#include "unit/border/talk.h"

struct phone {
	struct wire *w;
	struct flow flow;
	struct wire_register r;
	struct wire_sent challenge, heard;
};

struct phone phone_on(struct wire *w, const struct flow *flow);
/* One REGISTER; what came back is in heard, its len 0 for silence. */
void phone_says(struct phone *p, bool has_credentials);
/* Without credentials and then with them, as far as the 200. */
enum err phone_registers(struct phone *p) MUST_USE;
/* How many registrations there are, that of the talk's phone among them. */
unsigned phone_registrations(const struct wire *w);

#endif
