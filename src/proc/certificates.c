/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates again, and giving them to `keys`, to web, then to signal. */
#include "proc/certificates.h"

#include "os/clock.h"
#include "os/log.h"
#include "transport/tls_options.h"

#include <string.h>

enum { LOOK_US = 10 * SECOND_US, WORDS_MAX = 512 };

static struct ask row;

static void note_roles(struct parent *p, const struct conf_tree *t)
{
	size_t count;

	(void)conf_get(t, &transport_certificate_block, &count);
	if ((count > 0 || acme_is_used(t)) && !p->holdings.interface)
		p->holdings.roles |= 1U << ROLE_KEYS;
}

enum err certificates_take(struct parent *p, struct buffer *words)
{
	struct renewal *r = &p->renewal;
	enum err err;

	r->fresh = MATERIAL_NONE;
	if (p->holdings.interface)
		return ERR_NONE;
	err = acme_prepare(p->settings, words);
	if (err != ERR_NONE)
		return err;
	r->stamp = material_stamp(p->settings);
	r->due_us = clock_now().us + LOOK_US;
	err = material_read(p->settings, &p->holdings.material, words);
	if (err == ERR_NONE)
		note_roles(p, p->settings);
	return err;
}

/* ---- giving it on ---- */

static enum err hand_to(struct parent *p, enum role role, const struct material *m,
                        void (*answered)(struct parent *p, enum role from, enum err result))
{
	int fd = role == ROLE_KEYS ? m->secret : role == ROLE_WEB ? m->control : m->public;

	if (fd < 0)
		return ERR_NOT_FOUND;
	memset(&row.head, 0, sizeof(row.head));
	row.head.kind = role == ROLE_KEYS ? ASK_MATERIAL_KEYS
	              : role == ROLE_WEB  ? ASK_MATERIAL_WEB
	                                  : ASK_MATERIAL;
	/* Whether settings follow that it may have to wait for. */
	row.head.size = 1;
	row.body.bytes[0] = p->renewal.step == RENEWAL_APPLY;
	return relay_ask(p, role, &row, fd, answered);
}

static void hand_to_signal(struct parent *p, const struct material *m)
{
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (holdings_have(&p->holdings, role_signal(i)))
			(void)!hand_to(p, role_signal(i), m, NULL);
}

static void put_in_force(struct parent *p)
{
	struct material old = p->holdings.material;

	p->holdings.material = p->renewal.fresh;
	p->renewal.fresh = old;
	material_close(&p->renewal.fresh);
	p->renewal.step = RENEWAL_NONE;
}

/* ---- files that have changed ---- */

static void fail(struct parent *p, const char *who, enum err err)
{
	struct renewal *r = &p->renewal;

	/* What web or signal refused `keys` may have: it signs with both. */
	log_write(LEVEL_ERROR, "certificates",
	          "changed files are not used: %s: %s; the old ones stay in force", who,
	          err_text(err));
	/* Web may have taken the new ones already: the same bytes again change nothing. */
	(void)!hand_to(p, ROLE_WEB, &p->holdings.material, NULL);
	/* And so may a worker of signal, where there are several. */
	if (r->step == RENEWAL_SIGNAL && holdings_have(&p->holdings, role_signal(1)))
		hand_to_signal(p, &p->holdings.material);
	material_close(&r->fresh);
	r->step = RENEWAL_NONE;
	/* Who was just away is asked again; who refused would refuse again. */
	if (err == ERR_CLOSED || err == ERR_AGAIN)
		r->stamp = 0;
}

/* Its workers have them one after the other: each knows them before the next is asked. */
static void go_to_signal(struct parent *p, unsigned worker);

static void on_signal(struct parent *p, enum role from, enum err result)
{
	unsigned next = role_worker(from) + 1;

	if (p->renewal.step != RENEWAL_SIGNAL)
		return;
	/* One that died meanwhile would start with the old ones. */
	if (result != ERR_NONE) {
		fail(p, role_name(from), result);
		return;
	}
	if (next < MAX_SIGNAL_WORKERS && holdings_have(&p->holdings, role_signal(next))) {
		go_to_signal(p, next);
		return;
	}
	put_in_force(p);
	log_write(LEVEL_NOTICE, "certificates", "changed files were read again and are in force");
}

