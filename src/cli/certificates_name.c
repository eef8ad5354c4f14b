/* SPDX-License-Identifier: Apache-2.0 */
/* Names in certificates: domains, addresses, SIP URIs (RFC 5280 4.2.1.6, RFC 5922 7). */
#include "base/addr.h"
#include "base/buffer.h"
#include "cli/certificates.h"

#include <ctype.h>
#include <string.h>

static bool is_label(struct view label)
{
	if (label.len == 0 || label.len > 63 || label.at[0] == '-' ||
	    label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!isalnum((unsigned char)label.at[i]) && label.at[i] != '-')
			return false;
	return true;
}

/* No wildcard: RFC 5922 7.2 forbids them. And no mistyped address: its last label is no number. */
static bool is_domain(struct view text)
{
	struct view label = VIEW_EMPTY;
	size_t from = 0;

	if (text.len == 0 || text.len > MAX_CERTIFICATES_NAME)
		return false;
	while (from <= text.len) {
		size_t end = view_find(text, '.', from);

		label = view_first(view_after(text, from), end - from);
		if (!is_label(label))
			return false;
		from = end + 1;
	}
	return !isdigit((unsigned char)label.at[0]);
}

static bool is_user(struct view user)
{
	const struct view marks = VIEW("-_.!~*'()&=+$;?/%");

	for (size_t i = 0; i < user.len; i++)
		if (!isalnum((unsigned char)user.at[i]) &&
		    view_find(marks, user.at[i], 0) == marks.len)
			return false;
	return user.len > 0;
}

static void lower(char *text, size_t from)
{
	for (size_t i = from; text[i]; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
}

static enum err read_uri(struct view text, struct certificates_name *ret)
{
	size_t colon = view_find(text, ':', 0), at = view_find(text, '@', 0);
	struct view host = view_after(text, at < text.len ? at + 1 : colon + 1);

	if (at < text.len &&
	    !is_user(view_first(view_after(text, colon + 1), at > colon ? at - colon - 1 : 0)))
		return ERR_SYNTAX;
	if (!is_domain(host))
		return ERR_SYNTAX;
	ret->kind = CERTIFICATES_URI;
	lower(ret->text, (size_t)(host.at - text.at));
	return ERR_NONE;
}

static enum err read_address(struct view text, bool is_subtree, struct certificates_name *ret)
{
	struct addr_net net;
	enum err err = addr_net_parse(text, &net);

	if (err != ERR_NONE)
		return err;
	if (!is_subtree && view_find(text, '/', 0) < text.len)
		return ERR_SYNTAX;
	ret->kind = CERTIFICATES_IP;
	ret->ip_len = net.base.family == 4 ? 4 : 16;
	ret->prefix = (uint8_t)(net.base.family == 4 ? net.prefix - 96 : net.prefix);
	memcpy(ret->ip, net.base.bytes + sizeof(net.base.bytes) - ret->ip_len, ret->ip_len);
	return ERR_NONE;
}

enum err certificates_name_read(struct view text, bool is_subtree, struct certificates_name *ret)
{
	struct certificates_name n = { 0 };
	enum err err;

	if (!VIEW_COPY(text, n.text))
		return ERR_LIMIT;
	if (!is_subtree && (view_starts(text, VIEW("sip:")) || view_starts(text, VIEW("sips:")))) {
		err = read_uri(text, &n);
	} else if (read_address(text, is_subtree, &n) == ERR_NONE) {
		err = ERR_NONE;
	} else {
		err = is_domain(text) ? ERR_NONE : ERR_SYNTAX;
		n.kind = CERTIFICATES_DNS;
		lower(n.text, 0);
	}
	if (err == ERR_NONE)
		*ret = n;
	return err;
}

struct view certificates_name_host(const struct certificates_name *n)
{
	struct view text = view_of(n->text);
	size_t at = view_find(text, '@', 0);

	if (n->kind != CERTIFICATES_URI)
		return text;
	return view_after(text, (at < text.len ? at : view_find(text, ':', 0)) + 1);
}

GENERAL_NAME *certificates_name_general(const struct certificates_name *n)
{
	bool is_ip = n->kind == CERTIFICATES_IP;
	ASN1_STRING *value = is_ip ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	GENERAL_NAME *general = GENERAL_NAME_new();
	const void *bytes = is_ip ? (const void *)n->ip : (const void *)n->text;

	if (!value || !general ||
	    !ASN1_STRING_set(value, bytes, is_ip ? n->ip_len : (int)strlen(n->text))) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(general);
		return NULL;
	}
	GENERAL_NAME_set0_value(general,
	                        is_ip                         ? GEN_IPADD
	                        : n->kind == CERTIFICATES_URI ? GEN_URI
	                                                      : GEN_DNS,
	                        value);
	return general;
}

