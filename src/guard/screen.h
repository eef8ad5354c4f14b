/* SPDX-License-Identifier: Apache-2.0 */
/* The screen: structural signatures of scanners, looked for in a message that
 * the parser took. A signature is a shape that no phone has; a User-Agent alone
 * is none, since anybody may write anything there. Each has its twin in the
 * tests: a real phone's shape that must not match. Pure, no memory. */
#ifndef GUARD_SCREEN_H
#define GUARD_SCREEN_H

#include "event/fact.h"

struct sip_msg;

enum guard_signature {
	SIGNATURE_NONE,
#define SIGNATURE(name, slug, text) SIGNATURE_##name,
#include "guard/signature.def"
#undef SIGNATURE
	SIGNATURE_COUNT
};

/* The treatments of a message, mildest first. Blocking is the judge's. */
enum guard_treatment { TREAT_PASS, TREAT_CHALLENGE, TREAT_SILENCE };

struct guard_screening {
	enum guard_treatment treatment;
	enum guard_signature signature; /* SIGNATURE_NONE or FACT_SCANNER's reason */
};

/* The first signature that a request matches, SIGNATURE_NONE for none and for
 * responses. Looks at nothing but the message and who sent it to whom. */
enum guard_signature guard_signature_of(const struct sip_msg *msg, const struct flow *flow);

/* What the border does about it. Known flows and peers pass unseen. A stranger's
 * REGISTER that matches passes as any stranger's, so that a guesser proves
 * himself; one from a suspect is challenged without the PBX; everything else
 * that matches is met by silence. */
struct guard_screening guard_screen(const struct sip_msg *msg, const struct flow *flow,
                                    enum fact_standing standing, bool is_suspect);

const char *guard_signature_name(enum guard_signature signature); /* "hex-tag" ...; static */
const char *guard_signature_text(enum guard_signature signature); /* sentence for a person */

#endif
