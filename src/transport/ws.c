/* SPDX-License-Identifier: Apache-2.0 */
/* What wslay leaves to its caller: order of frames, limits, control frames. */
#include "transport/ws.h"

#include "sip/utf8.h"

#include <stdlib.h>
#include <wslay/wslay.h>

enum {
	OPCODE_CONTINUATION,
	OPCODE_TEXT,
	OPCODE_BINARY,
	OPCODE_CLOSE = 8,
	OPCODE_PING,
	OPCODE_PONG
};

struct ws {
	wslay_frame_context_ptr frames;
	struct view fed;   /* not taken by wslay yet */
	struct buffer *to; /* of the frame that is written */
	uint64_t given;    /* bytes to wslay that belong to no whole frame */
	uint64_t left;     /* payload of the frame in hand that is missing */
	uint32_t message;  /* bytes that the message in hand has, with the frame in hand */
	uint16_t fragments;
	uint8_t opcode; /* of the frame in hand */
	uint8_t control_len;
	char control[WS_CONTROL_MAX];
	bool is_in_frame, is_in_message, is_text, is_over;
};

/* ---- wslay's ports ---- */

static ssize_t take_fed(uint8_t *bytes, size_t len, int flags, void *context)
{
	struct ws *w = context;
	size_t n = len < w->fed.len ? len : w->fed.len;

	(void)flags;
	if (n == 0)
		return 0;
	memcpy(bytes, w->fed.at, n);
	w->fed = view_after(w->fed, n);
	w->given += n;
	return (ssize_t)n;
}

static ssize_t put_written(const uint8_t *bytes, size_t len, int flags, void *context)
{
	struct ws *w = context;

	(void)flags;
	buffer_put(w->to, view_bytes(bytes, len));
	return (ssize_t)len;
}

enum err ws_new(struct ws **ret)
{
	static const struct wslay_frame_callbacks ports = { .send_callback = put_written,
		                                            .recv_callback = take_fed };
	struct ws *w = calloc(1, sizeof(*w));

	if (!w)
		return ERR_NO_MEMORY;
	if (wslay_frame_context_init(&w->frames, &ports, w) != 0) {
		free(w);
		return ERR_NO_MEMORY;
	}
	*ret = w;
	return ERR_NONE;
}

void ws_free(struct ws **w)
{
	if (!*w)
		return;
	wslay_frame_context_free((*w)->frames);
	free(*w);
	*w = NULL;
}

/* ---- in ---- */

void ws_feed(struct ws *w, struct view bytes) { w->fed = bytes; }

bool ws_is_midway(const struct ws *w) { return !w->is_over && (w->given > 0 || w->is_in_message); }

static void end_with(struct ws *w, enum ws_kind kind, uint16_t code, struct ws_piece *ret)
{
	w->is_over = true;
	*ret = (struct ws_piece){ .kind = kind, .code = code };
}

static bool is_control(uint8_t opcode) { return opcode >= OPCODE_CLOSE; }

/* The head of a frame of data; 0: fine, else the code to close with. */
static uint16_t begin_data(struct ws *w, const struct wslay_frame_iocb *f)
{
	bool is_continued = f->opcode == OPCODE_CONTINUATION;

	if (is_continued != w->is_in_message)
		return WS_CODE_PROTOCOL;
	if (!is_continued) {
		w->is_in_message = true;
		w->is_text = f->opcode == OPCODE_TEXT;
		w->message = w->fragments = 0;
	}
	if (f->payload_length > WS_MESSAGE_MAX - w->message)
		return WS_CODE_TOO_BIG;
	w->message += (uint32_t)f->payload_length;
	return ++w->fragments > MAX_WS_FRAGMENTS ? WS_CODE_POLICY : 0;
}

static uint16_t begin(struct ws *w, const struct wslay_frame_iocb *f)
{
	bool is_known = f->opcode <= OPCODE_BINARY ||
	                (f->opcode >= OPCODE_CLOSE && f->opcode <= OPCODE_PONG);

	w->is_in_frame = true;
	w->opcode = f->opcode;
	w->left = f->payload_length;
	/* RFC 6455 5.1: a client masks; 5.2: no bit of an extension that was not agreed upon. */
	if (!f->mask || f->rsv != 0 || !is_known)
		return WS_CODE_PROTOCOL;
	if (!is_control(f->opcode))
		return begin_data(w, f);
	w->control_len = 0;
	return f->fin && f->payload_length <= WS_CONTROL_MAX ? 0 : WS_CODE_PROTOCOL;
}

