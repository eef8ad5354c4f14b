/* SPDX-License-Identifier: Apache-2.0 */
/* ICE of a leg (RFC 8445) as the lite end that is controlled: the other end checks the path to
 * us, we answer, and the place that it nominates is where it is. Pure.
 *
 * A check is believed where it is signed under the password that our description gave, and
 * answered only then: whoever does not know it hears nothing, and an address that somebody names
 * for another is sent at most one answer a check, shorter than the check.
 *
 * Nominations: the first counts; later one of another place counts where its candidate has a
 * higher priority (aggressive nomination), or where the place so far was not heard for
 * ICE_SETTLED_US (the device moved). */
#ifndef MEDIA_ICE_H
#define MEDIA_ICE_H

#include "base/addr.h"
#include "base/now.h"
#include "sdp/handshake.h"

enum { ICE_UFRAG_SIZE = SDP_UFRAG_SIZE, ICE_PWD_SIZE = SDP_PWD_SIZE };
enum { ICE_SETTLED_US = 6 * 1000000, ICE_CHECKS_PER_S = 50, MAX_ICE_ANSWER = 128 };

/* What our description says, of this leg alone; characters without a NUL. */
struct ice_credentials {
	char ufrag[ICE_UFRAG_SIZE];
	char pwd[ICE_PWD_SIZE];
};

struct ice {
	struct ice_credentials ours;
	struct addr place; /* nominated; family 0: none yet */
	uint32_t priority;
	uint64_t heard_us; /* when the place was last heard */
	uint64_t second_us;
	uint32_t checks; /* answered since second_us */
};

enum ice_verdict {
	ICE_ANSWERED,  /* *ret goes to where the check came from */
	ICE_NOMINATED, /* the same, and the leg's place is another one than before */
	ICE_MALFORMED,
	ICE_STRANGE, /* not signed, or under another name */
	ICE_IDLE,    /* an indication or an answer: nothing to do */
	ICE_RATE,
	ICE_VERDICT_COUNT
};

void media_ice_begin(struct ice *i, const struct ice_credentials *ours);

/* One datagram of STUN. The answer is written to `b`, which must be empty, only where the verdict
 * says so. */
enum ice_verdict media_ice_receive(struct ice *i, struct view datagram, const struct addr *from,
                                   uint64_t now_us, struct buffer *b);

/* Something that was proven to be the peer's came from there: consent goes on. */
void media_ice_heard(struct ice *i, const struct addr *from, uint64_t now_us);

/* The peer may be sent to (RFC 7675): nominated, and heard within consent_us; 0: for ever. */
bool media_ice_may_send(const struct ice *i, uint64_t consent_us, uint64_t now_us);

#endif
