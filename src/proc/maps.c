/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent and the judge write. */
#include "proc/maps.h"

const struct port_table *maps_ports(struct child *c)
{
	struct shared_map map =
		child_map(c, THING_PORT_TABLE, 0, SHARED_READ, sizeof(struct port_table));
	const struct port_table *table = map.at;

	if (table->count > (map.size - sizeof(*table)) / sizeof(table->pairs[0]))
		child_fail("port table", ERR_SYNTAX);
	for (uint32_t i = 0; i < table->count; i++)
		if (table->pairs[i].worker >= MAX_MEDIA_WORKERS)
			child_fail("port table", ERR_SYNTAX);
	return table;
}

const struct verdict_table *maps_verdicts(struct child *c)
{
	struct shared_map map = child_map(c, THING_VERDICTS, 0, SHARED_READ, verdict_table_size());
	enum err err = verdict_table_check(map.at, map.size);

	if (err != ERR_NONE)
		child_fail("verdict table", err);
	return map.at;
}
