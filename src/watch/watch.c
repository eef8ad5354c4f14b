/* SPDX-License-Identifier: Apache-2.0 */
/* The watch's memory and time, and the way of a message through it. */
#include "watch/watch_priv.h"

#include "sip/check.h"
#include "sip/reason.h"

#include <stdlib.h>
#include <string.h>

enum { ADVANCE_US = 50 * MILLISECOND_US };

const struct watch_settings watch_settings_default = {
	.max_transactions = 16384,
	.max_hosts = 16384,
	.max_known = 32768, /* more than a provider has phones: whom it forgets is a stranger */
	.max_nonces = 16384,
	.max_calls = 4096,
	.max_media = 8192,
	.max_streams = 8192,
	.max_phones = 4096,
	.answer_s = 32,
	.ringing_s = 180,
	.call_s = 7200,
	.silence_s = 60,
	.known_s = 3600,
};

/* ---- memory ---- */

struct plan {
	size_t table; /* offset in struct watch */
	size_t row_size;
	size_t max_rows; /* offset in the settings */
	void (*forget)(void *watch, void *row);
};

#define PLAN(name, type, max, forget)                                                              \
	{                                                                                          \
		offsetof(struct watch, name), sizeof(struct type),                                 \
			offsetof(struct watch_settings, max), forget                               \
	}

static const struct plan plans[] = {
	PLAN(hosts, watch_host, max_hosts, NULL),
	PLAN(known, watch_known, max_known, NULL),
	PLAN(notes, watch_note, max_nonces, NULL),
	PLAN(places, watch_place, max_media, NULL),
	PLAN(seen, watch_seen, max_transactions, watch_transaction_forget),
	PLAN(calls, watch_dialog, max_calls, watch_call_forget),
	PLAN(streams, watch_flow_of_rtp, max_streams, watch_stream_forget),
	PLAN(registrations, watch_registration, max_phones, watch_registration_forget),
};

enum { PLAN_COUNT = sizeof(plans) / sizeof(plans[0]) };

static uint32_t rows_of(const struct plan *plan, const struct watch_settings *settings)
{
	uint32_t rows;

	memcpy(&rows, (const char *)settings + plan->max_rows, sizeof(rows));
	return rows;
}

static struct watch_table *table_of(const struct plan *plan, struct watch *w)
{
	return (struct watch_table *)(void *)((char *)w + plan->table);
}

size_t watch_memory_bytes(const struct watch_settings *settings)
{
	size_t bytes = sizeof(struct watch);

	/* The pool's place and two slots of the index cost 24 more. */
	for (size_t i = 0; i < PLAN_COUNT; i++)
		bytes += rows_of(&plans[i], settings) * (plans[i].row_size + 24);
	return bytes + settings->max_transactions * (sizeof(struct watch_transaction) + 8);
}

static enum err take_memory(struct watch *w)
{
	for (size_t i = 0; i < PLAN_COUNT; i++) {
		struct watch_table *table = table_of(&plans[i], w);
		enum err err = watch_table_init(table, plans[i].row_size,
		                                rows_of(&plans[i], &w->settings));

		if (err != ERR_NONE)
			return err;
		table->forget = plans[i].forget;
		table->context = w;
	}
	return pool_new(sizeof(struct watch_transaction), w->settings.max_transactions,
	                &w->transactions);
}

static void derive_secrets(struct watch *w)
{
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t number = i + 4;

		w->stream_key[i] = hash_siphash(&w->key, &i, sizeof(i)) | 1;
		w->secret[i] = hash_siphash(&w->key, &number, sizeof(number)) | 1;
	}
}

enum err watch_new(const struct watch_settings *settings, const struct watch_ports *ports,
                   const struct hash_key *key, struct watch **ret)
{
	struct watch *w = calloc(1, sizeof(*w));
	enum err err;

	if (!w)
		return ERR_NO_MEMORY;
	w->settings = *settings;
	w->ports = *ports;
	w->key = *key;
	derive_secrets(w);
	for (size_t i = 0; i < SIP_METHOD_COUNT; i++)
		WATCH_TEXT(sip_method_name((enum sip_method)i), w->methods[i]);
	err = settings->inside_count <= MAX_WATCH_INSIDE ? take_memory(w) : ERR_LIMIT;
	if (err == ERR_NONE)
		*ret = w;
	else
		watch_free(&w);
	return err;
}

