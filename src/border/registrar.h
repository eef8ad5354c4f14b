/* SPDX-License-Identifier: Apache-2.0 */
/* REGISTER on its way: from a phone to the registrar and back. Each is held as
 * a login in hand until its answer may leave, so that what leaves looks and
 * lasts the same for users that exist and users that do not. */
#ifndef BORDER_REGISTRAR_H
#define BORDER_REGISTRAR_H

#include "border/border_priv.h"

enum { MAX_LOGINS_IN_HAND = 4096 };

/* ERR_NO_MEMORY. */
enum err registrar_new(struct border *b, struct registrar **ret) MUST_USE;
void registrar_free(struct registrar **r);
/* The settings are new (b->before: those of before): registrations go with their PBX's
 * name, and end with it. */
void registrar_apply(struct border *b);

/* A REGISTER that passed door and screen. TREAT_CHALLENGE: the PBX hears it
 * only with proof. in->is_blocked: its address is blocked, but known flows live
 * there; then with proof only for an account that is registered there (a phone
 * that came back on a new port), else our own challenge. */
void registrar_request(struct border *b, struct inbound *in, enum guard_treatment treatment);

/* Answers of the PBX to REGISTER (PURPOSE_REGISTER) and to what was asked for
 * an unknown user (PURPOSE_ASK). */
void registrar_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                      enum ua_answer answer);
void registrar_ask_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                          enum ua_answer answer);
void registrar_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

#endif
