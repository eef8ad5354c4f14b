/* SPDX-License-Identifier: Apache-2.0 */
/* Files, a socket and a program, for who has none of them. */
#include "proc/acme.h"

#include "acme/url.h"
#include "conf/tree.h"
#include "keys/bundle.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/shared.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "os/spawn.h"
#include "proc/parent_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOOK_US = 120 * SECOND_US, FRESH_TRIES = 1000, FRESH_NS = 10 * 1000 * 1000 };

static struct ask row;

/* ---- before the first one ---- */

static enum err start(const char *program, struct spawn *s, pid_t *ret)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	enum err err;

	if (nothing < 0)
		return ERR_IO;
	s->program = program;
	s->channel = nothing;
	err = spawn_start(s, ret);
	(void)close(nothing);
	return err;
}

/* Ten seconds at most: making a key takes milliseconds. */
static enum err wait_for(pid_t pid)
{
	const struct timespec nap = { .tv_nsec = FRESH_NS };
	int status = 0;

	for (int i = 0; i < FRESH_TRIES; i++) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ERR_NONE : ERR_IO;
		if (ended < 0 && errno != EINTR)
			return ERR_IO;
		(void)nanosleep(&nap, NULL);
	}
	(void)!spawn_kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return ERR_STALE;
}

static enum err make(struct spawn *s)
{
	char program[4096];
	pid_t pid;
	enum err err = spawn_sibling("certificates", program, sizeof(program));

	if (err == ERR_NONE && !spawn_is_program(program))
		err = spawn_sibling("ringfence-certificates", program, sizeof(program));
	if (err == ERR_NONE)
		err = start(program, s, &pid);
	return err == ERR_NONE ? wait_for(pid) : err;
}

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

static enum err make_account(const struct acme_options *o)
{
	struct spawn s = { .arguments = { "fresh", "--key", o->key } };

	return is_there(o->key) ? ERR_NONE : make(&s);
}

static enum err make_first(const struct transport_certificate *c)
{
	struct spawn s = { .arguments = { "fresh", "--key", c->key, "--chain", c->chain } };

	for (unsigned i = 0; i < c->name_count; i++)
		s.arguments[5 + i] = c->names[i];
	return is_there(c->key) && is_there(c->chain) ? ERR_NONE : make(&s);
}

static enum err refuse_first(struct buffer *words, const char *what, const char *name, enum err err)
{
	buffer_text(words, what);
	buffer_text(words, name);
	buffer_text(words, ": its first key or certificate cannot be made where it is to stand");
	return err;
}

enum err acme_prepare(const struct conf_tree *t, struct buffer *words)
{
	size_t count, own_count;
	const struct acme_options *list = conf_get(t, &acme_block, &count);
	const struct transport_certificate *own =
		conf_get(t, &transport_certificate_block, &own_count);
	enum err err;

	for (size_t i = 0; i < count; i++) {
		err = make_account(&list[i]);
		if (err != ERR_NONE)
			return refuse_first(words, "acme ", list[i].name, err);
	}
	for (size_t i = 0; i < own_count; i++) {
		if (own[i].acme >= count)
			continue;
		err = make_first(&own[i]);
		if (err != ERR_NONE)
			return refuse_first(words, "certificate ", own[i].name, err);
	}
	return ERR_NONE;
}

bool acme_is_used(const struct conf_tree *t)
{
	size_t count;

	(void)conf_get(t, &acme_block, &count);
	return count > 0;
}

/* ---- answers ---- */

static void answer(struct parent *p, const struct ask_head *question, enum err err)
{
	memset(&row.head, 0, sizeof(row.head));
	row.head.result = (uint8_t)err;
	row.head.is_last = 1;
	relay_answer(p, (enum role)question->from, question, &row);
}

static bool ends(const char *text, size_t size) { return memchr(text, 0, size) != NULL; }

static const struct acme_options *account_of(const struct parent *p, const char *name)
{
	size_t count;
	const struct acme_options *list = conf_get(p->settings, &acme_block, &count);

	for (size_t i = 0; i < count; i++)
		if (view_equal(view_of(list[i].name), view_of(name)))
			return &list[i];
	return NULL;
}

