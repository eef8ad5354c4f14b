/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what the tree names, once for each who names it. */
#include "proc/material.h"

#include "acme/options.h"
#include "base/hash.h"
#include "base/secret.h"
#include "border/options.h"
#include "keys/bundle.h"
#include "os/log.h"
#include "os/shared.h"
#include "os/socket.h"
#include "transport/tls_options.h"
#include "web/control_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One file that somebody names. */
struct wanted {
	enum keys_kind kind;
	const char *owner, *path; /* owner: the block's label */
	bool is_control;          /* for the listener of servers, which is web's */
	bool may_be_absent;       /* ACME makes it */
};

struct walk {
	const struct conf_tree *tree;
	enum err (*take)(void *context, const struct wanted *w);
	void *context;
};

static enum err take(const struct walk *w, enum keys_kind kind, const char *owner, const char *path)
{
	return path[0] ? w->take(w->context, &(struct wanted){ kind, owner, path }) : ERR_NONE;
}

static enum err take_made(const struct walk *w, enum keys_kind kind, const char *owner,
                          const char *path)
{
	return w->take(w->context, &(struct wanted){ kind, owner, path, .may_be_absent = true });
}

static enum err walk_accounts(const struct walk *w)
{
	size_t count;
	const struct acme_options *list = conf_get(w->tree, &acme_block, &count);
	enum err err = ERR_NONE;

	for (size_t i = 0; i < count && err == ERR_NONE; i++)
		err = take_made(w, KEYS_ACCOUNT, list[i].name, list[i].key);
	return err;
}

static enum err walk_own(const struct walk *w)
{
	size_t count;
	const struct transport_certificate *own =
		conf_get(w->tree, &transport_certificate_block, &count);
	enum err err = ERR_NONE;

	for (size_t i = 0; i < count && err == ERR_NONE; i++) {
		bool is_made = own[i].acme != CONF_NO_ROW;

		err = (is_made ? take_made : take)(w, KEYS_CHAIN, own[i].name, own[i].chain);
		if (err == ERR_NONE)
			err = (is_made ? take_made : take)(w, KEYS_PRIVATE, own[i].name,
			                                   own[i].key);
		if (err == ERR_NONE)
			err = take(w, KEYS_STAPLE, own[i].name, own[i].staple);
	}
	return err;
}

static enum err walk_peers(const struct walk *w)
{
	size_t count, peer_count;
	const struct border_peer *peers = conf_get(w->tree, &border_peer_block, &peer_count);
	const struct transport_signalling *rows =
		conf_get(w->tree, &transport_signalling_block, &count);
	enum err err = ERR_NONE;

	for (size_t i = 0; i < count && err == ERR_NONE; i++) {
		if (rows[i].peer >= peer_count)
			continue;
		err = take(w, KEYS_AUTHORITY, peers[rows[i].peer].name, rows[i].authority);
		if (err == ERR_NONE)
			err = take(w, KEYS_REVOKED, peers[rows[i].peer].name, rows[i].revoked);
	}
	return err;
}

static enum err walk_control(const struct walk *w)
{
	const struct web_control_options *o = conf_get(w->tree, &web_control_block, NULL);
	size_t count;
	const struct transport_certificate *own =
		conf_get(w->tree, &transport_certificate_block, &count);
	struct wanted files[3];
	enum err err = ERR_NONE;

	if (!o || o->listen.family == 0 || o->certificate >= count)
		return ERR_NONE;
	own += o->certificate;
	files[0] = (struct wanted){ KEYS_CHAIN, "control", own->chain, true };
	files[1] = (struct wanted){ KEYS_AUTHORITY, "control", o->authority, true };
	files[2] = (struct wanted){ KEYS_REVOKED, "control", o->revoked, true };
	files[0].may_be_absent = own->acme != CONF_NO_ROW;
	for (unsigned i = 0; i < 3 && err == ERR_NONE; i++)
		if (files[i].path[0])
			err = w->take(w->context, &files[i]);
	return err;
}

static enum err walk(const struct walk *w)
{
	const struct transport_authorities *all =
		conf_get(w->tree, &transport_authorities_block, NULL);
	enum err err = walk_own(w);

	if (err == ERR_NONE && all)
		err = take(w, KEYS_AUTHORITY, "", all->file);
	if (err == ERR_NONE)
		err = walk_accounts(w);
	if (err == ERR_NONE)
		err = walk_control(w);
	return err == ERR_NONE ? walk_peers(w) : err;
}

/* ---- reading ---- */

struct reading {
	char *file; /* MAX_KEYS_FILE */
	struct buffer public, secret, control;
	struct buffer *words;
};

static enum err read_all(int fd, char *ret, size_t *ret_len)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, ret + len, MAX_KEYS_FILE - len)) > 0)
		len += (size_t)got;
	if (got < 0)
		return ERR_IO;
	*ret_len = len;
	/* One that fills it all may be longer. */
	return len == MAX_KEYS_FILE ? ERR_LIMIT : ERR_NONE;
}

