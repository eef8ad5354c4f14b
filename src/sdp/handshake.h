/* SPDX-License-Identifier: Apache-2.0 */
/* What an m= line says of a handshake by DTLS (RFC 5763, 8842), of ICE (RFC 8839), and of several
 * things on one port (RFC 5761, 8843). Read when it is asked for, from the attributes that the
 * parser kept; and ours, as it is written. Candidates are not read: as the lite end of ICE we
 * check nobody's path, and believe none. */
#ifndef SDP_HANDSHAKE_H
#define SDP_HANDSHAKE_H

#include "base/buffer.h"
#include "sdp/connection.h"

enum { MAX_SDP_MID = 32 };

struct sdp_handshake { /* views: into the text that was parsed */
	uint8_t setup; /* enum sdp_setup; SDP_SETUP_NONE where none is written */
	bool has_fingerprint;
	uint8_t hash; /* enum sdp_hash */
	uint8_t fingerprint[MAX_SDP_FINGERPRINT];
	bool has_ice;    /* name and password of a full end: it will check the path to us */
	bool has_mux;    /* RTCP on RTP's port */
	bool is_bundled; /* its mid is in a group of BUNDLE */
	struct view mid; /* empty: none, or one too long to be said again */
	struct view tag; /* where it is bundled: the first mid of its group */
	/* Of the header extension by which packets name their line, both ways; 0: none. */
	uint8_t mid_id;
};

/* UDP/TLS/RTP/SAVP or SAVPF; or RTP/SAVP or SAVPF with a fingerprint and without a=crypto, as
 * some write it. */
bool sdp_media_shakes(const struct sdp_session *s, const struct sdp_media *m);

/* A line of a bundle that says nothing of certificate and path has those of the group's first line
 * (RFC 8843 7.1.3). Of several fingerprints the one by the strongest hash that is known counts.
 * ERR_SYNTAX: an attribute is malformed, or there twice. ERR_UNSUPPORTED: two certificates by one
 * hash, for we would have to try both. */
enum err sdp_handshake_read(const struct sdp_session *s, const struct sdp_media *m,
                            struct sdp_handshake *ret) MUST_USE;

/* A line that is offered in a bundle or not at all (RFC 8843 6): port 0, and a=bundle-only. */
bool sdp_media_is_bundle_only(const struct sdp_session *s, const struct sdp_media *m);
/* It is taken: it is where `host` is from now on, whatever it says; formats without a name are
 * dropped. */
void sdp_media_take_bundled(struct sdp_session *s, struct sdp_media *m,
                            const struct sdp_media *host);

/* Our name and password (RFC 8839 5.4: at least 4 and 22 characters), from bytes that nobody can
 * tell. */
enum { SDP_UFRAG_SIZE = 8, SDP_PWD_SIZE = 24, SDP_ICE_RANDOM_SIZE = 24 };
void sdp_ice_draw(const uint8_t random[SDP_ICE_RANDOM_SIZE], char ufrag[SDP_UFRAG_SIZE],
                  char pwd[SDP_PWD_SIZE]);

/* What is written of ours for a line. */
struct sdp_shake {
	const uint8_t *fingerprint; /* SHA-256, SDP_FINGERPRINT_SIZE bytes */
	uint8_t setup;              /* enum sdp_setup */
	bool has_mux, is_bundled;
	bool is_guest; /* its path is its group's first line's, and so what there is to say of it */
	uint8_t mid_id;  /* of a line that is bundled: its packets say so, both ways; 0: not */
	struct view mid; /* empty: none */
	struct view ufrag, pwd; /* empty: no ICE */
};

/* Lines of the m= line; `at` is our one candidate. */
void sdp_shake_write(struct buffer *b, const struct sdp_shake *shake, const struct addr *at);

#endif
