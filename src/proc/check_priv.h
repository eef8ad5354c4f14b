/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of proc_check. */
#ifndef PROC_CHECK_PRIV_H
#define PROC_CHECK_PRIV_H

#include "conf/tree.h"

/* Contradictions about certificates and who must show which (check_trust.c). */
void check_trust(const struct conf_tree *t, struct conf_report *report);
/* Contradictions about what is had by ACME (check_acme.c). */
void check_acme(const struct conf_tree *t, struct conf_report *report);
/* Contradictions about protection of audio (check_srtp.c). */
void check_srtp(const struct conf_tree *t, struct conf_report *report);
/* Whether the peer of that row shows a certificate of its own name. */
bool check_is_mutual(const struct conf_tree *t, size_t peer);
/* Contradictions about `control`, its servers, and ports that are taken (check_control.c). */
void check_control(const struct conf_tree *t, struct conf_report *report);

/* Contradictions about what carries media (check_media.c). */
void check_media(const struct conf_tree *t, struct conf_report *report);
/* Media that relies on IPsec (check_ipsec.c). */
void check_ipsec(const struct conf_tree *t, struct conf_report *report);

#endif
