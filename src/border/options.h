/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of the configuration that the border reads: `peer NAME`,
 * `route`, `subscribers`, `numbers`. Their rows are struct border_peer,
 * struct border_route and so on of settings.h. */
#ifndef BORDER_OPTIONS_H
#define BORDER_OPTIONS_H

#include "border/settings.h"
#include "conf/schema.h"

enum sips_wish { SIPS_PREFERRED, SIPS_REQUIRED };

struct border_signal {
	uint32_t workers; /* processes */
	uint8_t sips;     /* enum sips_wish */
};

extern const struct conf_block border_peer_block;
extern const struct conf_block border_class_block;   /* read into its peers; for nobody */
extern const struct conf_block border_headers_block; /* within peer */
/* Within class: its rows only give to those within peers. */
extern const struct conf_block border_class_headers_block;
extern const struct conf_block border_route_block;
extern const struct conf_block border_credentials_block; /* within peer; for signal alone */
extern const struct conf_block border_signal_block;      /* for the parent alone */
extern const struct conf_block border_spend_block;
extern const struct conf_block border_rate_block;
extern const struct conf_block border_subscribers_block;
extern const struct conf_block border_registrar_block;
extern const struct conf_block border_numbers_block;

/* Whether it was given that right, or its kind has it: who serves an application answers calls, and
 * neither begins nor moves any unless it is said. */
bool border_peer_may(const struct border_peer *peer, enum peer_may right);

#endif
