/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that are read when they are asked for: of an m= line, and of the session where the
 * line does not say the same itself. */
#ifndef SDP_LEVEL_PRIV_H
#define SDP_LEVEL_PRIV_H

#include "sdp/session.h"

enum sdp_place { SDP_OF_LINE = 1, SDP_OF_SESSION = 2, SDP_OF_BOTH = 3 };

struct sdp_known {
	struct view name;
	enum sdp_place place;
	bool is_repeated; /* else twice at one level is ERR_SYNTAX */
	enum err (*read)(struct view value, void *context);
};

/* Gives each that is known to its reader, of which the first that fails ends it: its error. At most
 * 32 rows. */
enum err sdp_read_known(const struct sdp_session *s, const struct sdp_media *m,
                        const struct sdp_known *known, unsigned count, void *context) MUST_USE;

#endif
