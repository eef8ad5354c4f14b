/* SPDX-License-Identifier: Apache-2.0 */
/* Identities that are asserted, value by value. */
#include "border/asserted.h"

#include "sip/build.h"
#include "sip/values.h"

enum { URI_MAX = 512, DISPLAY_MAX = 128 };

static const struct asserted_row {
	enum sip_header_id id;
	bool is_of_peers;      /* believed from peers alone, else from phones alone */
	struct view privacy;   /* kept from who is outside where this is wanted */
	struct view params[2]; /* of the header, that pass */
} rows[] = {
	{ SIP_HEADER_P_ASSERTED_IDENTITY, true, { "id", 2 }, { { NULL, 0 } } },
	{ SIP_HEADER_P_PREFERRED_IDENTITY, false, { "id", 2 }, { { NULL, 0 } } },
	{ SIP_HEADER_DIVERSION, true, { "header", 6 }, { { "reason", 6 }, { "counter", 7 } } },
	{ SIP_HEADER_HISTORY_INFO, true, { "history", 7 }, { { "index", 5 }, { NULL, 0 } } },
};

static bool wants_privacy(const struct sip_msg *msg, struct view what)
{
	struct view rest = sip_msg_value(msg, SIP_HEADER_PRIVACY);

	while (!view_is_empty(rest)) {
		size_t end = view_find(rest, ';', 0);

		if (view_equal_nocase(view_trim(view_first(rest, end)), what))
			return true;
		rest = view_after(rest, end + 1);
	}
	return false;
}

static void write_value(const struct border *b, struct buffer *out, const struct asserted_row *row,
                        const struct sip_name_addr *address, const struct identity_reader *reader)
{
	/* Of what buffers write into no more is read than was written. */
	char uri_text[URI_MAX] __attribute__((uninitialized));
	char display_text[DISPLAY_MAX] __attribute__((uninitialized));
	struct buffer uri = BUFFER_ON(uri_text), display = BUFFER_ON(display_text);
	struct sip_param param;
	size_t begun;

	if (address->is_quoted)
		sip_quoted_decode(&display, address->display);
	else
		buffer_put(&display, address->display);
	identity_write_uri(b, &uri, &address->uri, reader);
	/* One that cannot be written is left out: the call does not depend on it. */
	if (uri.err != ERR_NONE || display.err != ERR_NONE)
		return;
	begun = sip_build_begin(out, row->id);
	sip_name_addr_put(out, buffer_view(&display), buffer_view(&uri), VIEW_EMPTY);
	for (unsigned i = 0; i < 2; i++) {
		if (row->params[i].len > 0 &&
		    sip_params_find(address->params, row->params[i], &param))
			sip_param_write(out, &param);
	}
	sip_build_finish(out, begun);
}

static void write_row(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                      const struct asserted_row *row, const struct identity_reader *reader)
{
	struct sip_values walk = sip_values_of(msg, row->id);
	struct sip_name_addr address __attribute__((uninitialized)); /* filled before it is read */
	struct view text;

	for (unsigned i = 0; i < MAX_ASSERTED && sip_values_next(&walk, &text); i++) {
		if (sip_name_addr_parse(text, &address) == ERR_NONE)
			write_value(b, out, row, &address, reader);
	}
}

void asserted_copy(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                   const struct border_peer *from, const struct identity_reader *reader)
{
	bool is_believed = from && from->kind != PEER_CUSTOMER;
	bool is_outside = !reader->peer || party_is_outer(reader->peer);
	bool is_private = wants_privacy(msg, VIEW("header")) || wants_privacy(msg, VIEW("user"));

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct asserted_row *row = &rows[i];

		if (row->is_of_peers ? !is_believed : from != NULL)
			continue;
		if (is_outside && (is_private || wants_privacy(msg, row->privacy)))
			continue;
		write_row(b, out, msg, row, reader);
	}
}

void asserted_copy_contacts(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                            const struct identity_reader *reader)
{
	static const struct asserted_row contact = { .id = SIP_HEADER_CONTACT };
	struct sip_values walk = sip_values_of(msg, SIP_HEADER_CONTACT);
	struct sip_name_addr address;
	struct view text;

	for (unsigned i = 0; i < MAX_ASSERTED && sip_values_next(&walk, &text); i++) {
		if (sip_name_addr_parse(text, &address) != ERR_NONE)
			continue;
		/* A phone's own address says nothing to who reads it, and shows its network. */
		if (address.uri.host.addr.family != 0)
			address.uri.host = sip_host_of(&reader->flow->local);
		write_value(b, out, &contact, &address, reader);
	}
}
