/* SPDX-License-Identifier: Apache-2.0 */
/* The program behind `ringfence certificates`: it alone knows both the tables of the
 * configuration and how certificates are made. */
#include "acme/options.h"
#include "border/options.h"
#include "cli/certificates.h"
#include "proc/settings.h"
#include "transport/tls_options.h"
#include "web/control_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TLS_PORT = 5061 };

static struct conf_tree *tree;

static void name_file(struct certificates_config *c, const char *what, const char *label,
                      const char *path)
{
	struct certificates_named *n = &c->named[c->named_count];

	if (!path[0] || c->named_count == MAX_CERTIFICATES_NAMED)
		return;
	(void)snprintf(n->by, sizeof(n->by), "%s%s%s", what, label[0] ? " " : "", label);
	(void)VIEW_COPY(view_of(path), n->path);
	c->named_count++;
}

static const struct transport_certificate *certificate_of(uint16_t row)
{
	size_t count;
	const struct transport_certificate *list =
		conf_get(tree, &transport_certificate_block, &count);

	return row < count ? &list[row] : NULL;
}

static void copy_signalling(const struct transport_signalling *s, struct certificates_peer *ret)
{
	const struct transport_certificate *own = certificate_of(s->certificate);

	/* The first one is what a side shows where nothing is written. */
	if (!own && s->mode == SIGNALLING_MUTUAL)
		own = certificate_of(0);
	(void)VIEW_COPY(view_of(s->name), ret->identity);
	(void)VIEW_COPY(view_of(s->revoked), ret->crl);
	if (s->authority[0])
		(void)VIEW_COPY(view_of(s->authority), ret->authority);
	if (own) {
		(void)VIEW_COPY(view_of(own->chain), ret->chain);
		(void)VIEW_COPY(view_of(own->key), ret->key);
	}
}

static bool find_peer(const char *name, struct certificates_peer *ret)
{
	size_t peer_count, count;
	const struct border_peer *peers = conf_get(tree, &border_peer_block, &peer_count);
	const struct transport_signalling *rows =
		conf_get(tree, &transport_signalling_block, &count);
	const struct transport_authorities *all =
		conf_get(tree, &transport_authorities_block, NULL);

	for (size_t i = 0; i < peer_count; i++) {
		char address[ADDR_TEXT_MAX];
		struct buffer b = BUFFER_ON(address);

		if (!view_equal(view_of(peers[i].name), view_of(name)))
			continue;
		addr_write(&b, &peers[i].address);
		(void)VIEW_COPY(view_of(name), ret->name);
		(void)VIEW_COPY(peers[i].host[0] ? view_of(peers[i].host) : buffer_view(&b),
		                ret->host);
		ret->port = peers[i].address.port ? peers[i].address.port : TLS_PORT;
		/* Of a name DNS may say that it is reached by TLS. */
		ret->is_clear =
			!peers[i].host[0] && border_peer_transport(&peers[i]) != TRANSPORT_TLS;
		if (all)
			(void)VIEW_COPY(view_of(all->file), ret->authority);
		for (size_t k = 0; k < count; k++)
			if (rows[k].peer == i)
				copy_signalling(&rows[k], ret);
		return true;
	}
	return false;
}

static void name_all(struct certificates_config *c)
{
	size_t count, peer_count, account_count;
	const struct transport_certificate *own =
		conf_get(tree, &transport_certificate_block, &count);
	const struct acme_options *accounts = conf_get(tree, &acme_block, &account_count);
	const struct transport_authorities *all =
		conf_get(tree, &transport_authorities_block, NULL);
	const struct border_peer *peers = conf_get(tree, &border_peer_block, &peer_count);
	const struct web_control_options *control = conf_get(tree, &web_control_block, NULL);
	const struct transport_signalling *rows;

	for (size_t i = 0; i < count; i++) {
		size_t was = c->named_count;

		name_file(c, "certificate", own[i].name, own[i].chain);
		if (own[i].acme < account_count && c->named_count > was)
			(void)VIEW_COPY(view_of(accounts[own[i].acme].name), c->named[was].acme);
	}
	if (all)
		name_file(c, "authorities", "", all->file);
	if (control->listen.family) {
		name_file(c, "authority of", "control", control->authority);
		name_file(c, "revocations of", "control", control->revoked);
	}
	rows = conf_get(tree, &transport_signalling_block, &count);
	for (size_t i = 0; i < count; i++) {
		const char *peer = rows[i].peer < peer_count ? peers[rows[i].peer].name : "";

		name_file(c, "authority of", peer, rows[i].authority);
		name_file(c, "revocations of", peer, rows[i].revoked);
	}
}

/* A file that is not there or not ours to read is told as that, not as one with mistakes. */
static enum err read_tree(const char *path)
{
	static struct conf_report report;
	char *text = NULL;
	size_t len;
	enum err err = settings_text(path, &text, &len);

	free(text);
	return err == ERR_NONE ? settings_check(path, VIEW_EMPTY, &tree, &report) : err;
}

static enum cli_exit read_config(const char *path, const struct certificates_config **ret)
{
	static struct certificates_config config = { .find_peer = find_peer };
	const char *named = path ? path : "/etc/ringfence/ringfence.conf";
	enum err err = read_tree(named);

	switch (err) {
	case ERR_NONE:
		name_all(&config);
		*ret = &config;
		return CLI_DONE;
	case ERR_SYNTAX:
		return cli_fail(CLI_CONFIG_INVALID, "%s: %s; see ringfence config check", named,
		                err_text(err));
	case ERR_NOT_FOUND:
		return path ? cli_fail(CLI_NOT_FOUND, "%s is not there", path) : CLI_NOT_FOUND;
	case ERR_DENIED:
		return cli_fail(CLI_NOT_ALLOWED, "%s may not be read by who asks; ask as root",
		                named);
	default:
		return cli_fail(CLI_FAILED, "%s cannot be read: %s", named, err_text(err));
	}
}

int main(int argc, char **argv)
{
	int status = certificates_main(argc, argv, (int64_t)time(NULL), read_config);

	conf_tree_free(&tree);
	return status;
}