static enum err open_file(const struct wanted *w, int *ret_fd)
{
	int fd = open(w->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat about;

	if (fd < 0)
		return errno == ENOENT                   ? ERR_NOT_FOUND
		     : errno == EACCES || errno == EPERM ? ERR_DENIED
		                                         : ERR_IO;
	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
		(void)close(fd);
		return ERR_IO;
	}
	if ((w->kind == KEYS_PRIVATE || w->kind == KEYS_ACCOUNT) &&
	    (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_write(LEVEL_WARNING, "key",
		          "%s may be read by others than its owner: chmod 600", w->path);
	*ret_fd = fd;
	return ERR_NONE;
}

static enum keys_kind of_control(enum keys_kind kind)
{
	return kind == KEYS_CHAIN     ? KEYS_CONTROL_CHAIN
	     : kind == KEYS_AUTHORITY ? KEYS_CONTROL_AUTHORITY
	                              : KEYS_CONTROL_REVOKED;
}

static enum err read_one(void *context, const struct wanted *w)
{
	static const char *const kinds[] = {
		[KEYS_CHAIN] = "chain of certificate",  [KEYS_PRIVATE] = "key of certificate",
		[KEYS_ACCOUNT] = "key of acme",         [KEYS_AUTHORITY] = "authority of peer",
		[KEYS_REVOKED] = "revocations of peer", [KEYS_STAPLE] = "staple of certificate"
	};
	struct reading *r = context;
	size_t len = 0;
	int fd = -1;
	enum err err = open_file(w, &fd);

	/* Who fetches it may not have been there yet. */
	if (w->kind == KEYS_STAPLE && err == ERR_NOT_FOUND) {
		log_write(LEVEL_WARNING, "tls", "%s is not there: no staple is shown", w->path);
		return ERR_NONE;
	}
	if (err == ERR_NOT_FOUND && w->may_be_absent)
		return ERR_NONE;
	if (err == ERR_NONE) {
		err = read_all(fd, r->file, &len);
		(void)close(fd);
	}
	if (err == ERR_NONE && w->is_control)
		err = keys_bundle_put(&r->control, w->kind, view_of(w->owner),
		                      view_bytes(r->file, len));
	if (err == ERR_NONE && w->kind != KEYS_PRIVATE && w->kind != KEYS_ACCOUNT && !w->is_control)
		err = keys_bundle_put(&r->public, w->kind, view_of(w->owner),
		                      view_bytes(r->file, len));
	/* What `keys` looks at too: whether a key belongs to its chain, and when all this ends. */
	if (err == ERR_NONE)
		err = keys_bundle_put(&r->secret, w->is_control ? of_control(w->kind) : w->kind,
		                      view_of(w->owner), view_bytes(r->file, len));
	if (err == ERR_NONE)
		return err;
	buffer_text(r->words, w->owner[0] ? kinds[w->kind] : "authorities");
	buffer_text(r->words, w->owner[0] ? " " : "");
	buffer_text(r->words, w->owner);
	buffer_text(r->words, ": ");
	buffer_text(r->words, w->path);
	buffer_text(r->words, ": ");
	buffer_text(r->words, err_text(err));
	return err;
}

static enum err seal(const char *name, const struct buffer *b, int *ret_fd)
{
	return b->len > 0 ? shared_create_sealed(name, buffer_view(b), ret_fd) : ERR_NONE;
}

enum err material_read(const struct conf_tree *t, struct material *ret, struct buffer *words)
{
	enum { SECRET_MAX = MAX_KEYS_BUNDLE };
	struct reading r = { .words = words };
	char *public = malloc(MAX_KEYS_BUNDLE), *secret = malloc(SECRET_MAX),
	     *control = malloc(MAX_KEYS_BUNDLE);
	struct material m = MATERIAL_NONE;
	enum err err = ERR_NO_MEMORY;

	r.file = malloc(MAX_KEYS_FILE);
	if (r.file && public && secret && control) {
		r.control = buffer_on(control, MAX_KEYS_BUNDLE);
		r.public = buffer_on(public, MAX_KEYS_BUNDLE);
		r.secret = buffer_on(secret, SECRET_MAX);
		err = walk(&(struct walk){ t, read_one, &r });
	}
	if (err == ERR_NONE)
		err = seal("material", &r.public, &m.public);
	if (err == ERR_NONE)
		err = seal("keys", &r.secret, &m.secret);
	if (err == ERR_NONE)
		err = seal("control", &r.control, &m.control);
	if (r.file)
		secret_wipe(r.file, MAX_KEYS_FILE);
	if (secret)
		secret_wipe(secret, SECRET_MAX);
	free(r.file);
	free(public);
	free(control);
	free(secret);
	if (err == ERR_NONE)
		*ret = m;
	else
		material_close(&m);
	return err;
}

void material_close(struct material *m)
{
	socket_close(&m->public);
	socket_close(&m->secret);
	socket_close(&m->control);
}

/* ---- watching ---- */

static enum err stamp_one(void *context, const struct wanted *w)
{
	static const struct hash_key none;
	uint64_t *stamp = context;
	struct stat about = { 0 };
	uint64_t words[6] = { *stamp };

	if (stat(w->path, &about) == 0) {
		words[1] = (uint64_t)about.st_ino;
		words[2] = (uint64_t)about.st_dev;
		words[3] = (uint64_t)about.st_size;
		words[4] = (uint64_t)about.st_mtim.tv_sec;
		words[5] = (uint64_t)about.st_mtim.tv_nsec;
	}
	*stamp = hash_quick(&none, words, sizeof(words));
	return ERR_NONE;
}

uint64_t material_stamp(const struct conf_tree *t)
{
	uint64_t stamp = 0;

	(void)!walk(&(struct walk){ t, stamp_one, &stamp });
	return stamp;
}
