/* SPDX-License-Identifier: Apache-2.0 */
/* [display] <uri> ;params or uri ;params: From, To, Contact, Route,
 * Record-Route, Refer-To, P-Asserted-Identity, Diversion ... */
#ifndef SIP_NAME_ADDR_H
#define SIP_NAME_ADDR_H

#include "sip/uri.h"

struct sip_name_addr {
	struct view display; /* without quotes, still escaped; may be empty */
	bool is_quoted, is_bracketed;
	struct sip_uri uri;
	struct view params; /* of the header, from ';' on, checked; may be empty */
	struct view tag;    /* its value, or empty */
};

/* Whole text is one value. Without brackets, what follows ';' belongs to the
 * header, and a URI with '?' or ',' is refused (RFC 3261 20.10). */
enum err sip_name_addr_parse(struct view text, struct sip_name_addr *ret) MUST_USE;
/* The same in place, a copy less: *ret holds anything after an error. */
enum err sip_name_addr_fill(struct view text, struct sip_name_addr *ret) MUST_USE;
/* Always with brackets; display quoted. */
void sip_name_addr_write(struct buffer *b, const struct sip_name_addr *a);
/* "display" <uri>;tag=tag. Display is plain text and may be empty, uri is
 * written as it is, tag may be empty. */
void sip_name_addr_put(struct buffer *b, struct view display, struct view uri, struct view tag);

#endif
