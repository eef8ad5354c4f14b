/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that are a number: Max-Forwards, Expires, Min-Expires, RSeq, Min-SE,
 * Max-Breadth, and those that begin with one: Retry-After, Session-Expires. */
#ifndef SIP_NUMBER_H
#define SIP_NUMBER_H

#include "base/buffer.h"
#include "base/err.h"
#include "sip/msg.h"

/* Whole text is 1*DIGIT, at most `max`. ERR_SYNTAX, ERR_SHORT, ERR_LIMIT. */
enum err sip_number_parse(struct view text, uint32_t max, uint32_t *ret) MUST_USE;
/* Number in the header of that id. ERR_NOT_FOUND without one. */
enum err sip_number_of(const struct sip_msg *m, enum sip_header_id id, uint32_t max,
                       uint32_t *ret) MUST_USE;
/* delta-seconds: any number of digits; more than 2^32-1 counts as 2^32-1 (RFC 3261 20.19). */
enum err sip_seconds_parse(struct view text, uint32_t *ret) MUST_USE;
enum err sip_seconds_of(const struct sip_msg *m, enum sip_header_id id, uint32_t *ret) MUST_USE;

/* "18000 (in a meeting);duration=3600" */
struct sip_retry_after {
	uint32_t after_s;
	struct view comment; /* between the outer parentheses, may be empty */
	struct view params;
};

enum err sip_retry_after_parse(struct view text, struct sip_retry_after *ret) MUST_USE;
void sip_retry_after_write(struct buffer *b, const struct sip_retry_after *r);

enum sip_refresher { SIP_REFRESHER_NONE, SIP_REFRESHER_UAC, SIP_REFRESHER_UAS };

/* RFC 4028 4 */
struct sip_session_expires {
	uint32_t interval_s;
	enum sip_refresher refresher;
};

enum err sip_session_expires_parse(struct view text, struct sip_session_expires *ret) MUST_USE;
void sip_session_expires_write(struct buffer *b, const struct sip_session_expires *s);

#endif
