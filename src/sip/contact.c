/* SPDX-License-Identifier: Apache-2.0 */
/* Contacts. */
#include "sip/contact.h"

#include "sip/number.h"
#include "sip/values.h"

enum { EXPIRES_OF_NONSENSE_S = 3600 }; /* RFC 3261 20.10 */

/* qvalue: 0 or 1, up to three digits behind the point. */
static bool read_q(struct view text, uint16_t *ret)
{
	uint64_t digits = 0;
	unsigned scale = 1000;

	if (text.len == 0 || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1') ||
	    (text.len > 1 && text.at[1] != '.'))
		return false;
	for (size_t i = 2; i < text.len; i++)
		scale /= 10;
	if (text.len > 2 && !view_decimal(view_after(text, 2), 999, &digits))
		return false;
	digits = digits * scale + (text.at[0] == '1' ? 1000u : 0u);
	if (digits > 1000)
		return false;
	*ret = (uint16_t)digits;
	return true;
}

static void take_expires(struct view value, struct sip_contact *c)
{
	c->has_expires = true;
	if (sip_seconds_parse(value, &c->expires_s) != ERR_NONE)
		c->expires_s = EXPIRES_OF_NONSENSE_S;
}

enum err sip_contact_fill(struct view text, struct sip_contact *ret)
{
	struct cursor params __attribute__((uninitialized));   /* only behind an address */
	struct sip_param param __attribute__((uninitialized)); /* filled whole */
	enum err err;

	ret->is_star = ret->has_expires = ret->has_q = false;
	ret->expires_s = ret->q_milli = 0;
	if (view_equal(text, VIEW("*"))) {
		ret->is_star = true;
		ret->address = (struct sip_name_addr){ .is_quoted = false };
		return ERR_NONE;
	}
	err = sip_name_addr_fill(text, &ret->address);
	if (err != ERR_NONE)
		return err;
	/* Checked there: each name stands once. */
	params = cursor_on(ret->address.params);
	while (!cursor_is_at_end(&params) && sip_params_next(&params, &param)) {
		if (view_equal_nocase(param.name, VIEW("expires"))) {
			take_expires(param.value, ret);
		} else if (view_equal_nocase(param.name, VIEW("q"))) {
			ret->has_q = true;
			if (!read_q(param.value, &ret->q_milli))
				return ERR_SYNTAX;
		}
	}
	return ERR_NONE;
}

enum err sip_contact_parse(struct view text, struct sip_contact *ret)
{
	struct sip_contact c __attribute__((uninitialized)); /* filled whole */
	enum err err = sip_contact_fill(text, &c);

	if (err == ERR_NONE)
		*ret = c;
	return err;
}

static void write_q(struct buffer *b, uint16_t q_milli)
{
	buffer_text(b, ";q=");
	buffer_decimal(b, q_milli / 1000);
	if (q_milli % 1000 == 0)
		return;
	buffer_char(b, '.');
	buffer_decimal(b, q_milli / 100 % 10);
	buffer_decimal(b, q_milli / 10 % 10);
	buffer_decimal(b, q_milli % 10);
}

void sip_contact_write(struct buffer *b, const struct sip_contact *c)
{
	struct sip_name_addr plain = c->address;
	struct cursor in = cursor_on(c->address.params);
	struct sip_param param;

	if (c->is_star) {
		buffer_char(b, '*');
		return;
	}
	plain.params = VIEW_EMPTY;
	sip_name_addr_write(b, &plain);
	while (sip_params_next(&in, &param))
		if (!view_equal_nocase(param.name, VIEW("expires")) &&
		    !view_equal_nocase(param.name, VIEW("q")))
			sip_param_write(b, &param);
	cursor_end(&in);
	buffer_fail(b, in.err);
	if (c->has_q)
		write_q(b, c->q_milli);
	if (c->has_expires) {
		buffer_text(b, ";expires=");
		buffer_decimal(b, c->expires_s);
	}
}

enum err sip_contacts_read(const struct sip_msg *m, struct sip_contact *ret, size_t max,
                           size_t *ret_count)
{
	struct sip_values w = sip_values_of(m, SIP_HEADER_CONTACT);
	struct view text;
	size_t count = 0;
	bool has_star = false;

	if (max > 0 && (m->parts.known & SIP_PART_CONTACT)) {
		ret[0] = m->parts.contact;
		*ret_count = 1;
		return ERR_NONE;
	}
	while (sip_values_next(&w, &text)) {
		enum err err;

		if (count == max)
			return ERR_LIMIT;
		err = sip_contact_fill(text, &ret[count]);
		if (err != ERR_NONE)
			return err;
		has_star = has_star || ret[count].is_star;
		count++;
	}
	if (w.err != ERR_NONE)
		return w.err;
	if (has_star && count > 1)
		return ERR_SYNTAX;
	*ret_count = count;
	return ERR_NONE;
}
