/* SPDX-License-Identifier: Apache-2.0 */
/* A small schema with every type of option, and files in memory. */
#ifndef UNIT_CONF_SAMPLE_H
#define UNIT_CONF_SAMPLE_H

#include "conf/grammar.h"
#include "conf/tree.h"

struct sample_side {
	char name[16];
	struct addr udp, tcp, tls;
	struct addr advertise;
	struct addr_net lan[3];
	char interface[16];
	uint16_t certificate;
	uint8_t lan_count;
	uint8_t is_secure;
};

struct sample_peer {
	char name[16];
	struct addr address;
	char password[32];
	char texts[2][8];
	struct addr contacts[2];
	struct addr endpoints[2];
	uint32_t calls;
	uint16_t new_calls;
	uint16_t side, backup;
	uint32_t rate[2];
	uint16_t ports[2][2];
	uint8_t kind, may, text_count, contact_count, endpoint_count, port_count;
};

struct sample_header {
	uint16_t peer;
	char name[24];
};

struct sample_certificate {
	char name[16];
	char chain[64];
};

struct sample_limits {
	uint64_t bytes;
	uint32_t hold_s, wait_ms, score_milli;
	uint16_t ports[2];
	struct addr_net home;
	uint8_t is_on, mode;
};

struct sample_never_row {
	struct addr_net net;
	char note[18];
};

struct sample_never {
	struct sample_never_row rows[4];
	uint16_t count;
};

extern const struct conf_block sample_mode_block, sample_side_block, sample_peer_block,
	sample_header_block, sample_certificate_block, sample_limits_block, sample_never_block;
extern const struct conf_schema sample_schema;

/* A complete file: every option, every form. */
extern const char sample_text[];

/* Files by name; ends with a row of NULL. The secret "file:carrier.secret" is
 * "tiger", "env:PASSWORD" is "lion". */
struct sample_file {
	const char *path;
	struct view text;
};
enum err sample_load(const struct sample_file *files, struct conf_tree **ret,
                     struct conf_report *report);
/* Without its secrets. */
enum err sample_load_dry(const struct sample_file *files, struct conf_tree **ret,
                         struct conf_report *report);
/* The one file "a.conf". */
enum err sample_load_view(struct view text, struct conf_tree **ret, struct conf_report *report);
enum err sample_load_text(const char *text, struct conf_tree **ret, struct conf_report *report);

/* A blob of all blocks. Returns its size; 0 where the text is refused. */
size_t sample_blob(struct view text, char *ret, size_t size);

#endif
