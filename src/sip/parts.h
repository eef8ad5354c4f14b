/* SPDX-License-Identifier: Apache-2.0 */
/* What everybody who looks at a message asks of it: the Request-URI, From, To,
 * the topmost Via, the Contact and the credentials or challenge. sip_check reads
 * them and leaves them in the message, so that those who look after it need not
 * read them again. */
#ifndef SIP_PARTS_H
#define SIP_PARTS_H

#include "sip/auth.h"
#include "sip/contact.h"
#include "sip/header.h"
#include "sip/name_addr.h"
#include "sip/via.h"

struct sip_msg;
struct sip_header;

enum {
	SIP_PART_URI = 1,
	SIP_PART_FROM = 2,
	SIP_PART_TO = 4,
	SIP_PART_VIA = 8,
	SIP_PART_CONTACT = 16,
	SIP_PART_DIGEST = 32,
};

struct sip_parts {
	struct sip_uri uri;
	struct sip_name_addr from, to;
	struct sip_via via;
	struct sip_contact contact; /* the only one; it may be "*" */
	struct sip_digest digest;
	uint8_t digest_row; /* the header of which that is: an index */
	uint8_t known;      /* which of them stand here: SIP_PART_..., a set */
};

/* Reads into the message what is sound and stands there once, where nobody did before: who asks
 * whom (of Via: alone in the first row); or all (of credentials and challenges: the first row
 * that there is). Notes nothing. */
void sip_parts_read(struct sip_msg *m);
void sip_parts_read_all(struct sip_msg *m);

/* From the message where they were read, else parsed now. Errors are those of the parsers;
 * *ret then is untouched. Views live as long as the message's bytes. */
enum err sip_parts_uri(const struct sip_msg *m, struct sip_uri *ret) MUST_USE;
/* id: SIP_HEADER_FROM, SIP_HEADER_TO; of others the first row, parsed. */
enum err sip_parts_address(const struct sip_msg *m, enum sip_header_id id,
                           struct sip_name_addr *ret) MUST_USE;
/* The topmost: up to the first comma. */
enum err sip_parts_via(const struct sip_msg *m, struct sip_via *ret) MUST_USE;

/* The same without a copy: where it stands in the message, else parsed into *spare, which
 * then holds it; NULL where it cannot be parsed. */
const struct sip_uri *sip_parts_uri_at(const struct sip_msg *m, struct sip_uri *spare);
const struct sip_name_addr *sip_parts_address_at(const struct sip_msg *m, enum sip_header_id id,
                                                 struct sip_name_addr *spare);
const struct sip_via *sip_parts_via_at(const struct sip_msg *m, struct sip_via *spare);
/* h: a header of the message with credentials, or with a challenge. */
const struct sip_digest *sip_parts_digest_at(const struct sip_msg *m, const struct sip_header *h,
                                             struct sip_digest *spare);

#endif
