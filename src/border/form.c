/* SPDX-License-Identifier: Apache-2.0 */
/* Which form of an offer goes first, and which after it. */
#include "border/form.h"

#include "border/settings.h"

bool form_may_be(const struct form_case *c, enum offer_form form)
{
	switch (form) {
	case FORM_EITHER:
		return c->policy == SRTP_PREFERRED && c->is_secure;
	case FORM_SAVP:
		return c->policy != SRTP_FORBIDDEN && c->is_secure;
	case FORM_DTLS:
		return c->policy != SRTP_FORBIDDEN && c->has_own_certificate;
	case FORM_CLEAR:
		return c->policy != SRTP_REQUIRED;
	default:
		return false;
	}
}

enum offer_form form_first(const struct form_case *c, enum offer_form shown)
{
	static const enum offer_form usual[] = { FORM_EITHER, FORM_SAVP, FORM_CLEAR };

	if (form_may_be(c, shown))
		return shown;
	for (unsigned i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (form_may_be(c, usual[i]))
			return usual[i];
	return FORM_UNKNOWN;
}

enum offer_form form_next(const struct form_case *c, unsigned tried)
{
	for (enum offer_form form = FORM_EITHER; form < FORM_COUNT; form++)
		if (!(tried & 1u << form) && form_may_be(c, form))
			return form;
	return FORM_UNKNOWN;
}
