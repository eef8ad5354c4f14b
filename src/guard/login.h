/* SPDX-License-Identifier: Apache-2.0 */
/* Logins in flight and refused: how many guesses reach the PBX. Asked for every
 * proven REGISTER with credentials, for known and unknown users alike, because
 * a difference would tell which users exist.
 *
 * One undecided login per account and source, sixteen per source (`logins {
 * undecided }`); further ones are dropped, until our answer has left. Few
 * refusals a minute per account and source, and per source, reach the PBX;
 * beyond that we refuse alike. There is no cap per account alone: it would lock
 * the owner out.
 *
 * A device with an old password repeats itself: one account, constant Call-ID
 * and Contact, rising CSeq. It is never counted as a guesser; after its pair's
 * 5th refusal the PBX is asked once per 30 s, after the 10th once per 10 min,
 * and in between the PBX's last answer is repeated. Who poses so gets 10
 * guesses and then 6 an hour.
 *
 *     answer      what the border does                              fact
 *     PASS        asks the PBX; guard_login_decided with its answer FACT_LOGIN
 *     REPEAT_LAST answers as the PBX did last, at the usual delay   FACT_OLD_PASSWORD
 *     REFUSE      refuses as the PBX would, at the usual delay      FACT_CAPPED
 *     DROP        nothing                                           -
 *     GUESS       nothing                                           FACT_CAPPED
 *
 * GUESS is a drop that tells on itself: another response for the account whose
 * login is undecided, from the same port. A phone waits for its answer and
 * repeats the same bytes; two phones behind one address differ in their port.
 *
 * For a cookie marked as unknown user PASS means: refuse as the PBX refuses a
 * wrong password, without asking it, and decide FAILED (FACT_UNKNOWN_USER with
 * OUTCOME_FAILED). After any answer but DROP and GUESS the slot is taken until
 * guard_login_left. Tables are bounded: a full one forgets the pair or source
 * that was quiet for longest, pairs with nothing in flight first. */
#ifndef GUARD_LOGIN_H
#define GUARD_LOGIN_H

#include "event/fact.h"
#include "guard/options.h"

enum guard_login_answer { LOGIN_PASS, LOGIN_REPEAT_LAST, LOGIN_REFUSE, LOGIN_DROP, LOGIN_GUESS };

struct guard_login {
	uint64_t response_hash; /* keyed, of its credentials */
	struct addr source;     /* as it came: port ignored, IPv6 cut to its /64 */
	struct view account;    /* user@domain, as in facts */
	uint64_t call_id_hash;  /* keyed, as in facts */
	uint64_t contact_hash;  /* keyed, of the Contact as the phone wrote it */
	uint32_t cseq;
};

enum {
	LOGIN_UNDECIDED_LIFE_S = 40, /* then a forgotten slot is free: beyond timer F */
	LOGIN_MEMORY_S = 7200,       /* quiet for so long, it begins anew */
	LOGIN_FIRST_HOLD = 5,
	LOGIN_FIRST_HOLD_S = 30,
	LOGIN_SECOND_HOLD = 10,
	LOGIN_SECOND_HOLD_S = 600,
	MAX_LOGIN_DEVICES = 3, /* remembered per account and source */
};

struct guard_logins;

/* Takes all memory. ERR_NO_MEMORY, ERR_LIMIT. */
enum err guard_logins_new(const struct guard_door_settings *settings, const struct hash_key *key,
                          struct guard_logins **ret) MUST_USE;
void guard_logins_free(struct guard_logins **l);
void guard_logins_apply(struct guard_logins *l, const struct guard_door_settings *settings);

/* *ret_status is the status to repeat with REPEAT_LAST and the last one seen
 * for this pair with REFUSE (0: none yet, use what was learnt of this PBX). */
enum guard_login_answer guard_login_ask(struct guard_logins *l, const struct guard_login *login,
                                        uint64_t now_us, uint16_t *ret_status);
/* The PBX's final answer to a login that passed. FAILED: 401 again without
 * stale, 403, 407; SUCCEEDED: 2xx; UNKNOWN: stale nonce, 5xx, no answer. */
void guard_login_decided(struct guard_logins *l, const struct guard_login *login,
                         enum fact_outcome outcome, uint16_t status, uint64_t now_us);
/* Our answer has left, or none ever will. */
void guard_login_left(struct guard_logins *l, const struct guard_login *login, uint64_t now_us);

#endif
