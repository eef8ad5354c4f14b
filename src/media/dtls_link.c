/* SPDX-License-Identifier: Apache-2.0 */
/* Between OpenSSL and datagrams: OpenSSL's memory BIO joins what is written, this one keeps the
 * borders. What is read is the one datagram that came, once. */
#include "media/dtls_priv.h"

enum { IP_AND_UDP_OVERHEAD = 48 };

static struct dtls_handshake *handshake_of(BIO *bio) { return BIO_get_data(bio); }

static int link_read(BIO *bio, char *at, int size)
{
	struct dtls_handshake *h = handshake_of(bio);
	size_t len = h->in.len;

	BIO_clear_retry_flags(bio);
	if (len == 0 || size <= 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (len > (size_t)size)
		len = (size_t)size;
	memcpy(at, h->in.at, len);
	h->in = VIEW_EMPTY;
	return (int)len;
}

/* The last flight is what was written since the peer's last datagram. */
static void keep(struct dtls_leg *leg, struct view datagram)
{
	if (leg->last_len + datagram.len > sizeof(leg->last)) {
		leg->last_len = 0;
		return;
	}
	memcpy(leg->last + leg->last_len, datagram.at, datagram.len);
	leg->last_len = (uint16_t)(leg->last_len + datagram.len);
}

/* Whoever forges a hello of the peer's address must not have us end the peer's own handshake by an
 * answer that anybody could have written: the peer learns by its patience. */
static bool is_plain_alert(struct view datagram)
{
	enum { ALERT = 21, EPOCH_AT = 3 };

	return datagram.len > EPOCH_AT + 1 && datagram.at[0] == ALERT &&
	       datagram.at[EPOCH_AT] == 0 && datagram.at[EPOCH_AT + 1] == 0;
}

static int link_write(BIO *bio, const char *at, int size)
{
	struct dtls_handshake *h = handshake_of(bio);
	struct view datagram;

	BIO_clear_retry_flags(bio);
	if (size <= 0)
		return 0;
	datagram = view_bytes(at, (size_t)size);
	if (is_plain_alert(datagram))
		return size;
	if (h->leg->handshake == h)
		keep(h->leg, datagram);
	h->dtls->ports.send(h->dtls->ports.context, h->leg, datagram, &h->to);
	return size;
}

static long link_control(BIO *bio, int what, long number, void *at)
{
	(void)number, (void)at;
	switch (what) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_PENDING:
		return (long)handshake_of(bio)->in.len;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return DTLS_MTU;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return IP_AND_UDP_OVERHEAD;
	default:
		return 0;
	}
}

static int link_begin(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *media_dtls_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "datagrams");

	if (m && BIO_meth_set_read(m, link_read) == 1 && BIO_meth_set_write(m, link_write) == 1 &&
	    BIO_meth_set_ctrl(m, link_control) == 1 && BIO_meth_set_create(m, link_begin) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* OpenSSL's own clock runs the timers: in half a second, since a call waits for them. */
static unsigned next_timeout_us(SSL *ssl, unsigned last_us)
{
	enum { FIRST_US = 500000, LAST_US = 8000000 };

	(void)ssl;
	if (last_us == 0)
		return FIRST_US;
	return last_us < LAST_US ? 2 * last_us : LAST_US;
}

enum err media_dtls_link(struct dtls_handshake *h)
{
	BIO *bio = BIO_new(h->dtls->method);

	h->ssl = SSL_new(h->dtls->context);
	if (!bio || !h->ssl || SSL_set_mtu(h->ssl, DTLS_MTU) != DTLS_MTU) {
		BIO_free(bio);
		SSL_free(h->ssl);
		h->ssl = NULL;
		return ERR_NO_MEMORY;
	}
	BIO_set_data(bio, h);
	SSL_set_bio(h->ssl, bio, bio);
	SSL_set_app_data(h->ssl, h);
	DTLS_set_timer_cb(h->ssl, next_timeout_us);
	return ERR_NONE;
}

struct dtls_handshake *media_dtls_of(const SSL *ssl) { return SSL_get_app_data(ssl); }