/* Whether some certificate asks that account for the name. */
static bool is_wished(const struct parent *p, const struct acme_options *o, const char *name)
{
	size_t count, own_count;
	const struct acme_options *list = conf_get(p->settings, &acme_block, &count);
	const struct transport_certificate *own =
		conf_get(p->settings, &transport_certificate_block, &own_count);

	for (size_t i = 0; i < own_count; i++)
		for (unsigned k = 0; own[i].acme < count && k < own[i].name_count; k++)
			if (&list[own[i].acme] == o &&
			    view_equal_nocase(view_of(own[i].names[k]), view_of(name)))
				return true;
	return false;
}

void acme_open_answer(struct parent *p, const struct ask *question)
{
	const struct acme_wish *wish = &question->body.acme_wish;
	struct ask_head head = question->head;
	const struct acme_options *o = NULL;
	char text[ADDR_TEXT_MAX];
	int fd = -1;
	enum err err = head.size == sizeof(*wish) && ends(wish->account, sizeof(wish->account))
	                     ? ERR_NONE
	                     : ERR_SYNTAX;

	if (err == ERR_NONE)
		o = account_of(p, wish->account);
	if (err == ERR_NONE && (!o || o->proof != ACME_BY_HTTP))
		err = ERR_DENIED;
	if (err == ERR_NONE) {
		err = socket_tcp_listen(&o->listen, &fd);
		if (err != ERR_NONE)
			log_write(LEVEL_WARNING, "acme", "%s cannot be listened at: %s",
			          addr_text(&o->listen, text), err_text(err));
	}
	if (err == ERR_NONE) {
		row.head = (struct ask_head){ .is_last = 1 };
		err = relay_give(p, (enum role)head.from, &head, &row, fd);
		socket_close(&fd);
		if (err == ERR_NONE)
			return;
	}
	answer(p, &head, err);
}

/* ---- the hook ---- */

static enum err start_hook(struct parent *p, const struct acme_record *r)
{
	const struct acme_options *o;
	char name[ACME_NAME_SIZE + 32];
	struct spawn s = { .arguments = { r->is_over ? "remove" : "add", name, r->value } };

	if (!ends(r->account, sizeof(r->account)) || !ends(r->domain, sizeof(r->domain)) ||
	    !ends(r->value, sizeof(r->value)) || !acme_is_token(view_of(r->value)))
		return ERR_SYNTAX;
	o = account_of(p, r->account);
	if (!o || o->proof != ACME_BY_DNS || !is_wished(p, o, r->domain))
		return ERR_DENIED;
	if (p->acme.pid > 0)
		return ERR_AGAIN;
	(void)snprintf(name, sizeof(name), "_acme-challenge.%s", r->domain);
	return start(o->hook, &s, &p->acme.pid);
}

void acme_record_answer(struct parent *p, const struct ask *question)
{
	struct acme_record r = question->body.acme_record;
	struct ask_head head = question->head;
	enum err err = head.size == sizeof(r) ? start_hook(p, &r) : ERR_SYNTAX;

	if (err != ERR_NONE) {
		log_write(LEVEL_WARNING, "acme", "the hook is not called: %s", err_text(err));
		answer(p, &head, err);
		return;
	}
	p->acme.hook = head;
	p->acme.due_us = clock_now().us + HOOK_US;
}

void acme_reaped(struct parent *p, const struct spawn_end *end)
{
	if (p->acme.pid <= 0 || end->pid != p->acme.pid)
		return;
	p->acme.pid = 0;
	if (end->status != 0)
		log_write(LEVEL_WARNING, "acme", "the hook ended by %s %d",
		          end->number ? "signal" : "status",
		          end->number ? end->number : end->status);
	answer(p, &p->acme.hook, end->status == 0 ? ERR_NONE : ERR_IO);
}

void acme_advance(struct parent *p, struct now now)
{
	if (p->acme.pid > 0 && now.us >= p->acme.due_us) {
		log_write(LEVEL_WARNING, "acme", "the hook does not come to an end: it is ended");
		(void)!spawn_kill(p->acme.pid, SIGKILL);
		p->acme.due_us = now.us + HOOK_US;
	}
}

/* ---- the chain ---- */

static const struct transport_certificate *certificate_of(const struct parent *p, const char *name)
{
	size_t count;
	const struct transport_certificate *own =
		conf_get(p->settings, &transport_certificate_block, &count);

	for (size_t i = 0; i < count; i++)
		if (view_equal(view_of(own[i].name), view_of(name)))
			return &own[i];
	return NULL;
}

