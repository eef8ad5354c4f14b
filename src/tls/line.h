/* SPDX-License-Identifier: Apache-2.0 */
/* One end of TLS, step by step: OpenSSL over bytes that somebody else reads and writes. Opens no
 * file, blocks on nothing: where our keys sign elsewhere (keys/client.h) the handshake is set aside
 * until the signature is there. Who may be at the other end is the caller's to say, by what he
 * sets on `ssl` before the first step. */
#ifndef TLS_LINE_H
#define TLS_LINE_H

#include "base/err.h"
#include "base/now.h"
#include "base/view.h"

struct bio_method_st;
struct ssl_st;
struct ssl_ctx_st;

/* Where the bytes go: as socket_read and socket_write. */
struct tls_wire {
	void *context;
	enum err (*read)(void *context, char *ret, size_t size, size_t *ret_len);
	enum err (*write)(void *context, struct view bytes, size_t *ret_len);
	/* It waited for our key and can go on with its handshake. May be NULL. */
	void (*woken)(void *context);
};

/* Around each step of a handshake, and for one that is given up. `enter` NULL: keys sign at once.
 * `leave` says whether a signature failed. */
struct tls_keys {
	void *context;
	void (*enter)(void *context, uint64_t token, struct now now);
	bool (*leave)(void *context);
	void (*cancel)(void *context, uint64_t token);
};

/* What all lines of a process share. */
struct tls_lines {
	struct tls_keys keys;
	struct bio_method_st *method;
};

/* Fetches what OpenSSL needs later. ERR_NO_MEMORY. */
enum err tls_lines_open(const struct tls_keys *keys, struct tls_lines *ret) MUST_USE;
void tls_lines_close(struct tls_lines *l); /* after the last line; once more does nothing */

/* Stays where it is while it is open. The caller reads it and changes nothing. */
struct tls_line {
	struct ssl_st *ssl;
	const struct tls_lines *lines;
	struct tls_wire wire;
	uint8_t first_byte; /* that came, once is_begun */
	bool is_begun, is_done;
	bool wants_write;  /* the last step stopped because the wire took no more */
	bool is_answering; /* what was read wants an answer, and the wire takes none: to be read
	                    * again once it does, and not before */
	bool is_parked;    /* it waits for our key, not for the wire */
	bool is_over;
	bool is_unsigned; /* our own key did not sign */
};

/* SSL_set_accept_state or SSL_set_connect_state is the caller's. ERR_NO_MEMORY: nothing is open. */
enum err tls_line_open(const struct tls_lines *lines, struct ssl_ctx_st *context,
                       const struct tls_wire *wire, struct tls_line *ret) MUST_USE;
/* One that is not open is left alone. `says_bye`: as far as that goes at once. */
void tls_line_close(struct tls_line *l, bool says_bye);

/* The next step of the handshake. ERR_NONE: it is done; ERR_AGAIN: it waits; ERR_CLOSED, ERR_IO:
 * the other end is gone; ERR_DENIED: it failed, *ret_error is what OpenSSL said (0: it had no room
 * for one more that waits). */
enum err tls_line_shake(struct tls_line *l, struct now now, unsigned long *ret_error) MUST_USE;
/* What came first is no TLS: who begins says a handshake, who is asked may say an alert. */
bool tls_line_is_plain(const struct tls_line *l);
/* What `enter` was told: its line is to go on. */
void tls_line_woken(uint64_t token);

/* Once the handshake is done, as socket_read and socket_write. What is written may be only begun:
 * ERR_AGAIN then wants the same bytes again, and may be given more behind them. */
enum err tls_line_read(struct tls_line *l, char *ret, size_t size, size_t *ret_len) MUST_USE;
enum err tls_line_write(struct tls_line *l, struct view bytes, size_t *ret_len) MUST_USE;
/* Bytes were read off the wire that no tls_line_read gave yet. */
bool tls_line_has_more(const struct tls_line *l);

#endif
