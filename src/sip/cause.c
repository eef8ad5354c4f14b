/* SPDX-License-Identifier: Apache-2.0 */
/* The Reason header. */
#include "sip/cause.h"

#include "sip/tokens.h"

enum err sip_cause_parse(struct view text, struct sip_cause *ret)
{
	struct sip_cause c = { 0 };
	struct sip_param param;
	struct view params;
	uint64_t number = 0;
	enum err err = sip_params_behind_token(text, &c.protocol, &params);

	if (err != ERR_NONE)
		return err;
	if (sip_params_find(params, VIEW("cause"), &param)) {
		if (!view_decimal(param.value, 999, &number))
			return ERR_SYNTAX;
		c.cause = (uint16_t)number;
	}
	c.text = sip_params_value(params, VIEW("text"));
	*ret = c;
	return ERR_NONE;
}

void sip_cause_write(struct buffer *b, const struct sip_cause *c)
{
	if (!sip_token_is(c->protocol))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, c->protocol);
	if (c->cause != 0) {
		buffer_text(b, ";cause=");
		buffer_decimal(b, c->cause);
	}
	if (c->text.len > 0) {
		buffer_text(b, ";text=");
		sip_quoted_put(b, c->text);
	}
}
