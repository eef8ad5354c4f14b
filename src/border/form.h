/* SPDX-License-Identifier: Apache-2.0 */
/* In which form audio over RTP is offered to an end: with keys in the description or by a
 * handshake, and whether as a matter of choice. Which forms an end knows shows in what it offers
 * and answers; until then the usual one goes first, and the others after a refusal. */
#ifndef BORDER_FORM_H
#define BORDER_FORM_H

#include <stdbool.h>
#include <stdint.h>

enum offer_form {
	FORM_UNKNOWN,
	FORM_EITHER, /* RTP/AVP with a=crypto: who knows no SRTP passes the lines over */
	FORM_DTLS,   /* UDP/TLS/RTP/SAVP or RTP/SAVP with a=fingerprint */
	FORM_SAVP,   /* RTP/SAVP with a=crypto */
	FORM_CLEAR,  /* RTP/AVP */
	FORM_COUNT
};

/* What decides which may be. */
struct form_case {
	uint8_t policy;           /* enum media_srtp */
	bool is_secure;           /* signalling is, so that keys may stand there */
	bool has_own_certificate; /* of media, for a handshake */
};

/* Never in the clear where SRTP is required, never protected where it is forbidden. */
bool form_may_be(const struct form_case *c, enum offer_form form);
/* The one to begin with: what that end has shown where it may be, else the usual one. A handshake
 * is not begun with where nobody asked for it. FORM_UNKNOWN: none may be. */
enum offer_form form_first(const struct form_case *c, enum offer_form shown);
/* The next one after a refusal, of those that are not in `tried` (1 << form), those that protect
 * first, and a handshake before RTP/SAVP: some who know nothing else answer that one, too, and
 * ring, before they find no certificate in it. FORM_UNKNOWN: none is left. */
enum offer_form form_next(const struct form_case *c, unsigned tried);

#endif
