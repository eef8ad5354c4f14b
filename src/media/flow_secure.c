/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that come, change and go. */
#include "media/flow_secure.h"

#include "base/secret.h"

/* Under which the marks of a key are found again; never 0. */
static uint64_t name_of(const struct flow_secure_tools *tools, const struct order_key *key)
{
	return hash_siphash(&tools->names, key, 1 + suite_secret_size(key->suite)) | 1;
}

struct one_way {
	struct srtp *srtp;
	uint64_t *name;
	struct srtp_mark *marks;
	struct flow_former *former; /* FLOW_FORMER_KEYS, the last one first; NULL: none are kept */
};

/* To the marks of another key. */
static void change_marks(const struct one_way *w, uint64_t name)
{
	const size_t size = SRTP_MAX_SOURCES * sizeof(*w->marks);
	struct srtp_mark found[SRTP_MAX_SOURCES] = { 0 };
	size_t at = 0;

	while (w->former && at < FLOW_FORMER_KEYS - 1 && w->former[at].key != name)
		at++;
	if (w->former && w->former[at].key == name)
		memcpy(found, w->former[at].marks, size);
	if (w->former && *w->name != 0) {
		memmove(&w->former[1], &w->former[0], at * sizeof(*w->former));
		w->former[0].key = *w->name;
		memcpy(w->former[0].marks, w->marks, size);
	}
	memcpy(w->marks, found, size);
	*w->name = name;
}

static enum err start(const struct one_way *w, struct flow_secure_tools *tools,
                      const struct order_key *key)
{
	struct srtp_setup setup = { .marks = w->marks, .window = tools->window };
	uint64_t name = name_of(tools, key);

	if (key->suite == SUITE_NONE) {
		rtp_srtp_stop(w->srtp);
		return ERR_NONE;
	}
	if (rtp_srtp_is_started(w->srtp) && *w->name == name)
		return ERR_NONE;
	/* The same key after a restart of ours goes on where it was. */
	if (*w->name != name)
		change_marks(w, name);
	return rtp_srtp_start(w->srtp, &tools->engine, key->suite, key->secret, &setup);
}

static void keep_old(struct flow_secure *s, uint64_t now_us)
{
	rtp_srtp_stop(&s->old);
	s->old = s->in;
	memcpy(s->old_marks, s->marks->in, sizeof(s->old_marks));
	s->old.marks = s->old_marks;
	s->old_until_us = now_us + FLOW_OLD_KEY_US;
	/* OpenSSL's context has moved with it. */
	memset(&s->in, 0, sizeof(s->in));
}

enum err media_secure_key(struct flow_secure *s, struct flow_secure_tools *tools,
                          const struct order_key *in, const struct order_key *out, uint64_t now_us)
{
	struct one_way ins = { &s->in, &s->marks->in_key, s->marks->in, NULL };
	struct one_way outs = { &s->out, &s->marks->out_key, s->marks->out, s->marks->former };
	enum err err;

	if (rtp_srtp_is_started(&s->in) && in->suite != SUITE_NONE &&
	    s->marks->in_key != name_of(tools, in))
		keep_old(s, now_us);
	err = start(&ins, tools, in);
	if (err == ERR_NONE)
		err = start(&outs, tools, out);
	if (err != ERR_NONE)
		media_secure_stop(s);
	return err;
}

void media_secure_forget(struct flow_secure *s)
{
	rtp_srtp_stop(&s->in);
	rtp_srtp_stop(&s->out);
	rtp_srtp_stop(&s->old);
}

void media_secure_stop(struct flow_secure *s)
{
	media_secure_forget(s);
	if (s->marks && (s->marks->in_key != 0 || s->marks->out_key != 0))
		secret_wipe(s->marks, sizeof(*s->marks));
}

static enum err unprotect(struct srtp *s, bool is_rtcp, char *bytes, size_t *len)
{
	return is_rtcp ? rtp_srtcp_unprotect(s, bytes, len) : rtp_srtp_unprotect(s, bytes, len);
}

enum err media_secure_open(struct flow_secure *s, bool is_rtcp, char *bytes, size_t *len,
                           uint64_t now_us)
{
	enum err err;

	if (!rtp_srtp_is_started(&s->in))
		return ERR_LIMIT;
	err = unprotect(&s->in, is_rtcp, bytes, len);
	if (!rtp_srtp_is_started(&s->old))
		return err;
	if (err == ERR_NONE || now_us >= s->old_until_us) {
		rtp_srtp_stop(&s->old);
		return err;
	}
	return unprotect(&s->old, is_rtcp, bytes, len) == ERR_NONE ? ERR_NONE : err;
}

enum err media_secure_seal(struct flow_secure *s, bool is_rtcp, char *bytes, size_t room,
                           size_t *len)
{
	if (!rtp_srtp_is_started(&s->out))
		return ERR_LIMIT;
	return is_rtcp ? rtp_srtcp_protect(&s->out, bytes, room, len)
	               : rtp_srtp_protect(&s->out, bytes, room, len);
}