static void go_to_signal(struct parent *p, unsigned worker)
{
	enum err err = hand_to(p, role_signal(worker), &p->renewal.fresh, on_signal);

	p->renewal.step = RENEWAL_SIGNAL;
	if (err != ERR_NONE)
		on_signal(p, role_signal(worker), err == ERR_NOT_FOUND ? ERR_NONE : err);
}

static void on_web(struct parent *p, enum role from, enum err result)
{
	if (p->renewal.step != RENEWAL_WEB)
		return;
	if (result == ERR_NONE)
		go_to_signal(p, 0);
	else
		fail(p, role_name(from), result);
}

static void go_to_web(struct parent *p)
{
	enum err err = hand_to(p, ROLE_WEB, &p->renewal.fresh, on_web);

	p->renewal.step = RENEWAL_WEB;
	if (err != ERR_NONE)
		on_web(p, ROLE_WEB, err == ERR_NOT_FOUND ? ERR_NONE : err);
}

static void on_keys(struct parent *p, enum role from, enum err result)
{
	if (p->renewal.step != RENEWAL_KEYS)
		return;
	if (result == ERR_NONE)
		go_to_web(p);
	else
		fail(p, role_name(from), result);
}

static void renew(struct parent *p)
{
	struct renewal *r = &p->renewal;
	char text[WORDS_MAX];
	struct buffer words = buffer_on(text, sizeof(text) - 1);
	enum err err = material_read(p->settings, &r->fresh, &words);

	text[words.len] = 0;
	if (err != ERR_NONE) {
		r->fresh = MATERIAL_NONE;
		fail(p, text, err);
		return;
	}
	/* First who signs: it does so with the old ones too. */
	r->step = RENEWAL_KEYS;
	err = hand_to(p, ROLE_KEYS, &r->fresh, on_keys);
	if (err != ERR_NONE)
		on_keys(p, ROLE_KEYS, err == ERR_NOT_FOUND ? ERR_NONE : err);
}

void certificates_advance(struct parent *p, struct now now)
{
	struct renewal *r = &p->renewal;
	uint64_t stamp;

	if (p->holdings.interface || now.us < r->due_us || p->is_ending)
		return;
	r->due_us = now.us + LOOK_US;
	if (r->step != RENEWAL_NONE || p->apply.is_open)
		return;
	stamp = material_stamp(p->settings);
	/* A file that was refused is read again once it is another one. */
	if (stamp == r->stamp)
		return;
	r->stamp = stamp;
	renew(p);
}

/* ---- a configuration that is applied ---- */

enum err certificates_apply(struct parent *p, const struct conf_tree *t, struct buffer *words)
{
	struct renewal *r = &p->renewal;
	enum err err;

	if (p->holdings.interface)
		return ERR_NONE;
	/* Whoever is asked about a renewal that is under way answers of this one. */
	material_close(&r->fresh);
	r->step = RENEWAL_NONE;
	r->fresh = MATERIAL_NONE;
	err = acme_prepare(t, words);
	if (err == ERR_NONE)
		err = material_read(t, &r->fresh, words);
	if (err != ERR_NONE) {
		r->fresh = MATERIAL_NONE;
		return err;
	}
	r->stamp = material_stamp(t);
	r->step = RENEWAL_APPLY;
	return ERR_NONE;
}

void certificates_offer(struct parent *p)
{
	if (p->renewal.step != RENEWAL_APPLY)
		return;
	(void)!hand_to(p, ROLE_KEYS, &p->renewal.fresh, NULL);
	(void)!hand_to(p, ROLE_WEB, &p->renewal.fresh, NULL);
	hand_to_signal(p, &p->renewal.fresh);
}

void certificates_settle(struct parent *p, enum err result)
{
	if (p->renewal.step != RENEWAL_APPLY)
		return;
	if (result == ERR_NONE) {
		put_in_force(p);
		note_roles(p, p->settings);
		return;
	}
	(void)!hand_to(p, ROLE_KEYS, &p->holdings.material, NULL);
	(void)!hand_to(p, ROLE_WEB, &p->holdings.material, NULL);
	hand_to_signal(p, &p->holdings.material);
	material_close(&p->renewal.fresh);
	p->renewal.step = RENEWAL_NONE;
}
