/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a call that files of their own look after: reliable ringing
 * (reliable.c), forks (fork.c), transfers (transfer.c). */
#ifndef BORDER_CALL_PARTS_PRIV_H
#define BORDER_CALL_PARTS_PRIV_H

#include <stdbool.h>
#include <stdint.h>

/* Before the final answer to the INVITE in hand: reliable ringing, and what was agreed by it. */
struct early {
	uint32_t came_rseq;            /* last that came; 0: none */
	uint32_t sent_rseq;            /* as who asked sees it */
	uint32_t came_cseq, sent_cseq; /* of the INVITE on either leg */
	uint8_t asked_by;
	bool is_awaiting; /* the PRACK to sent_rseq */
	bool is_offered;  /* what awaits its PRACK carried the offer */
	bool is_agreed;   /* offer and answer are through */
	bool is_again;    /* taken up while the PRACK was awaited: what rang goes out once more */
};

/* What a fork answered reliably while another one's media was heard. */
enum { FORK_ANSWER_MAX = 1200 };
struct fork_answer {
	uint16_t len;
	char text[FORK_ANSWER_MAX];
};

/* How it ended, while the last figures of its media are awaited. */
struct call_ending {
	int64_t wall_us; /* 0: it goes on */
	char cause[32];
	uint16_t status; /* final one of the first INVITE */
	uint8_t by;      /* enum call_end */
	uint8_t refusal; /* enum refusal + 1 of the description that did not fit; 0 none */
};

struct fork;

/* A REFER that was carried, by its numbers on either leg; or one of ours, which nobody sent. */
enum { MAX_CALL_REFERS = 4 };
struct refer {
	uint32_t came_cseq, sent_cseq;
	uint8_t from;
	bool is_ours;
};

#endif
