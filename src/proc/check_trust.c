/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, listeners and peers that contradict each other. What is in files is not looked
 * at here: they may be elsewhere than where a configuration is checked. */
#include "proc/check_priv.h"

#include "border/options.h"
#include "transport/options.h"

struct checking {
	const struct conf_tree *tree;
	struct conf_report *report;
	const struct border_peer *peers;
	const struct transport_signalling *rows;
	size_t peer_count, row_count;
};

static struct conf_check at(const struct checking *c, const struct conf_block *block, size_t row)
{
	return (struct conf_check){ c->tree, block, row, c->report };
}

static const struct transport_signalling *row_of(const struct checking *c, size_t peer)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].peer == peer)
			return &c->rows[i];
	return NULL;
}

static struct checking checking_of(const struct conf_tree *t, struct conf_report *report)
{
	struct checking c = { .tree = t, .report = report };

	c.peers = conf_get(t, &border_peer_block, &c.peer_count);
	c.rows = conf_get(t, &transport_signalling_block, &c.row_count);
	return c;
}

bool check_is_mutual(const struct conf_tree *t, size_t peer)
{
	struct checking c = checking_of(t, NULL);
	const struct transport_signalling *row = row_of(&c, peer);

	return row && row->mode == SIGNALLING_MUTUAL;
}

static void check_shown(const struct checking *c)
{
	size_t count;
	const struct transport_side *sides = conf_get(c->tree, &transport_side_block, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check own = at(c, &transport_side_block, i);

		for (unsigned j = 0; j < sides[i].certificate_count; j++)
			if (conf_row_of(c->tree, &transport_certificate_block,
			                view_of(sides[i].certificates[j])) == CONF_NO_ROW)
				conf_object(&own, "certificate", NULL,
				            "no certificate block has that name",
				            "write certificate NAME { chain PATH  key PATH }");
	}
}

static void check_name(const struct checking *c, size_t i)
{
	const struct transport_signalling *row = &c->rows[i];
	struct conf_check own = at(c, &transport_signalling_block, i);
	struct conf_check peer = at(c, &border_peer_block, row->peer);

	if (row->name[0] || row->pin_key_count || c->peers[row->peer].host[0])
		return;
	conf_object_to((struct conf_claim){ &own, CONF_BARE },
	               (struct conf_claim){ &peer, "address" },
	               "it is not said which name its certificate has to show",
	               "write `name sip.example.com`, or a name in place of the address");
}

static void check_authority(const struct checking *c, size_t i)
{
	const struct transport_signalling *row = &c->rows[i];
	const struct transport_authorities *all =
		conf_get(c->tree, &transport_authorities_block, NULL);
	struct conf_check own = at(c, &transport_signalling_block, i);
	struct conf_check peer = at(c, &border_peer_block, row->peer);

	if (row->authority[0] || all->file[0])
		return;
	conf_object_to((struct conf_claim){ &own, CONF_BARE }, (struct conf_claim){ &peer, NULL },
	               "nobody is named whose signature on its certificate counts",
	               "write `authority PATH` there, or a block `authorities { file PATH }`");
}

static void check_row(const struct checking *c, size_t i)
{
	const struct transport_signalling *row = &c->rows[i];
	struct conf_check own = at(c, &transport_signalling_block, i);
	struct conf_check peer = at(c, &border_peer_block, row->peer);
	bool is_tls = border_peer_transport(&c->peers[row->peer]) == TRANSPORT_TLS;
	const struct transport_signalling *first = row_of(c, row->peer);

	if (first != row)
		conf_object_to((struct conf_claim){ &own, CONF_BARE },
		               (struct conf_claim){
				       &(struct conf_check){ c->tree, &transport_signalling_block,
		                                             (size_t)(first - c->rows), c->report },
				       CONF_BARE },
		               "one peer has two of them", "leave one out");
	if (row->mode == SIGNALLING_CLEAR)
		return;
	if (!is_tls)
		conf_object_to((struct conf_claim){ &own, CONF_BARE },
		               (struct conf_claim){ &peer, "address" },
		               "signalling is TLS, but requests to it would go out without",
		               "write `address sips:HOST:PORT`, or `transport tls`");
	check_name(c, i);
	check_authority(c, i);
}

/* Who is called by TLS and may be anybody is called in vain. */
static void check_peers(const struct checking *c)
{
	for (size_t i = 0; i < c->peer_count; i++) {
		const struct transport_signalling *row = row_of(c, i);
		struct conf_check own = at(c, &border_peer_block, i);

		if (border_peer_transport(&c->peers[i]) == TRANSPORT_TLS &&
		    (!row || row->mode == SIGNALLING_CLEAR))
			conf_object(&own, c->peers[i].is_sips ? "address" : "transport", NULL,
			            "it is called by TLS, and it is not said who has to answer",
			            "write `signalling tls  name NAME  authority PATH`");
	}
}

void check_trust(const struct conf_tree *t, struct conf_report *report)
{
	struct checking c = checking_of(t, report);

	check_shown(&c);
	for (size_t i = 0; i < c.row_count; i++)
		if (c.rows[i].peer < c.peer_count)
			check_row(&c, i);
	check_peers(&c);
}
