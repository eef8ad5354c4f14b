/* SPDX-License-Identifier: Apache-2.0 */
/* A scene: hosts that talk by short words, and what the watch says of it. */
#ifndef WATCH_SCENE_H
#define WATCH_SCENE_H

#include "watch/watch.h"

enum { MAX_SCENE_FACTS = 64, MAX_SCENE_REPORTS = 16, MAX_SCENE_BYTES = 4096 };

#define PBX      "198.51.100.1:5060"
#define PROXY    "198.51.100.2:5060"
#define PHONE    "192.0.2.10:5060"
#define OTHER    "192.0.2.11:5062"
#define ATTACKER "203.0.113.66:5071"

struct scene {
	struct watch *watch;
	struct inspector inspector;
	struct watch_settings settings;
	struct fact facts[MAX_SCENE_FACTS];
	struct watch_call calls[MAX_SCENE_REPORTS];
	struct watch_stream streams[MAX_SCENE_REPORTS];
	struct watch_phone phones[MAX_SCENE_REPORTS];
	unsigned fact_count, call_count, stream_count, phone_count; /* beyond the arrays too */
	bool has_unsound;                                           /* a fact was not sound */
	bool is_connected, is_cut;                                  /* of all that is said */
	uint16_t signature, agent, oddity, grade;                   /* what the inspector answers */
};

#define OWNED_SCENE __attribute__((cleanup(scene_clear))) struct scene

/* One message. What is not given is made up from the Call-ID. */
struct words {
	const char *what;   /* "REGISTER", or "401" */
	const char *method; /* of a response: what it answers */
	const char *call;   /* Call-ID */
	unsigned cseq;      /* 0: 1 */
	const char *caller; /* user in From; NULL: that of To */
	const char *user;   /* user in To and in the Request-URI; NULL: "201" */
	const char *from_tag, *to_tag;
	const char *branch;
	const char *more; /* further lines, each with its line end */
	const char *sdp;  /* "address port"; with a '!' in front: RTP/SAVP */
};

/* Small tables, no network inside. */
enum err scene_init(struct scene *s) MUST_USE;
enum err scene_init_with(struct scene *s, const struct watch_settings *settings) MUST_USE;
void scene_clear(struct scene *s);

void scene_say(struct scene *s, unsigned at_s, const char *from, const char *to,
               const struct words *words);
#define SAY(scene, at_s, from, to, ...)                                                            \
	scene_say((scene), (at_s), (from), (to), &(struct words){ __VA_ARGS__ })
/* Bytes as they are. */
void scene_send(struct scene *s, unsigned at_s, const char *from, const char *to,
                struct view bytes);
void scene_rtp(struct scene *s, unsigned at_ms, const char *from, const char *to, uint32_t ssrc,
               uint16_t sequence, uint8_t payload_type);
void scene_advance(struct scene *s, unsigned at_s);

struct flow scene_flow(const char *from, const char *to);
/* How many facts of that kind; the last one, or NULL. */
unsigned scene_count(const struct scene *s, enum fact_kind kind);
const struct fact *scene_last(const struct scene *s, enum fact_kind kind);

#define CHALLENGE   "WWW-Authenticate: Digest realm=\"pbx\",nonce=\"n1\"\n"
#define CHALLENGE_2 "WWW-Authenticate: Digest realm=\"pbx\",nonce=\"n2\"\n"
#define ANSWER_TO(user, nonce)                                                                     \
	"Authorization: Digest username=\"" user "\",realm=\"pbx\",nonce=\"" nonce                 \
	"\",uri=\"sip:pbx\",response=\"00112233445566778899aabbccddeeff\"\n"

#endif
