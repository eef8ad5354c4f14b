/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Type, and other headers of the form type/subtype;params. */
#ifndef SIP_CONTENT_TYPE_H
#define SIP_CONTENT_TYPE_H

#include "sip/param.h"

struct sip_content_type {
	struct view type, subtype;
	struct view params; /* checked */
	struct view
		boundary; /* of multipart: as it delimits, checked by RFC 2046 5.1.1; else empty */
};

/* A multipart type without a good boundary is ERR_SYNTAX. */
enum err sip_content_type_parse(struct view text, struct sip_content_type *ret) MUST_USE;
void sip_content_type_write(struct buffer *b, const struct sip_content_type *c);
bool sip_content_type_is(const struct sip_content_type *c, struct view type, struct view subtype);

#endif
