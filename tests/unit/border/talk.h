/* SPDX-License-Identifier: Apache-2.0 */
/* Calls over the wire of wire.h: a phone of user 200 that has registered, the
 * PBX inside, and what either of them says. */
#ifndef BORDER_TALK_H
#define BORDER_TALK_H

#include "unit/border/wire.h"

/* One end's picture of its dialog with us. */
struct talk_end {
	struct flow flow;
	char call_id[128], ours[256], theirs[256], target[256]; /* header values, URI */
	unsigned cseq;
};

struct talk {
	struct wire *w;
	struct talk_end phone, pbx;
	unsigned registers;                /* REGISTERs so far: the CSeq of its next */
	struct wire_sent at_pbx, at_phone; /* the last message taken there */
	char invites[2][WIRE_TEXT_MAX];    /* what either of them asked last */
};

#define TALK_OFFER                                                                                 \
	"v=0\r\no=phone 1 1 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\n"               \
	"t=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
#define TALK_ANSWER                                                                                \
	"v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 RTP/AVP 0\r\n"

/* A border with a registered phone. */
enum err talk_new(struct talk *t, void (*change)(struct border_settings *s)) MUST_USE;
void talk_free(struct talk *t);
/* The phone registers again. */
enum err talk_register(struct talk *t) MUST_USE;

/* A request without dialog from the phone (INVITE to 201) or the PBX (to the
 * phone's Contact). `lines` are whole header lines. */
void talk_invite_from_phone(struct talk *t, const char *lines, const char *body);
/* The same call once more, as after a challenge: next CSeq, new branch. */
void talk_invite_again(struct talk *t, const char *lines, const char *body);
void talk_invite_from_pbx(struct talk *t, const char *lines, const char *body);
/* A request within the dialog of that end; keeps counting its CSeq. */
void talk_request(struct talk *t, struct talk_end *from, const char *method, const char *lines,
                  const char *body);
/* The last INVITE of that end as it went out, to be sent again. */
const char *talk_said(const struct talk *t, const struct talk_end *end);
/* The ACK to our 2xx, with the CSeq of the last INVITE of that end. */
void talk_ack(struct talk *t, struct talk_end *from, const char *body);
void talk_cancel(struct talk *t, const struct talk_end *from);
/* An answer of that end to a request of ours. */
void talk_answer(struct talk *t, const struct talk_end *from, const struct wire_sent *request,
                 const char *status, const char *lines, const char *body);
/* The same with another To tag: a fork of the PBX. */
void talk_answer_as(struct talk *t, const struct talk_end *from, const struct wire_sent *request,
                    const char *status, const char *tag, const char *body);

/* Takes the next message to that end and checks how it starts; keeps it in
 * at_phone or at_pbx. Dialogs learn from it what they need. */
bool talk_hears(struct talk *t, struct talk_end *end, const char *start);
/* Takes from a message what that end must know of its dialog. */
void talk_learns(struct talk_end *end, const struct wire_sent *sent);
bool talk_is_quiet(struct talk *t, const struct talk_end *end);

/* A call from the phone to the PBX up to the ACK. */
enum err talk_call(struct talk *t) MUST_USE;
/* Media answers what was ordered closed. */
void talk_media_closes(struct talk *t);
/* The last order for a stream. */
const struct order *talk_order(const struct talk *t);
/* How many calls were recorded, and the last of them. */
unsigned talk_records(const struct talk *t);
const struct record_call *talk_record(const struct talk *t);

/* A proxy hands a request of ours back: to the phone's Contact, with another top
 * Via and this description. */
void talk_invite_back(struct talk *t, const struct wire_sent *request, const char *body);
/* Rows that ASK_LIVE_CALLS gives. */
unsigned talk_listed(struct talk *t);

/* Adds a carrier outside as the peer TALK_CARRIER, and says where it is. Returns its row. */
enum { TALK_CARRIER = 1 };
struct border_peer *talk_add_carrier(struct border_settings *s, struct talk_end *ret);

/* Another worker of signal, of the same start. */
struct talk_worker {
	struct border *border;
	void *checkpoint;
};

/* The talk's border is that one of so many workers from now on; the phone registers with it. */
enum err talk_becomes(struct talk *t, unsigned owner, unsigned owners) MUST_USE;
enum err talk_worker_new(struct talk *t, unsigned owner, struct talk_worker *ret) MUST_USE;
void talk_worker_free(struct talk_worker *w);

/* Runs `body` with a talk; frees it whatever happens. */
enum err talk_with(enum err (*body)(struct talk *t)) MUST_USE;
enum err talk_with_settings(void (*change)(struct border_settings *s),
                            enum err (*body)(struct talk *t)) MUST_USE;
#define TALK_TEST(slug, sentence)                                                                  \
	static enum err talk_##slug(struct talk *t);                                               \
	TEST(slug, sentence)                                                                       \
	{                                                                                          \
		return talk_with(talk_##slug);                                                     \
	}                                                                                          \
	static enum err talk_##slug(struct talk *t)

#endif
