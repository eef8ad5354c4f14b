/* SPDX-License-Identifier: Apache-2.0 */
/* URIs: sip and sips (RFC 3261 19.1), tel (RFC 3966); any other scheme is
 * kept as it came. */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "sip/host.h"
#include "sip/param.h"

enum sip_scheme { SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL, SIP_SCHEME_OTHER };

struct sip_uri {
	struct view text; /* the whole, as it came */
	enum sip_scheme scheme;
	struct view user;     /* still escaped; empty: none. tel: the number */
	struct view password; /* still escaped; at == NULL: none */
	struct sip_host host; /* empty for tel and other */
	uint16_t port;        /* 0: none */
	struct view params;   /* from the first ';' on, or empty */
	struct view headers;  /* after '?', or empty */
	struct view rest;     /* other: what follows the colon */
};

/* Whole text is one URI. ERR_LIMIT beyond MAX_SIP_PARAMS parameters or headers, ERR_EXISTS for
 * a parameter that stands twice. */
enum err sip_uri_parse(struct view text, struct sip_uri *ret) MUST_USE;
/* The same in place, a copy less: *ret holds anything after an error. */
enum err sip_uri_fill(struct view text, struct sip_uri *ret) MUST_USE;
/* Builds it from the parts (never from text). */
void sip_uri_write(struct buffer *b, const struct sip_uri *u);
/* RFC 3261 19.1.4: escapes undone, order of parameters ignored; tel by RFC 3966 5. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b);
/* Same user and host (escapes undone), ports and parameters ignored. */
bool sip_uri_same_account(const struct sip_uri *a, const struct sip_uri *b);

bool sip_uri_param(const struct sip_uri *u, struct view name, struct view *ret);
/* sip, sips, tel: whether a user's part is nothing but a dialled number
 * (digits, * # + and visual separators). */
bool sip_uri_is_number(const struct sip_uri *u);

/* Undoes %xx. ERR_SYNTAX for a bad escape and for %00..%1f and %7f. */
void sip_escape_decode(struct buffer *b, struct view escaped);
/* Writes a user part, escaping what may not stand there. */
void sip_escape_user(struct buffer *b, struct view plain);

#endif
