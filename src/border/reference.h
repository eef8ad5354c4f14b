/* SPDX-License-Identifier: Apache-2.0 */
/* What names another dialog or party, on its way to the other leg: Replaces,
 * Refer-To, Referred-By, Target-Dialog. A dialog through us has other names
 * (Call-ID, tags) on either side; who reads it gets those of his own side. */
#ifndef BORDER_REFERENCE_H
#define BORDER_REFERENCE_H

#include "border/identity.h"
#include "sip/dialog_name.h"

enum { REFERENCE_TEXT_SIZE = 192 };

/* A dialog's name on the other side; `is_early_only` as it came. */
struct reference {
	char call_id[REFERENCE_TEXT_SIZE], to_tag[REFERENCE_TEXT_SIZE],
		from_tag[REFERENCE_TEXT_SIZE];
	bool is_early_only;
};

/* Whoever of the two ends is meant: the tags keep their places. ERR_NOT_FOUND: no dialog
 * of a call of ours. */
enum err reference_map(const struct border *b, const struct sip_dialog_name *came,
                       struct reference *ret) MUST_USE;

/* Refer-To for that reader: identity mapped, of its headers only Replaces, mapped. The buffer's
 * error: ERR_NOT_FOUND where Replaces names no dialog of ours, ERR_DENIED for a method that is
 * no INVITE, the parser's. */
void reference_write_refer_to(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                              const struct identity_reader *reader);
/* Replaces of an INVITE and Target-Dialog, where they stand; error as above for Replaces, while
 * a Target-Dialog of others stays out. */
void reference_write_dialogs(const struct border *b, struct buffer *out, const struct sip_msg *msg);
/* Whether an INVITE replaces a dialog that we do not know (RFC 3891 3: 481). */
bool reference_is_lost(const struct border *b, const struct sip_msg *invite);

#endif
