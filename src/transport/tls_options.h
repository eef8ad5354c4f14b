/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks `certificate NAME`, `authorities` and `peer { signalling ... }` of the configuration: by
 * which certificates we are known, and by which a peer is. Files stand here as paths: the parent
 * reads them. */
#ifndef TRANSPORT_TLS_OPTIONS_H
#define TRANSPORT_TLS_OPTIONS_H

#include "conf/schema.h"
#include "event/flow.h"

enum { MAX_CERTIFICATES = 32, MAX_SIDE_CERTIFICATES = 4, MAX_SIGNALLING = 256, MAX_PINS = 4 };
enum { MAX_CERTIFICATE_NAMES = 8 };
enum { TLS_LABEL_SIZE = 32, TLS_PATH_SIZE = 256, TLS_NAME_SIZE = 128, TLS_PIN_SIZE = 72 };

/* One chain and its key; RSA and ECDSA side by side are two of them. */
struct transport_certificate {
	char name[TLS_LABEL_SIZE];
	char chain[TLS_PATH_SIZE]; /* ours first, then those that signed it */
	char key[TLS_PATH_SIZE];
	char staple[TLS_PATH_SIZE]; /* OCSP response (DER); empty: none is shown */
	uint16_t acme; /* row of who gives and renews it; CONF_NO_ROW: somebody else does */
	uint8_t name_count;
	char names[MAX_CERTIFICATE_NAMES][TLS_NAME_SIZE]; /* that it is asked for */
};

/* Whose signature counts where a peer names no authority. */
struct transport_authorities {
	char file[TLS_PATH_SIZE]; /* empty: nobody's */
};

/* The oldest version that a side takes. */
enum tls_version { TLS_VERSION_1_2, TLS_VERSION_1_3, TLS_VERSION_1_1, TLS_VERSION_1_0 };

/* Whether who is called has to bring the word of its authority on its certificate (OCSP). */
enum tls_staple_wish {
	TLS_STAPLE_OFF,      /* not asked for */
	TLS_STAPLE_WANTED,   /* what says `revoked` is heeded, else it counts as none */
	TLS_STAPLE_REQUIRED, /* none, or one that does not hold, is refused */
};

/* What a peer's signalling must be. */
struct transport_signalling {
	uint16_t peer;        /* row of its block */
	uint16_t certificate; /* ours towards it; CONF_NO_ROW: the side's first */
	uint8_t mode;         /* enum signalling */
	uint8_t staple;       /* enum tls_staple_wish */
	uint8_t pin_key_count, pin_serial_count;
	char name[TLS_NAME_SIZE];      /* its certificate's; empty: the host of its address */
	char authority[TLS_PATH_SIZE]; /* empty: `authorities` */
	char revoked[TLS_PATH_SIZE];   /* empty: nothing is asked */
	char pin_keys[MAX_PINS][TLS_PIN_SIZE];    /* SHA-256 of its public key, in hex */
	char pin_serials[MAX_PINS][TLS_PIN_SIZE]; /* of its certificate, in hex */
};

extern const struct conf_block transport_certificate_block;
extern const struct conf_block transport_authorities_block;
extern const struct conf_block transport_signalling_block; /* within peer */
/* Within class: its rows only give to those within peers. */
extern const struct conf_block transport_class_signalling_block;

#endif
