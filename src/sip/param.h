/* SPDX-License-Identifier: Apache-2.0 */
/* The ;name=value parameters that follow a URI's host or a header's value.
 * A name stands at most once (RFC 3261 7.3.1): walking over a second one of
 * the same name is an error. */
#ifndef SIP_PARAM_H
#define SIP_PARAM_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/err.h"

enum { MAX_SIP_PARAMS = 32 };

struct sip_param {
	struct view name;
	struct view value; /* between the quotes, still escaped, if it was quoted */
	bool has_value, is_quoted;
};

/* Checks the text from the first ';' on (empty is good): header parameters,
 * blanks allowed around ; and =, values are tokens, hosts or quoted strings.
 * ERR_SYNTAX, ERR_SHORT; ERR_LIMIT beyond MAX_SIP_PARAMS; ERR_EXISTS for a double name. */
enum err sip_params_check(struct view params) MUST_USE;
/* The same, and hands over each as it goes: they count once the whole was good. */
enum err sip_params_each(struct view params,
                         void (*take)(void *context, const struct sip_param *param),
                         void *context) MUST_USE;
/* Takes ";name[=value]" if one is next, else says false; errors stay in the cursor, and *ret
 * then holds anything. */
bool sip_params_next(struct cursor *in, struct sip_param *ret);
/* The parameter of that name (letters of either case), in params that were checked. */
bool sip_params_find(struct view params, struct view name, struct sip_param *ret);
/* A parameter whose value is a token by its grammar (tag, reason): empty where it is absent,
 * ERR_SYNTAX where it has no value or a quoted one. */
enum err sip_params_token(struct view params, struct view name, struct view *ret) MUST_USE;
/* "token ;name=value": the token, and the text of its parameters once it was checked. */
enum err sip_params_behind_token(struct view text, struct view *ret_token,
                                 struct view *ret_params) MUST_USE;
/* Its value, or the empty view where it is absent or has none. */
struct view sip_params_value(struct view params, struct view name);
/* ";name=value"; quoted where the value is no token. Without value: ";name". */
void sip_param_write(struct buffer *b, const struct sip_param *p);

/* Undoes the \x escapes of a quoted string. */
void sip_quoted_decode(struct buffer *b, struct view quoted);
/* Writes "..." around text that is escaped already; ERR_SYNTAX where it would end the quotes
 * early. */
void sip_quoted_put(struct buffer *b, struct view escaped);
/* Writes "..." around text, escaping what needs it. ERR_SYNTAX for control bytes. */
void sip_quoted_write(struct buffer *b, struct view plain);

#endif