void watch_free(struct watch **w)
{
	if (!*w)
		return;
	for (size_t i = 0; i < PLAN_COUNT; i++)
		watch_table_clear(table_of(&plans[i], *w));
	pool_free(&(*w)->transactions);
	free(*w);
	*w = NULL;
}

const struct watch_counters *watch_counters_of(const struct watch *w)
{
	struct watch_counters *counters = (struct watch_counters *)(uintptr_t)&w->counters;

	counters->forgotten = 0;
	for (size_t i = 0; i < PLAN_COUNT; i++)
		counters->forgotten += table_of(&plans[i], (struct watch *)(uintptr_t)w)->forgotten;
	return counters;
}

/* ---- time ---- */

/* Packets of several interfaces are not in order to the microsecond. */
static void start(struct watch *w, struct now now)
{
	wheel_init(&w->wheel, now.us);
	w->is_started = true;
	w->advanced_us = now.us;
	w->now = now;
}

static inline void step(struct watch *w, struct now now)
{
	if (!w->is_started)
		start(w, now);
	w->now.wall_us = now.wall_us;
	if (now.us > w->now.us)
		w->now.us = now.us;
}

static inline void advance(struct watch *w, struct now now)
{
	step(w, now);
	w->advanced_us = w->now.us;
	wheel_advance(&w->wheel, w->now.us);
}

void watch_advance(struct watch *w, struct now now) { advance(w, now); }

void watch_end(struct watch *w)
{
	if (!w->is_started)
		return;
	watch_table_drain(&w->seen);
	watch_table_drain(&w->calls);
	watch_table_drain(&w->streams);
	watch_table_drain(&w->registrations);
	watch_table_drain(&w->places);
	watch_table_drain(&w->known);
	watch_table_drain(&w->notes);
	watch_table_drain(&w->hosts);
	wheel_clear(&w->wheel);
	w->is_started = false;
}

/* ---- messages ---- */

static bool is_keep_alive(const struct watch_message *in)
{
	if (in->len > 0 && (unsigned char)in->bytes[0] > '\r')
		return false;
	for (size_t i = 0; i < in->len; i++) {
		if (in->bytes[i] != '\r' && in->bytes[i] != '\n' && in->bytes[i] != '\0')
			return false;
	}
	return true;
}

/* What a message lacks whose end was not captured. */
static uint64_t cut_away(void)
{
	return sip_reason_bit(SIP_REASON_NO_VIA) | sip_reason_bit(SIP_REASON_NO_FROM) |
	       sip_reason_bit(SIP_REASON_NO_TO) | sip_reason_bit(SIP_REASON_NO_CALL_ID) |
	       sip_reason_bit(SIP_REASON_NO_CSEQ) | sip_reason_bit(SIP_REASON_NO_MAX_FORWARDS) |
	       sip_reason_bit(SIP_REASON_NO_HEADER_END) | sip_reason_bit(SIP_REASON_NOT_SIP) |
	       sip_reason_bit(SIP_REASON_EMPTY) | sip_reason_bit(SIP_REASON_TRAILING_BYTES) |
	       sip_reason_bit(SIP_REASON_CONTENT_LENGTH_LONG) | sip_reason_bit(SIP_REASON_VERSION);
}

static bool is_length(struct view line)
{
	return view_starts_nocase(line, VIEW("content-length:")) ||
	       view_starts_nocase(line, VIEW("l:"));
}

/* Whole lines alone, without the length that is no longer true, and an end of headers. */
static struct view whole_lines(struct watch *w, const struct watch_message *in)
{
	struct buffer out = BUFFER_ON(w->cut);
	struct view left = view_bytes(in->bytes, in->len);
	bool is_body = false;

