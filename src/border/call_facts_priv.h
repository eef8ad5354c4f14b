/* SPDX-License-Identifier: Apache-2.0 */
/* What a call knows: plain values without pointers, which the checkpoint keeps. What is zero takes
 * no room there, so fields are cheap; what is not needed any more is made zero. */
#ifndef BORDER_CALL_FACTS_PRIV_H
#define BORDER_CALL_FACTS_PRIV_H

#include "border/bearer_priv.h"
#include "border/call_parts_priv.h"
#include "border/checkpoint.h"
#include "border/form.h"
#include "border/packed.h"
#include "border/secure_priv.h"
#include "event/order.h"
#include "ua/dialog.h"

enum { MAX_CALL_STREAMS = 4, CALL_LEGS = 2 };
enum { CALL_PHONE = UINT16_MAX }; /* leg without a peer */
enum leg_side { LEG_CALLER, LEG_CALLEE };
enum { CALL_SILENT = 4 };

struct leg_facts {
	struct ua_dialog dialog;
	struct flow flow;
	uint64_t serial;       /* of its tag, Call-ID and Contact */
	uint64_t account_hash; /* of the phone's user@domain: who may move this leg */
	uint64_t session_id;   /* in our SDP towards it */
	uint64_t session_hash; /* of what was sent last, its version aside */
	uint32_t session_version;
	uint16_t peer;         /* row in peers, CALL_PHONE, or PEER_GONE */
	uint8_t is_outer;      /* a phone, carrier or customer, who sees nothing of the inside */
	uint8_t media_srtp;    /* enum media_srtp: what counts for it */
	uint8_t form;          /* enum offer_form: how lines that begin are offered to it */
	uint8_t form_protocol; /* of registration_facts */
	uint8_t tried_forms;   /* 1 << form, by its first INVITEs (reoffer_priv.h) */
	uint8_t needs_tls;     /* of a call by sips: (route.h), where it began by TLS */
};

struct stream_facts {
	struct order_leg legs[CALL_LEGS];
	struct addr covered[CALL_LEGS]; /* cover.c: hosts that IPsec covers */
	uint8_t has_ports, is_open, is_held;
	uint8_t form; /* enum media_form */
	struct stream_bearer bearer;
	struct stream_secure secure[CALL_LEGS];
};

/* What the figures of a stream say, and how it is to be read. */
struct stream {
	struct media_leg_statistics figures[CALL_LEGS];
	struct order_format formats[MAX_ORDER_FORMATS];
	bool is_closing; /* ORDER_CLOSE is out */
	uint8_t worker;  /* of media, who was ordered last */
};

/* All that a call knows, without pointers: zeros cost nothing while it rests (call_rest.c). */
struct call_facts {
	uint64_t id;     /* of this half; names its streams */
	uint64_t number; /* both halves of a hairpin share it */
	int64_t started_wall_us, answered_wall_us;
	uint64_t session_ends_us; /* unless it is refreshed; 0: never */
	uint64_t longest_us;      /* when it has lasted as long as a call may; 0: it may go on */
	struct leg_facts legs[CALL_LEGS];
	struct stream_facts streams[MAX_CALL_STREAMS];
	char from[96], to[96], dialled[48];
	uint32_t price_milli; /* a minute; 0: it is not charged */
	uint8_t is_emergency, is_abroad;
	uint8_t held; /* by command: 1 << leg: it is not heard; CALL_SILENT << leg: nor hears */
	struct call_ending ending;
	struct stream carried[MAX_CALL_STREAMS];
	struct early early;
	struct refer refers[MAX_CALL_REFERS]; /* the last ones */
	unsigned next_refer;
	struct order_leg offered[MAX_CALL_STREAMS]; /* by the offer in hand */
	struct stream_secure offered_secure[MAX_CALL_STREAMS];
	char early_tag[UA_DIALOG_TAG_MAX]; /* the fork whose SDP went out first */
	struct fork_answer answer;
};

enum { CALL_PACKED_MAX = PACKED_MAX(sizeof(struct call_facts)) };
_Static_assert((int)CALL_PACKED_MAX <= (int)CHECKPOINT_DIALOG_MAX, "a call fits its slot");

#endif