static bool is_code(uint16_t code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

/* RFC 6455 5.5.1: nothing, or a code and UTF-8. */
static void take_close(struct ws *w, struct ws_piece *ret)
{
	struct view words = view_bytes(w->control, w->control_len);
	uint16_t code = WS_CODE_NONE;

	if (words.len > 1)
		code = (uint16_t)((unsigned char)words.at[0] << 8 | (unsigned char)words.at[1]);
	if (words.len == 1 || (words.len > 1 && !is_code(code)))
		end_with(w, WS_BROKEN, WS_CODE_PROTOCOL, ret);
	else if (!sip_utf8_is(view_after(words, 2)))
		end_with(w, WS_BROKEN, WS_CODE_TEXT, ret);
	else
		end_with(w, WS_CLOSE, code, ret);
}

static void take_control(struct ws *w, struct ws_piece *ret)
{
	if (w->opcode == OPCODE_CLOSE)
		take_close(w, ret);
	else
		*ret = (struct ws_piece){ .kind = w->opcode == OPCODE_PING ? WS_PING : WS_PONG,
			                  .bytes = view_bytes(w->control, w->control_len) };
}

/* Masked, its length in the shortest form, which wslay insists on. */
static uint64_t frame_size(uint64_t len)
{
	return UINT64_C(6) + (len > UINT16_MAX ? 8U : len > WS_CONTROL_MAX ? 2U : 0U) + len;
}

/* What came of the frame in hand; false: nothing to tell yet. */
static bool take(struct ws *w, const struct wslay_frame_iocb *f, struct ws_piece *ret)
{
	bool is_whole;

	w->left -= f->data_length;
	is_whole = w->left == 0;
	if (is_whole) {
		w->is_in_frame = false;
		w->given -= frame_size(f->payload_length);
	}
	if (is_control(w->opcode)) {
		if (f->data_length > 0)
			memcpy(w->control + w->control_len, f->data, f->data_length);
		w->control_len += (uint8_t)f->data_length;
		if (is_whole)
			take_control(w, ret);
		return is_whole;
	}
	*ret = (struct ws_piece){ .kind = WS_PART,
		                  .bytes = view_bytes(f->data, f->data_length),
		                  .is_text = w->is_text,
		                  .is_last = is_whole && f->fin };
	w->is_in_message = !ret->is_last;
	return f->data_length > 0 || ret->is_last;
}

bool ws_next(struct ws *w, struct ws_piece *ret)
{
	while (!w->is_over) {
		struct wslay_frame_iocb f = { 0 };
		ssize_t got = wslay_frame_recv(w->frames, &f);
		uint16_t code = got < 0 ? WS_CODE_PROTOCOL : 0;

		if (got == WSLAY_ERR_WANT_READ)
			return false;
		if (got >= 0 && !w->is_in_frame)
			code = begin(w, &f);
		if (code != 0) {
			end_with(w, WS_BROKEN, code, ret);
			return true;
		}
		if (take(w, &f, ret))
			return true;
	}
	w->fed = VIEW_EMPTY;
	return false;
}

/* ---- out ---- */

void ws_write(struct ws *w, enum ws_frame kind, struct view payload, struct buffer *ret)
{
	struct wslay_frame_iocb f = { .fin = 1,
		                      .opcode = (uint8_t)kind,
		                      .payload_length = payload.len,
		                      .data = (const uint8_t *)payload.at,
		                      .data_length = payload.len };

	w->to = ret;
	if (wslay_frame_send(w->frames, &f) < 0)
		buffer_fail(ret, ERR_LIMIT);
	w->to = NULL;
}

void ws_write_close(struct ws *w, uint16_t code, struct buffer *ret)
{
	const char bytes[] = { (char)(code >> 8), (char)(code & 0xff) };

	ws_write(w, WS_FRAME_CLOSE, view_bytes(bytes, code == WS_CODE_NONE ? 0 : sizeof(bytes)),
	         ret);
}
