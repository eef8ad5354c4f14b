/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a message that are read once. */
#include "sip/parts.h"

#include "sip/msg_priv.h"

static bool is_alone(const struct sip_msg *m, enum sip_header_id id)
{
	return m->first[id] != SIP_HEADER_NONE && m->first[id] == m->last[id];
}

static bool read_address(const struct sip_msg *m, enum sip_header_id id, struct sip_name_addr *ret)
{
	return is_alone(m, id) && sip_name_addr_fill(sip_msg_value(m, id), ret) == ERR_NONE;
}

static bool read_via(const struct sip_msg *m, struct sip_via *ret)
{
	struct view text = sip_msg_value(m, SIP_HEADER_VIA);

	return view_find(text, ',', 0) == text.len && sip_via_fill(text, ret) == ERR_NONE;
}

static bool read_contact(const struct sip_msg *m, struct sip_contact *ret)
{
	return msg_has_one_contact(m) &&
	       sip_contact_fill(sip_msg_value(m, SIP_HEADER_CONTACT), ret) == ERR_NONE;
}

static enum sip_auth_kind kind_of(const struct sip_header *h)
{
	return h->id == SIP_HEADER_AUTHORIZATION || h->id == SIP_HEADER_PROXY_AUTHORIZATION
	             ? SIP_AUTH_CREDENTIALS
	             : SIP_AUTH_CHALLENGE;
}

static bool read_digest(const struct sip_msg *m, struct sip_digest *ret, uint8_t *ret_row)
{
	static const uint8_t ids[] = { SIP_HEADER_AUTHORIZATION, SIP_HEADER_PROXY_AUTHORIZATION,
		                       SIP_HEADER_WWW_AUTHENTICATE, SIP_HEADER_PROXY_AUTHENTICATE };
	uint8_t row = SIP_HEADER_NONE;

	for (size_t i = 0; i < sizeof(ids) && row == SIP_HEADER_NONE; i++)
		row = m->first[ids[i]];
	if (row == SIP_HEADER_NONE)
		return false;
	*ret_row = row;
	return sip_auth_parse(m->headers[row].value, kind_of(&m->headers[row]), ret) == ERR_NONE;
}

void sip_parts_read(struct sip_msg *m)
{
	struct sip_parts *p = &m->parts;
	uint8_t left = (uint8_t)~p->known;

	if ((left & SIP_PART_URI) && m->is_request && sip_uri_fill(m->uri, &p->uri) == ERR_NONE)
		p->known |= SIP_PART_URI;
	if ((left & SIP_PART_FROM) && read_address(m, SIP_HEADER_FROM, &p->from))
		p->known |= SIP_PART_FROM;
	if ((left & SIP_PART_TO) && read_address(m, SIP_HEADER_TO, &p->to))
		p->known |= SIP_PART_TO;
	if ((left & SIP_PART_VIA) && read_via(m, &p->via))
		p->known |= SIP_PART_VIA;
}

void sip_parts_read_all(struct sip_msg *m)
{
	struct sip_parts *p = &m->parts;

	sip_parts_read(m);
	if (!(p->known & SIP_PART_CONTACT) && read_contact(m, &p->contact))
		p->known |= SIP_PART_CONTACT;
	if (!(p->known & SIP_PART_DIGEST) && read_digest(m, &p->digest, &p->digest_row))
		p->known |= SIP_PART_DIGEST;
}

const struct sip_uri *sip_parts_uri_at(const struct sip_msg *m, struct sip_uri *spare)
{
	if (m->parts.known & SIP_PART_URI)
		return &m->parts.uri;
	return sip_uri_fill(m->uri, spare) == ERR_NONE ? spare : NULL;
}

const struct sip_name_addr *sip_parts_address_at(const struct sip_msg *m, enum sip_header_id id,
                                                 struct sip_name_addr *spare)
{
	if (id == SIP_HEADER_FROM && (m->parts.known & SIP_PART_FROM))
		return &m->parts.from;
	if (id == SIP_HEADER_TO && (m->parts.known & SIP_PART_TO))
		return &m->parts.to;
	return sip_name_addr_fill(sip_msg_value(m, id), spare) == ERR_NONE ? spare : NULL;
}

const struct sip_via *sip_parts_via_at(const struct sip_msg *m, struct sip_via *spare)
{
	struct view text = sip_msg_value(m, SIP_HEADER_VIA);

	if (m->parts.known & SIP_PART_VIA)
		return &m->parts.via;
	text = view_first(text, view_find(text, ',', 0));
	return sip_via_fill(text, spare) == ERR_NONE ? spare : NULL;
}

const struct sip_digest *sip_parts_digest_at(const struct sip_msg *m, const struct sip_header *h,
                                             struct sip_digest *spare)
{
	if ((m->parts.known & SIP_PART_DIGEST) && h == &m->headers[m->parts.digest_row])
		return &m->parts.digest;
	return sip_auth_parse(h->value, kind_of(h), spare) == ERR_NONE ? spare : NULL;
}

enum err sip_parts_uri(const struct sip_msg *m, struct sip_uri *ret)
{
	if (!(m->parts.known & SIP_PART_URI))
		return sip_uri_parse(m->uri, ret);
	*ret = m->parts.uri;
	return ERR_NONE;
}

enum err sip_parts_address(const struct sip_msg *m, enum sip_header_id id,
                           struct sip_name_addr *ret)
{
	if (id == SIP_HEADER_FROM && (m->parts.known & SIP_PART_FROM))
		*ret = m->parts.from;
	else if (id == SIP_HEADER_TO && (m->parts.known & SIP_PART_TO))
		*ret = m->parts.to;
	else
		return sip_name_addr_parse(sip_msg_value(m, id), ret);
	return ERR_NONE;
}

enum err sip_parts_via(const struct sip_msg *m, struct sip_via *ret)
{
	struct view text = sip_msg_value(m, SIP_HEADER_VIA);

	if (!(m->parts.known & SIP_PART_VIA))
		return sip_via_parse(view_first(text, view_find(text, ',', 0)), ret);
	*ret = m->parts.via;
	return ERR_NONE;
}