	while (left.len > 0) {
		size_t end = view_find(left, '\n', 0);
		struct view line = view_first(left, end + 1);

		if (end == left.len || out.len + line.len + 4 > sizeof(w->cut))
			break;
		left = view_after(left, end + 1);
		if (!is_body && is_length(line))
			continue;
		is_body |= view_is_empty(view_trim(line)) && out.len > 0;
		buffer_put(&out, line);
	}
	if (!is_body)
		buffer_text(&out, "\r\n");
	return buffer_view(&out);
}

static enum err parse(struct watch *w, const struct watch_message *in)
{
	struct view cut;

	if (!in->is_cut)
		return sip_msg_parse(in->bytes, in->len, &sip_limits_default, &w->msg);
	w->counters.cut++;
	cut = whole_lines(w, in);
	return sip_msg_parse(w->cut, cut.len, &sip_limits_default, &w->msg);
}

/* What the second look finds is odd, but what the message is about happened all the
 * same. Of the hostile findings the first is named, as where it is refused. */
static void look_again(struct watch *w)
{
	uint64_t hostile = 0;

	if (sip_check(&w->msg) == ERR_NONE)
		return;
	for (unsigned reason = 1; reason < SIP_REASON_COUNT; reason++) {
		if (sip_reason_grade((enum sip_reason)reason) == SIP_GRADE_HOSTILE)
			hostile |= sip_reason_bit((enum sip_reason)reason);
	}
	w->msg.anomalies &= ~hostile;
	w->msg.anomalies |= sip_reason_bit((enum sip_reason)w->msg.reason);
}

/* Without Call-ID and CSeq nothing is paired: what it was is said at once. */
static void say_unpaired(struct watch *w, struct watch_reading *r)
{
	struct fact fact = watch_fact_of_sender(w, r, FACT_REQUEST);

	if (!r->msg->is_request || fact.standing != STANDING_STRANGER)
		return;
	fact.agent = watch_agent(w, r->msg);
	watch_account(&r->to->uri, fact.account, sizeof(fact.account));
	if (r->msg->method != SIP_METHOD_REGISTER)
		WATCH_TEXT(r->uri->user, fact.number);
	watch_say(w, &fact);
}

/* The same bytes again are a retransmission, and say nothing new. */
static bool is_repeated(struct watch *w, const struct watch_message *in)
{
	/* The parser may have changed them, but the same ones in the same way. */
	uint64_t bytes = watch_hash(w, view_bytes(in->bytes, in->len));
	uint64_t hash = watch_join(w, bytes, watch_hash_host(w, &in->flow->remote));
	enum watch_note_state state;
	bool is_seen = watch_note_find(w, hash, &state);

	watch_note_put(w, hash, NOTE_SEEN);
	return is_seen;
}

static void refused(struct watch *w, struct watch_reading *r)
{
	uint64_t reasons = sip_reason_bit((enum sip_reason)w->msg.reason);

	w->counters.malformed += !r->in->is_cut;
	w->counters.unreadable_cut += r->in->is_cut;
	if (is_repeated(w, r->in)) {
		w->counters.retransmissions++;
		return;
	}
	if (r->in->is_cut) {
		reasons &= ~cut_away();
		say_unpaired(w, r);
	}
	watch_say_oddities(w, r, reasons);
}

void watch_message(struct watch *w, const struct watch_message *in)
{
	struct watch_reading r
		__attribute__((uninitialized)); /* watch_meet and watch_read fill it */
	enum err err;

	advance(w, in->now);
	w->counters.messages++;
	if (is_keep_alive(in)) {
		w->counters.keep_alives++;
		return;
	}
	watch_meet(w, in, &r);
	err = parse(w, in);
	watch_approach(w, &r);
	if (err == ERR_NONE)
		look_again(w);
	if (in->is_cut)
		w->msg.anomalies &= ~cut_away();
	r.is_taken = err == ERR_NONE;
	watch_read(w, &r);
	if (err != ERR_NONE)
		refused(w, &r);
	else if (w->msg.is_request)
		watch_request(w, &r);
	else
		watch_response(w, &r);
}

void watch_datagram(struct watch *w, const struct flow *flow, struct view payload, struct now now)
{
	step(w, now);
	if (now_since(w->now.us, w->advanced_us) >= ADVANCE_US)
		watch_advance(w, now);
	watch_stream_packet(w, flow, payload);
}