static enum err write_chain(const char *path, struct view bytes)
{
	char beside[TLS_PATH_SIZE + 8];
	size_t at = 0;
	bool is_good;
	int fd;

	(void)snprintf(beside, sizeof(beside), "%s.new", path);
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_IO;
	while (at < bytes.len) {
		ssize_t put = write(fd, bytes.at + at, bytes.len - at);

		if (put <= 0)
			break;
		at += (size_t)put;
	}
	is_good = at == bytes.len && fsync(fd) == 0;
	is_good = close(fd) == 0 && is_good && rename(beside, path) == 0;
	return is_good ? ERR_NONE : ERR_IO;
}

static void finish(struct parent *p, enum err err)
{
	p->acme.total = 0;
	p->acme.is_judged = false;
	answer(p, &p->acme.chain, err);
}

static void on_fits(struct parent *p, enum role from, enum err result)
{
	struct acme_parent *a = &p->acme;
	const struct transport_certificate *own = certificate_of(p, a->certificate);

	(void)from;
	if (!a->is_judged)
		return;
	if (result == ERR_NONE)
		result =
			own ? write_chain(own->chain, view_bytes(a->bytes, a->len)) : ERR_NOT_FOUND;
	if (result == ERR_NONE)
		p->renewal.due_us = p->tick_us = 0; /* read it now */
	else if (own && result == ERR_IO)
		log_write(LEVEL_ERROR, "acme", "%s cannot be written", own->chain);
	finish(p, result);
}

static enum err have_judged(struct parent *p)
{
	struct acme_parent *a = &p->acme;
	const struct transport_certificate *own = certificate_of(p, a->certificate);
	size_t count, max = a->len + 256;
	const struct acme_options *list = conf_get(p->settings, &acme_block, &count);
	char *storage = malloc(max);
	struct buffer b = buffer_on(storage, storage ? max : 0);
	int fd = -1;
	enum err err = storage ? ERR_NONE : ERR_NO_MEMORY;

	memset(&row, 0, sizeof(row.head));
	row.head.kind = ASK_ACME_FITS;
	row.head.size = sizeof(row.body.acme_wish);
	if (err == ERR_NONE && (!own || !acme_wish_of(own, list, count, &row.body.acme_wish)))
		err = ERR_DENIED;
	if (err == ERR_NONE)
		err = keys_bundle_put(&b, KEYS_CHAIN, view_of(a->certificate),
		                      view_bytes(a->bytes, a->len));
	if (err == ERR_NONE)
		err = shared_create_sealed("chain", buffer_view(&b), &fd);
	if (err == ERR_NONE)
		err = relay_ask(p, ROLE_KEYS, &row, fd, on_fits);
	socket_close(&fd);
	free(storage);
	return err;
}

/* One part behind the other, of one chain. */
static enum err take_piece(struct acme_parent *a, const struct acme_piece *piece)
{
	if (!ends(piece->certificate, sizeof(piece->certificate)) || piece->len == 0 ||
	    piece->len > ACME_PIECE_MAX || piece->total > ACME_CHAIN_MAX)
		return ERR_SYNTAX;
	if (a->is_judged)
		return ERR_AGAIN;
	if (!a->bytes)
		a->bytes = malloc(ACME_CHAIN_MAX);
	if (!a->bytes)
		return ERR_NO_MEMORY;
	if (piece->at == 0) {
		a->len = 0;
		a->total = piece->total;
		memcpy(a->certificate, piece->certificate, sizeof(a->certificate));
	}
	if (piece->at != a->len || piece->total != a->total || piece->len > a->total - a->len ||
	    memcmp(a->certificate, piece->certificate, sizeof(a->certificate)) != 0)
		return ERR_SYNTAX;
	memcpy(a->bytes + a->len, piece->bytes, piece->len);
	a->len += piece->len;
	return ERR_NONE;
}

void acme_chain_answer(struct parent *p, const struct ask *question)
{
	struct acme_parent *a = &p->acme;
	struct ask_head head = question->head;
	enum err err = head.size == sizeof(question->body.acme_piece)
	                     ? take_piece(a, &question->body.acme_piece)
	                     : ERR_SYNTAX;

	if (err == ERR_NONE && a->len == a->total) {
		a->chain = head;
		a->is_judged = true;
		err = have_judged(p);
		if (err == ERR_NONE)
			return;
		a->is_judged = false;
	}
	answer(p, &head, err);
}
