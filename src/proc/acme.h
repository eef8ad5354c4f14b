/* SPDX-License-Identifier: Apache-2.0 */
/* ACME: the parent's side (acme.c). It makes what there has to be before a first certificate, opens
 * the door of HTTP-01, calls the hook of DNS-01, and writes the chain that outreach was given, once
 * `keys` has held it against the key. It speaks to no authority and parses nothing of one. */
#ifndef PROC_ACME_H
#define PROC_ACME_H

#include "acme/options.h"
#include "base/now.h"
#include "event/ask.h"
#include "transport/tls_options.h"

#include <sys/types.h>

struct parent;
struct conf_tree;
struct spawn_end;

struct acme_parent {
	struct ask_head hook, chain; /* questions that are not answered yet */
	pid_t pid;                   /* of the hook; 0: none runs */
	uint64_t due_us;             /* when it is ended */
	char certificate[ACME_LABEL_SIZE];
	uint32_t len, total; /* of the chain that is coming; total 0: none */
	bool is_judged;      /* `keys` looks at it */
	char *bytes;         /* ACME_CHAIN_MAX, from the first piece on */
};

/* Keys of accounts, and keys with certificates by themselves, where ACME is to give certificates
 * and the files are not there. Words say which cannot be made. */
enum err acme_prepare(const struct conf_tree *t, struct buffer *words) MUST_USE;
bool acme_is_used(const struct conf_tree *t);

void acme_open_answer(struct parent *p, const struct ask *question);
void acme_record_answer(struct parent *p, const struct ask *question);
void acme_chain_answer(struct parent *p, const struct ask *question);
/* A process that is no child of ours by role has ended. */
void acme_reaped(struct parent *p, const struct spawn_end *end);
void acme_advance(struct parent *p, struct now now);

/* What is asked for, of a row; `list` are the rows of acme_block. False: nobody asks for it. */
bool acme_wish_of(const struct transport_certificate *c, const struct acme_options *list,
                  size_t count, struct acme_wish *ret);

#endif
