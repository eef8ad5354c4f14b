/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the heads of DTLS records. */
#include "media/dtls_priv.h"

#include "base/cursor.h"

enum {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	VERSION_MAJOR = 0xfe, /* 1.x as its ones' complement */
	CLIENT_HELLO = 1,
};

enum err media_dtls_look(struct view datagram, struct dtls_look *ret)
{
	struct cursor in = cursor_on(datagram);
	struct dtls_look look = { .is_handshake = true };
	bool is_first = true;

	while (is_first || !cursor_is_at_end(&in)) {
		uint8_t type = cursor_byte(&in), major = cursor_byte(&in);
		uint16_t epoch;
		struct view body;

		(void)cursor_byte(&in);
		epoch = cursor_u16(&in);
		(void)cursor_take(&in, 6); /* sequence */
		body = cursor_take(&in, cursor_u16(&in));
		if (in.err == ERR_NONE && (major != VERSION_MAJOR || body.len == 0 ||
		                           type < CHANGE_CIPHER_SPEC || type > HANDSHAKE))
			cursor_fail(&in, ERR_SYNTAX);
		if (in.err != ERR_NONE)
			return in.err;
		look.is_hello |=
			is_first && type == HANDSHAKE && epoch == 0 && body.at[0] == CLIENT_HELLO;
		look.has_plain_alert |= type == ALERT && epoch == 0;
		look.is_handshake &= type != ALERT;
		is_first = false;
	}
	*ret = look;
	return ERR_NONE;
}
