/* SPDX-License-Identifier: Apache-2.0 */
/* Scheme, host and port; the path is the server's business. */
#include "acme/url.h"

enum { HTTPS_PORT = 443 };

static bool is_plain(struct view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] >= 0x7f || text.at[i] == '"' ||
		    text.at[i] == '\\' || text.at[i] == '#')
			return false;
	return true;
}

static bool is_host(struct view host, bool is_v6)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];
		bool is_hex =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		if (is_v6 ? !is_hex && c != ':' && c != '.'
		          : !is_hex && !(c >= 'g' && c <= 'z') && !(c >= 'G' && c <= 'Z') &&
		                    c != '-' && c != '.')
			return false;
	}
	return host.len > 0;
}

enum err acme_url_read(struct view text, struct acme_url *ret)
{
	const struct view scheme = VIEW("https://");
	struct acme_url url = { .port = HTTPS_PORT };
	struct view host, rest, port;
	uint64_t number;
	size_t end;

	if (text.len >= ACME_URL_SIZE)
		return ERR_LIMIT;
	if (!view_starts_nocase(text, scheme) || !is_plain(text))
		return ERR_SYNTAX;
	rest = view_after(text, scheme.len);
	host = view_first(rest, view_find(rest, '/', 0));
	host = view_first(host, view_find(host, '?', 0));
	url.is_v6 = host.len > 0 && host.at[0] == '[';
	end = url.is_v6 ? view_find(host, ']', 0) : view_find(host, ':', 0);
	if (url.is_v6 && end == host.len)
		return ERR_SYNTAX;
	port = view_after(host, end + (url.is_v6 ? 1 : 0));
	host = view_after(view_first(host, end), url.is_v6 ? 1 : 0);
	if (port.len > 0) {
		if (port.at[0] != ':' || !view_decimal(view_after(port, 1), UINT16_MAX, &number) ||
		    number == 0)
			return ERR_SYNTAX;
		url.port = (uint16_t)number;
	}
	if (!is_host(host, url.is_v6) || !VIEW_COPY(host, url.host))
		return ERR_SYNTAX;
	*ret = url;
	return ERR_NONE;
}

bool acme_url_is_beside(const struct acme_url *a, const struct acme_url *b)
{
	return a->port == b->port && a->is_v6 == b->is_v6 &&
	       view_equal_nocase(view_of(a->host), view_of(b->host));
}

bool acme_is_token(struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '-' || c == '_'))
			return false;
	}
	return text.len > 0;
}
