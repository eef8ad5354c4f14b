/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS-SRTP of legs (RFC 5763, 5764, 6347): one certificate for all, a handshake for a leg, keys
 * out of it, and then nothing of DTLS any more. DTLS 1.2 alone, P-256, ECDHE with AEAD.
 *
 * Who may speak: the caller hands over datagrams of addresses that the leg's trust or ICE allows,
 * and no others. Here, a handshake has one address; what comes from elsewhere meanwhile, alerts
 * that nothing protects and what is no ClientHello where one is awaited is ignored, so that whoever
 * is not the peer ends neither a handshake nor a call (CVE-2023-49786); nor do we send alerts that
 * nothing protects, which a forged hello would have us send to the peer. Where ICE has not proven
 * the address, a cookie has to (RFC 6347 4.2.1), before anything is kept or computed.
 *
 * The peer is who shows the certificate of the description's fingerprint; it is looked at before a
 * key is drawn. A handshake that fails leaves the leg waiting for the next one. Once there are keys
 * the handshake's memory goes; its last flight stays, in case that was lost. There is nothing left
 * that could renegotiate.
 *
 * Bounds: MAX_DTLS_HANDSHAKES at once, of DTLS_DEADLINE_US each, the eldest going after
 * DTLS_STALLED_US where all are taken; DTLS_STEPS_PER_S datagrams of handshakes a second, of a leg
 * DTLS_LEG_STEPS_PER_S (the peer sends again what was too much), so that relaying goes on; our own
 * handshake is tried MAX_DTLS_ATTEMPTS times. */
#ifndef MEDIA_DTLS_H
#define MEDIA_DTLS_H

#include "base/addr.h"
#include "base/hash.h"

enum { MAX_DTLS_HANDSHAKES = 256, MAX_DTLS_FINGERPRINT = 64, MAX_DTLS_ATTEMPTS = 3 };
enum { DTLS_DEADLINE_US = 30 * 1000000, DTLS_STALLED_US = 3 * 1000000 };
enum { DTLS_STEPS_PER_S = 2000, DTLS_STEPS_AT_ONCE = 64, DTLS_LEG_STEPS_PER_S = 100 };
enum { DTLS_MTU = 1200, MAX_DTLS_LAST_FLIGHT = 256, MAX_DTLS_REPEATS = 16 };
enum { DTLS_MAX_SECRET = 32 + 14 };

enum dtls_hash { DTLS_SHA256, DTLS_SHA384, DTLS_SHA512, DTLS_HASH_COUNT };

struct dtls_peer {
	uint8_t hash;                              /* enum dtls_hash */
	bool is_active;                            /* we are: the ClientHello is ours */
	bool is_proven_path;                       /* by ICE: no cookie */
	uint8_t association;                       /* another one is another peer */
	uint8_t fingerprint[MAX_DTLS_FINGERPRINT]; /* as many bytes as the hash has */
};

enum dtls_state { DTLS_NONE, DTLS_WAITING, DTLS_SHAKING, DTLS_KEYED };

struct dtls_handshake;
struct media_dtls;

/* Lives in its owner; all zero before media_dtls_begin. */
struct dtls_leg {
	struct dtls_peer peer;
	uint64_t name;     /* no other leg's; cookies are bound to it */
	struct addr tuple; /* of the handshake, or of the keys that it gave */
	uint8_t state;     /* enum dtls_state */
	uint8_t failures, repeats, steps;
	uint64_t second_us; /* since when steps are counted */
	uint16_t last_len;
	char last[MAX_DTLS_LAST_FLIGHT]; /* the last flight, where it was ours */
	struct dtls_handshake *handshake;
};

/* Master key and salt of each direction, one behind the other (RFC 5764 4.2). */
struct dtls_keys {
	uint16_t profile; /* of use_srtp: 1, 2, 7 or 8 */
	uint8_t in[DTLS_MAX_SECRET], out[DTLS_MAX_SECRET];
};

struct dtls_datagram {
	struct view bytes;
	struct addr from;
};

enum dtls_verdict {
	DTLS_TAKEN,   /* a step of a handshake, or a flight repeated */
	DTLS_AGREED,  /* *ret: keys, the caller's to wipe; the leg's tuple is the peer's place */
	DTLS_IGNORED, /* from elsewhere, an alert, no ClientHello, not of a sound form */
	DTLS_FAILED,
	DTLS_STRANGER, /* another certificate than the description's */
	DTLS_BUSY,     /* too many steps or handshakes now */
	DTLS_VERDICT_COUNT
};

struct media_dtls_ports {
	void *context;
	/* One datagram to `to`, from the port of that leg; must not call back. */
	void (*send)(void *context, const struct dtls_leg *leg, struct view datagram,
	             const struct addr *to);
	struct hash_key cookie; /* that nobody can tell */
};

/* Draws key and certificate and fetches every algorithm: to be called before a sandbox closes.
 * ERR_NO_MEMORY; ERR_UNSUPPORTED where OpenSSL lacks what is needed. */
enum err media_dtls_new(const struct media_dtls_ports *ports, uint64_t now_us,
                        struct media_dtls **ret) MUST_USE;
/* Legs that have a handshake must be ended before. */
void media_dtls_free(struct media_dtls **d);
/* SHA-256 of our certificate. */
const uint8_t *media_dtls_fingerprint(const struct media_dtls *d);
/* Certificate and key themselves, for others of media who show them; as long as d lives. */
struct x509_st *media_dtls_certificate(const struct media_dtls *d);
struct evp_pkey_st *media_dtls_key(const struct media_dtls *d);

/* The leg awaits a ClientHello, or has to be told where to send ours. What it had ends. */
void media_dtls_begin(struct media_dtls *d, struct dtls_leg *leg, const struct dtls_peer *peer,
                      uint64_t name);
/* Wiped; all zero again. Also for a leg that has nothing. */
void media_dtls_end(struct media_dtls *d, struct dtls_leg *leg);
/* Begins our handshake with the peer at `to`, where we are active and wait; else nothing. */
void media_dtls_connect(struct media_dtls *d, struct dtls_leg *leg, const struct addr *to,
                        uint64_t now_us);
/* The keys that a handshake of the waiting leg gave to a predecessor of ours are ordered: there is
 * none any more to be had, and the peer is there. */
void media_dtls_resume(struct dtls_leg *leg, const struct addr *tuple);
/* ICE has chosen another place for the peer: what there is goes on there. */
void media_dtls_move(struct dtls_leg *leg, const struct addr *to);

/* A datagram of content type 20 to 63 for the leg, from an address that may speak to it. */
enum dtls_verdict media_dtls_receive(struct media_dtls *d, struct dtls_leg *leg,
                                     const struct dtls_datagram *datagram, uint64_t now_us,
                                     struct dtls_keys *ret);

/* Flights that were not answered are sent again, what takes too long ends. */
void media_dtls_advance(struct media_dtls *d, uint64_t now_us);
uint64_t media_dtls_wait_us(const struct media_dtls *d, uint64_t now_us);
uint32_t media_dtls_handshake_count(const struct media_dtls *d);

#endif
