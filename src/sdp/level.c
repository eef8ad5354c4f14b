/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes by name at both levels. */
#include "sdp/level_priv.h"

struct table {
	const struct sdp_known *known;
	unsigned count;
	unsigned seen; /* by row, at the level in hand and below */
	void *context;
};

static enum err read_attribute(struct table *t, const struct sdp_attribute *a, enum sdp_place place,
                               unsigned before)
{
	for (unsigned k = 0; k < t->count; k++) {
		const struct sdp_known *known = &t->known[k];

		if (!(known->place & place) || !view_equal(a->name, known->name))
			continue;
		if (before & 1U << k)
			return ERR_NONE;
		if ((t->seen & 1U << k) && !known->is_repeated)
			return ERR_SYNTAX;
		t->seen |= 1U << k;
		return known->read(a->value, t->context);
	}
	return ERR_NONE;
}

static enum err read_level(const struct sdp_session *s, const struct sdp_level *level,
                           enum sdp_place place, struct table *t)
{
	unsigned before = t->seen;
	enum err err = ERR_NONE;

	for (size_t i = 0; i < level->attribute_count && err == ERR_NONE; i++)
		err = read_attribute(t, &s->attributes[level->first_attribute + i], place, before);
	return err;
}

enum err sdp_read_known(const struct sdp_session *s, const struct sdp_media *m,
                        const struct sdp_known *known, unsigned count, void *context)
{
	struct table t = { .known = known, .count = count, .context = context };
	enum err err = read_level(s, &m->level, SDP_OF_LINE, &t);

	return err == ERR_NONE ? read_level(s, &s->level, SDP_OF_SESSION, &t) : err;
}
