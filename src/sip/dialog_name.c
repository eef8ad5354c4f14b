/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogs named from outside. */
#include "sip/dialog_name.h"

#include "sip/call_id.h"

struct tag_names {
	struct view to, from;
};

static const struct tag_names replaces = { { "to-tag", 6 }, { "from-tag", 8 } };
static const struct tag_names target = { { "remote-tag", 10 }, { "local-tag", 9 } };

static enum err parse(struct view text, const struct tag_names *names, struct sip_dialog_name *ret)
{
	size_t end = view_find(text, ';', 0);
	struct view params = view_after(text, end);
	struct sip_dialog_name d = { .call_id = view_trim(view_first(text, end)) };
	struct sip_param param;
	enum err err = sip_params_check(params);

	if (err != ERR_NONE)
		return err;
	if (!sip_call_id_is_valid(d.call_id))
		return ERR_SYNTAX;
	err = sip_params_token(params, names->to, &d.to_tag);
	if (err == ERR_NONE)
		err = sip_params_token(params, names->from, &d.from_tag);
	if (err != ERR_NONE)
		return err;
	/* RFC 3891 6.1: both once; without one of them any dialog of the Call-ID would match. */
	if (d.to_tag.len == 0 || d.from_tag.len == 0)
		return ERR_NOT_FOUND;
	d.is_early_only = sip_params_find(params, VIEW("early-only"), &param);
	*ret = d;
	return ERR_NONE;
}

static void write(struct buffer *b, const struct sip_dialog_name *d, const struct tag_names *names)
{
	if (!sip_call_id_is_valid(d->call_id))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, d->call_id);
	sip_param_write(
		b, &(struct sip_param){ .name = names->to, .value = d->to_tag, .has_value = true });
	sip_param_write(b, &(struct sip_param){
				   .name = names->from, .value = d->from_tag, .has_value = true });
}

enum err sip_replaces_parse(struct view text, struct sip_dialog_name *ret)
{
	return parse(text, &replaces, ret);
}

void sip_replaces_write(struct buffer *b, const struct sip_dialog_name *d)
{
	write(b, d, &replaces);
	if (d->is_early_only)
		buffer_text(b, ";early-only");
}

enum err sip_target_dialog_parse(struct view text, struct sip_dialog_name *ret)
{
	return parse(text, &target, ret);
}

void sip_target_dialog_write(struct buffer *b, const struct sip_dialog_name *d)
{
	write(b, d, &target);
}