/* ---- constraints ---- */

static bool is_below(struct view host, struct view domain)
{
	if (domain.len > 0 && domain.at[0] == '.')
		domain = view_after(domain, 1);
	if (host.len < domain.len ||
	    !view_equal_nocase(view_after(host, host.len - domain.len), domain))
		return host.len == 0 && domain.len == 0;
	return host.len == domain.len || domain.len == 0 ||
	       host.at[host.len - domain.len - 1] == '.';
}

static bool is_in_net(const struct certificates_name *n, const ASN1_OCTET_STRING *net)
{
	const uint8_t *at = ASN1_STRING_get0_data(net);

	if (ASN1_STRING_length(net) != 2 * n->ip_len)
		return false;
	for (uint8_t i = 0; i < n->ip_len; i++)
		if ((n->ip[i] & at[n->ip_len + i]) != (at[i] & at[n->ip_len + i]))
			return false;
	return true;
}

/* Of any tree of its kind; *ret_has_kind: there is one. */
static bool is_in_trees(const struct certificates_name *n, STACK_OF(GENERAL_SUBTREE) * trees,
                        bool *ret_has_kind)
{
	bool is_in = false;

	*ret_has_kind = false;
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(trees, i)->base;

		if (n->kind == CERTIFICATES_IP && base->type == GEN_IPADD) {
			*ret_has_kind = true;
			is_in = is_in || is_in_net(n, base->d.iPAddress);
		} else if (n->kind != CERTIFICATES_IP && base->type == GEN_DNS) {
			struct view domain =
				view_bytes(ASN1_STRING_get0_data(base->d.dNSName),
			                   (size_t)ASN1_STRING_length(base->d.dNSName));

			*ret_has_kind = true;
			is_in = is_in || is_below(certificates_name_host(n), domain);
		}
	}
	return is_in;
}

bool certificates_name_fits(X509 *authority, const struct certificates_name *n)
{
	NAME_CONSTRAINTS *c = X509_get_ext_d2i(authority, NID_name_constraints, NULL, NULL);
	bool has_kind, is_good;

	if (!c)
		return true;
	is_good = is_in_trees(n, c->permittedSubtrees, &has_kind) || !has_kind;
	is_good = is_good && !is_in_trees(n, c->excludedSubtrees, &has_kind);
	NAME_CONSTRAINTS_free(c);
	return is_good;
}

/* ---- text ---- */

static void write_general(const GENERAL_NAME *g, struct buffer *b)
{
	const ASN1_STRING *value = GENERAL_NAME_get0_value(g, NULL);
	struct addr a = { .bytes = { [10] = 0xff, [11] = 0xff } };

	if (g->type == GEN_IPADD) {
		size_t len = (size_t)ASN1_STRING_length(value);

		if (len != 4 && len != 16)
			return;
		a.family = len == 4 ? 4 : 6;
		memcpy(a.bytes + sizeof(a.bytes) - len, ASN1_STRING_get0_data(value), len);
		addr_write(b, &a);
	} else if (g->type == GEN_DNS || g->type == GEN_URI || g->type == GEN_EMAIL) {
		buffer_put(b, view_bytes(ASN1_STRING_get0_data(value),
		                         (size_t)ASN1_STRING_length(value)));
	}
}

void certificates_name_list(X509 *certificate, struct buffer *ret)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		buffer_text(ret, i > 0 ? ", " : "");
		write_general(sk_GENERAL_NAME_value(names, i), ret);
	}
	GENERAL_NAMES_free(names);
}
