/* SPDX-License-Identifier: Apache-2.0 */
/* Names that no authority would vouch for, files that two would write, and a door that is taken. */
#include "proc/check_priv.h"

#include "acme/options.h"
#include "resolve/record.h"
#include "transport/options.h"
#include "web/control_options.h"

struct checking {
	const struct conf_tree *tree;
	struct conf_report *report;
	const struct transport_certificate *own;
	const struct acme_options *accounts;
	size_t own_count, account_count;
};

static struct conf_check at(const struct checking *c, const struct conf_block *block, size_t row)
{
	return (struct conf_check){ c->tree, block, row, c->report };
}

/* RFC 5922 7.2 knows no wildcards; an address is not asked for here. */
static bool is_name(const char *text)
{
	struct view name = view_of(text);
	size_t dot = view_find(name, '.', 0);
	bool has_letter = false;

	for (size_t i = 0; i < name.len; i++)
		has_letter = has_letter || (name.at[i] | 0x20) >= 'a';
	return resolve_is_name(name) && dot < name.len && has_letter;
}

static void check_names(const struct checking *c, size_t i)
{
	struct conf_check own = at(c, &transport_certificate_block, i);

	for (unsigned k = 0; k < c->own[i].name_count; k++)
		if (!is_name(c->own[i].names[k]))
			conf_object(&own, "name", NULL, "that is no name of a host",
			            "write it as sip.example.com, without `*` and address");
}

static bool is_same(const char *a, const char *b) { return view_equal(view_of(a), view_of(b)); }

static void check_files(const struct checking *c, size_t i)
{
	const struct transport_certificate *one = &c->own[i];
	struct conf_check own = at(c, &transport_certificate_block, i);

	if (is_same(one->key, one->chain))
		conf_object(&own, "key", "chain", "both would be written into one file",
		            "name two files");
	for (size_t k = 0; k < c->own_count; k++) {
		struct conf_check other = at(c, &transport_certificate_block, k);

		if (k != i &&
		    (is_same(one->key, c->own[k].key) || is_same(one->chain, c->own[k].chain)))
			conf_object_to(
				(struct conf_claim){ &own, "acme" },
				(struct conf_claim){ &other, NULL },
				"two certificates stand in one file, and one is written anew",
				"name a file of its own for each");
	}
}

/* What outreach may have signed by the one would be signed by the other. */
static void check_account(const struct checking *c, size_t i)
{
	const struct transport_certificate *one = &c->own[i];
	struct conf_check own = at(c, &transport_certificate_block, i);

	for (size_t k = 0; k < c->account_count; k++) {
		struct conf_check account = at(c, &acme_block, k);

		if (is_same(one->key, c->accounts[k].key))
			conf_object_to((struct conf_claim){ &own, "key" },
			               (struct conf_claim){ &account, "key" },
			               "the key of an account is nobody's certificate's (RFC 8555 "
			               "11.1)",
			               "name another file");
	}
}

static bool is_taken(const struct addr *door, const struct addr *other)
{
	struct addr any = *door;

	/* IPv4 lies in the last four bytes. */
	memset(any.bytes + (door->family == 4 ? 12 : 0), 0, door->family == 4 ? 4 : 16);
	return other->family == door->family && other->port == door->port &&
	       (addr_equal(door, other) || addr_equal(&any, door));
}

static void check_door(const struct checking *c, size_t i)
{
	const struct acme_options *o = &c->accounts[i];
	const struct web_control_options *control = conf_get(c->tree, &web_control_block, NULL);
	struct conf_check own = at(c, &acme_block, i);
	size_t count;
	const struct transport_side *sides = conf_get(c->tree, &transport_side_block, &count);

	if (o->proof != ACME_BY_HTTP)
		return;
	if (is_taken(&o->listen, &control->listen)) {
		struct conf_check other = at(c, &web_control_block, 0);

		conf_object_to((struct conf_claim){ &own, "listen" },
		               (struct conf_claim){ &other, "listen" }, "`control` listens there",
		               "give one of them another port");
	}
	for (size_t k = 0; k < count; k++) {
		struct conf_check side = at(c, &transport_side_block, k);

		for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
			struct transport_ends ends =
				transport_side_ends(&sides[k], (enum transport_kind)t);

			for (size_t n = 0; n < ends.count && t != TRANSPORT_UDP; n++)
				if (is_taken(&o->listen, &ends.at[n]))
					conf_object_to((struct conf_claim){ &own, "listen" },
					               (struct conf_claim){
							       &side, flow_transport_word(t) },
					               "a side listens there",
					               "give one of them another port");
		}
	}
}

void check_acme(const struct conf_tree *t, struct conf_report *report)
{
	struct checking c = { .tree = t, .report = report };

	c.own = conf_get(t, &transport_certificate_block, &c.own_count);
	c.accounts = conf_get(t, &acme_block, &c.account_count);
	for (size_t i = 0; i < c.own_count; i++) {
		if (c.own[i].acme != CONF_NO_ROW) {
			check_names(&c, i);
			check_files(&c, i);
		}
		check_account(&c, i);
	}
	for (size_t i = 0; i < c.account_count; i++)
		check_door(&c, i);
}
