/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces and Target-Dialog name a dialog from outside of it: Call-ID and
 * two tags (RFC 3891 6.1, RFC 4538 7). */
#ifndef SIP_DIALOG_NAME_H
#define SIP_DIALOG_NAME_H

#include "sip/param.h"

struct sip_dialog_name {
	struct view call_id;
	struct view to_tag;   /* Replaces to-tag; Target-Dialog remote-tag */
	struct view from_tag; /* Replaces from-tag; Target-Dialog local-tag */
	bool is_early_only;
};

enum err sip_replaces_parse(struct view text, struct sip_dialog_name *ret) MUST_USE;
void sip_replaces_write(struct buffer *b, const struct sip_dialog_name *d);
enum err sip_target_dialog_parse(struct view text, struct sip_dialog_name *ret) MUST_USE;
void sip_target_dialog_write(struct buffer *b, const struct sip_dialog_name *d);

#endif
