/* SPDX-License-Identifier: Apache-2.0 */
/* Contact: a list of addresses with expires and q, or "*" (RFC 3261 20.10). */
#ifndef SIP_CONTACT_H
#define SIP_CONTACT_H

#include "sip/name_addr.h"

struct sip_msg;

enum { MAX_SIP_CONTACTS = 32 };

struct sip_contact {
	struct sip_name_addr address; /* unset where is_star */
	bool is_star, has_expires, has_q;
	uint32_t expires_s; /* malformed counts as 3600 (RFC 3261 10.3 6) */
	uint16_t q_milli;   /* 0..1000 */
};

/* One value: "*" or an address. */
enum err sip_contact_parse(struct view text, struct sip_contact *ret) MUST_USE;
/* The same in place, a copy less: *ret holds anything after an error. */
enum err sip_contact_fill(struct view text, struct sip_contact *ret) MUST_USE;
void sip_contact_write(struct buffer *b, const struct sip_contact *c);

/* All contacts of a message: count of them in *ret_count, at most `max`.
 * ERR_LIMIT beyond; ERR_SYNTAX where one is bad or "*" is not alone. No
 * Contact at all: count 0. */
enum err sip_contacts_read(const struct sip_msg *m, struct sip_contact *ret, size_t max,
                           size_t *ret_count) MUST_USE;

#endif
