/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, as facts. Keyed hashes tell devices apart without keeping
 * what they wrote. */
#include "border/border_priv.h"
#include "guard/agent.h"
#include "sip/name_addr.h"

#include <string.h>

uint64_t fact_hash(const struct border *b, struct view text)
{
	return hash_siphash(&b->ports.keys[KEY_TABLES], text.at, text.len);
}

struct fact fact_of(const struct border *b, const struct inbound *in, enum fact_kind kind)
{
	const struct sip_msg *msg = in->msg;
	struct fact fact = {
		.kind = (uint8_t)kind,
		.proof = (uint8_t)in->proof,
		.standing = (uint8_t)in->standing,
		.count = 1,
		.flow = *in->flow,
	};

	if (!msg)
		return fact;
	fact.cseq = msg->cseq.number;
	fact.call_id_hash = fact_hash(b, msg->call_id);
	fact.contact_hash = fact_hash(b, sip_msg_value(msg, SIP_HEADER_CONTACT));
	if (msg->is_request && in->standing == STANDING_STRANGER)
		fact.agent = (uint16_t)guard_agent_of(msg);
	(void)VIEW_COPY(msg->is_request ? msg->method_text : sip_method_name(msg->method),
	                fact.method);
	return fact;
}

void fact_account(struct fact *fact, struct view account)
{
	(void)VIEW_COPY(account, fact->account);
}

void fact_target(const struct border *b, struct fact *fact, const struct sip_msg *msg)
{
	struct buffer account = buffer_on(fact->account, sizeof(fact->account) - 1);
	struct sip_name_addr to_aside
		__attribute__((uninitialized)); /* filled before they are read */
	struct sip_uri uri_aside __attribute__((uninitialized));
	const struct sip_name_addr *to = sip_parts_address_at(msg, SIP_HEADER_TO, &to_aside);
	const struct sip_uri *uri;

	if (to) {
		(void)party_account(b, &to->uri, &account);
		fact->account[account.len] = '\0';
	}
	uri = msg->method != SIP_METHOD_REGISTER ? sip_parts_uri_at(msg, &uri_aside) : NULL;
	if (uri)
		(void)VIEW_COPY(uri->user, fact->number);
}

void fact_leak(struct border *b, const struct inbound *in)
{
	struct fact fact = fact_of(b, in, FACT_DIGEST_LEAK);

	fact.status = in->msg->status;
	fact_emit(b, &fact);
}

/* A refused message has whatever bytes it came with, and a fact that is not printable
 * would be ignored: an attacker could choose not to be told. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void fact_emit(struct border *b, struct fact *fact)
{
	make_printable(fact->method);
	make_printable(fact->account);
	make_printable(fact->number);
	b->ports.fact(b->ports.context, fact);
}

void border_count(struct border *b, enum counter which)
{
	counters_add(b->ports.counters, which, 1);
}
