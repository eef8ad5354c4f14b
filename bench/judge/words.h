/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the generated people and attackers, written field by field. */
#ifndef JUDGE_WORDS_H
#define JUDGE_WORDS_H

#include "base/buffer.h"
#include "judge/chance.h"

/* Who wrote the program that sends it: how it builds its headers. */
enum make {
	MAKE_PHONE,        /* as desk phones and softphones write */
	MAKE_PLAIN,        /* a script with correct headers, and no name */
	MAKE_VICIOUS,      /* one user at 1.1.1.1 in From and To, branch of digits, bare Contact */
	MAKE_DISGUISED,    /* the same under the name of a phone, other display name */
	MAKE_LIST_SCANNER, /* a toolkit that names itself */
	MAKE_DIALLER,      /* a command-line dialler that names itself */
	MAKE_PORT_PROBE,   /* a port scanner's question for the service */
	MAKE_COUNT
};

struct words {
	enum make make;
	const char *method;      /* of a response: that of CSeq */
	uint16_t status;         /* 0: a request */
	char uri[160];           /* Request-URI */
	char from[160], to[160]; /* URIs */
	char tag[24], to_tag[24], branch[32], call_id[64];
	char via[80];      /* host:port */
	char contact[160]; /* URI; "" none */
	const char *agent; /* NULL: none */
	uint32_t cseq;
	uint32_t expires;        /* of a REGISTER or its 200 */
	char authorization[360]; /* value; "" none */
	char challenge[160];     /* WWW-Authenticate of a 401 */
	bool has_sdp;
};

/* New Call-ID, tag and branch. */
void words_renew(struct words *w, struct chance *c);
void words_branch(struct words *w, struct chance *c);
/* Digest credentials for a nonce; what the response says is of no interest to an observer. */
void words_credentials(struct words *w, const char *user, const char *nonce, struct chance *c);
void words_write(const struct words *w, struct buffer *b);

#endif
