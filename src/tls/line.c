/* SPDX-License-Identifier: Apache-2.0 */
/* A handshake step by step, then bytes in and out. */
#include "tls/line.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, WRITE_MOST = 4096 };

/* ---- the wire, as OpenSSL sees it ---- */

static int wire_read(BIO *bio, char *ret, int size)
{
	struct tls_line *l = BIO_get_data(bio);
	size_t got = 0;
	enum err err;

	BIO_clear_retry_flags(bio);
	if (l->is_over || size <= 0)
		return -1;
	err = l->wire.read(l->wire.context, ret, (size_t)size, &got);
	if (err == ERR_AGAIN)
		BIO_set_retry_read(bio);
	if (err == ERR_CLOSED)
		return 0;
	if (err != ERR_NONE)
		return -1;
	if (!l->is_begun)
		l->first_byte = (uint8_t)ret[0];
	l->is_begun = true;
	return (int)got;
}

static int wire_write(BIO *bio, const char *bytes, int len)
{
	struct tls_line *l = BIO_get_data(bio);
	size_t sent = 0;
	enum err err;

	BIO_clear_retry_flags(bio);
	if (l->is_over || len <= 0)
		return -1;
	err = l->wire.write(l->wire.context, view_bytes(bytes, (size_t)len), &sent);
	if (err == ERR_AGAIN)
		BIO_set_retry_write(bio);
	return err == ERR_NONE ? (int)sent : -1;
}

static long wire_control(BIO *bio, int what, long number, void *at)
{
	(void)bio;
	(void)number;
	(void)at;
	return what == BIO_CTRL_FLUSH;
}

static BIO_METHOD *new_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");

	if (m && BIO_meth_set_read(m, wire_read) == 1 && BIO_meth_set_write(m, wire_write) == 1 &&
	    BIO_meth_set_ctrl(m, wire_control) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

enum err tls_lines_open(const struct tls_keys *keys, struct tls_lines *ret)
{
	BIO_METHOD *method = NULL;

	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1)
		method = new_method();
	if (!method)
		return ERR_NO_MEMORY;
	*ret = (struct tls_lines){ *keys, method };
	return ERR_NONE;
}

void tls_lines_close(struct tls_lines *l)
{
	BIO_meth_free(l->method);
	l->method = NULL;
}

/* ---- one line ---- */

enum err tls_line_open(const struct tls_lines *lines, struct ssl_ctx_st *context,
                       const struct tls_wire *wire, struct tls_line *ret)
{
	BIO *bio = BIO_new(lines->method);
	SSL *ssl = bio ? SSL_new(context) : NULL;

	if (!ssl) {
		BIO_free(bio);
		ERR_clear_error();
		return ERR_NO_MEMORY;
	}
	*ret = (struct tls_line){ .ssl = ssl, .lines = lines, .wire = *wire };
	if (lines->keys.enter)
		(void)SSL_set_mode(ssl, SSL_MODE_ASYNC);
	BIO_set_data(bio, ret);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return ERR_NONE;
}

static uint64_t token_of(const struct tls_line *l) { return (uint64_t)(uintptr_t)l; }

void tls_line_woken(uint64_t token)
{
	struct tls_line *l = (struct tls_line *)(uintptr_t)token;

	if (l->wire.woken)
		l->wire.woken(l->wire.context);
}

static int step(struct tls_line *l, struct now now)
{
	const struct tls_keys *keys = &l->lines->keys;
	int answer;

	if (keys->enter)
		keys->enter(keys->context, token_of(l), now);
	answer = SSL_do_handshake(l->ssl);
	if (keys->leave && keys->leave(keys->context))
		l->is_unsigned = true;
	return answer;
}

/* A job that is set aside has to come to its end before its line can go. */
static void end_job(struct tls_line *l)
{
	l->is_over = true;
	l->lines->keys.cancel(l->lines->keys.context, token_of(l));
	(void)step(l, (struct now){ 0 });
}

void tls_line_close(struct tls_line *l, bool says_bye)
{
	if (!l->ssl)
		return;
	ERR_clear_error();
	if (SSL_waiting_for_async(l->ssl))
		end_job(l);
	if (l->is_done && says_bye)
		(void)SSL_shutdown(l->ssl);
	l->is_over = true;
	SSL_free(l->ssl);
	ERR_clear_error();
	l->ssl = NULL;
}

/* ---- steps ---- */

bool tls_line_is_plain(const struct tls_line *l)
{
	return l->is_begun && l->first_byte != RECORD_HANDSHAKE &&
	       (SSL_is_server(l->ssl) || l->first_byte != RECORD_ALERT);
}

/* What an answer of OpenSSL comes to. */
static enum err outcome(struct tls_line *l, int answer, unsigned long *ret_error)
{
	int what = SSL_get_error(l->ssl, answer);
	unsigned long error = ERR_peek_error();

	l->wants_write = what == SSL_ERROR_WANT_WRITE;
	l->is_parked = what == SSL_ERROR_WANT_ASYNC;
	*ret_error = 0;
	switch (what) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
	case SSL_ERROR_WANT_ASYNC:
		return ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	case SSL_ERROR_SSL:
		l->is_over = true;
		if (l->is_done || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return ERR_IO;
		*ret_error = error;
		return ERR_DENIED;
	case SSL_ERROR_WANT_ASYNC_JOB:
		l->is_unsigned = true;
		return ERR_DENIED;
	default:
		l->is_over = true;
		return ERR_IO;
	}
}

enum err tls_line_shake(struct tls_line *l, struct now now, unsigned long *ret_error)
{
	int answer;
	enum err err;

	ERR_clear_error();
	answer = step(l, now);
	err = answer == 1 ? ERR_NONE : outcome(l, answer, ret_error);
	ERR_clear_error();
	if (err != ERR_NONE)
		return err;
	l->is_done = true;
	l->wants_write = l->is_parked = false;
	/* Keys are for handshakes; bytes need no stack of their own. */
	(void)SSL_clear_mode(l->ssl, SSL_MODE_ASYNC);
	return ERR_NONE;
}

enum err tls_line_read(struct tls_line *l, char *ret, size_t size, size_t *ret_len)
{
	unsigned long unused;
	enum err err;
	int answer;

	ERR_clear_error();
	l->wants_write = false;
	answer = SSL_read_ex(l->ssl, ret, size, ret_len);
	err = answer == 1 ? ERR_NONE : outcome(l, answer, &unused);
	l->is_answering = err == ERR_AGAIN && l->wants_write;
	ERR_clear_error();
	return err;
}

enum err tls_line_write(struct tls_line *l, struct view bytes, size_t *ret_len)
{
	unsigned long unused;
	enum err err;
	int answer;

	ERR_clear_error();
	/* No more than the queue behind us gives again in one piece: a record that was begun wants
	 * all its bytes at once. */
	answer = SSL_write_ex(l->ssl, bytes.at, bytes.len < WRITE_MOST ? bytes.len : WRITE_MOST,
	                      ret_len);
	err = answer == 1 ? ERR_NONE : outcome(l, answer, &unused);
	/* What a read had to answer has gone before it. */
	if (err == ERR_NONE)
		l->wants_write = l->is_answering = false;
	ERR_clear_error();
	return err == ERR_CLOSED ? ERR_IO : err;
}

bool tls_line_has_more(const struct tls_line *l) { return SSL_pending(l->ssl) > 0; }
