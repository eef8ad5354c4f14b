/* SPDX-License-Identifier: Apache-2.0 */
/* The signal worker: what strangers send is parsed here and nowhere else. Takes
 * batches off the inherited sockets, gives them to the border, and carries out
 * what the border wants of the world. */
#include "base/pace.h"
#include "border/border.h"
#include "os/clock.h"
#include "proc/border_settings.h"
#include "proc/child.h"
#include "proc/connections.h"
#include "proc/covers.h"
#include "proc/dice.h"
#include "proc/handing.h"
#include "proc/maps.h"
#include "proc/signal_common.h"
#include "proc/signing.h"
#include "proc/stream_ports.h"
#include "proc/table.h"
#include "proc/trace.h"
#include "proc/workers.h"
#include "sip/mask.h"
#include "transport/udp.h"

#include <stdlib.h>
#include <string.h>

enum {
	BATCHES_A_TURN = 8, /* of one socket, before others and timers have their turn */
	/* Of one that was left with more: where a call brings more answers than requests, they
	 * would wait behind calls that begin, each with its ports. */
	BATCHES_BEHIND = 64,
	REFUSALS_SAID = 20, /* a second */
};

struct worker {
	struct child *child;
	struct border *border;
	struct signal_common *common; /* NULL: there is one worker */
	struct border_settings *settings;
	struct trace *trace;
	struct udp_listener listeners[MAX_LISTENERS];
	bool is_behind[MAX_LISTENERS];
	size_t listener_count;
	struct udp_inbox *inbox;
	struct udp_outbox *outbox;
	struct tcp *tcp;
	struct pace pace;
	struct ring *facts, *records;
	struct counters *counters;
	struct now now; /* of the turn */
	struct ask_head question;
	struct resolved_table names;
};

/* A hundredth of what SIP calls quick at most (T1 is 500 ms). */
static const struct pace_rule gathering = { .most_us = 5000, .worth = 3, .gather = 64 };

static struct worker w;

/* --- The border's ports --- */

static void port_send(void *context, const struct flow *to, struct view bytes)
{
	(void)context;
	trace_note(w.trace, to, true, bytes, w.now);
	if (handing_sends(to, bytes))
		return;
	if (flow_is_connected(to))
		tcp_send(w.tcp, to, bytes, w.now);
	else
		udp_send(w.outbox, to, bytes);
}

static void port_fact(void *context, struct fact *fact)
{
	/* What is proven decides blocks; floods of unproven facts must not push it out. */
	enum ring_class class =
		fact_is_proven((enum fact_proof)fact->proof) ? RING_KEPT : RING_DETAIL;
	enum err err;

	(void)context;
	if (fact->kind == FACT_REGISTERED)
		handing_registered(&fact->flow);
	fact->version = FACT_VERSION;
	fact->sequence = ring_next_sequence(w.facts);
	fact->owner = child_facts(w.child)->owner;
	fact->now_us = w.now.us;
	fact->wall_us = w.now.wall_us;
	err = ring_put(w.facts, fact, sizeof(*fact), class);
	counters_add(w.counters, err == ERR_NONE ? COUNT_facts_emitted : COUNT_facts_dropped, 1);
}

static void port_record(void *context, union record *record)
{
	struct record_head *head = &record->head;
	enum err err;

	(void)context;
	head->version = RECORD_VERSION;
	head->ring = ring_of(RING_OF_RECORDS, child_facts(w.child)->owner);
	head->sequence = ring_next_sequence(w.records);
	head->now_us = w.now.us;
	head->wall_us = w.now.wall_us;
	err = ring_put(w.records, record,
	               head->size <= sizeof(*record) ? head->size : sizeof(*record),
	               (enum ring_class)head->priority);
	counters_add(w.counters, err == ERR_NONE ? COUNT_records_emitted : COUNT_records_dropped,
	             1);
}

/* --- Datagrams --- */

static void receive(const struct flow *flow, char *bytes, size_t len)
{
	trace_note(w.trace, flow, false, view_bytes(bytes, len), w.now);
	handing_receive(flow, bytes, len);
}

static void take_batch(void)
{
	struct udp_datagram d;

	w.now = clock_now();
	while (udp_next(w.inbox, &d))
		receive(&d.flow, d.bytes, d.len);
}

static void on_unreachable(void *context, const struct flow *flow)
{
	(void)context;
	border_unreachable(w.border, flow, w.now);
	handing_unreachable(flow);
}

static void on_socket(void *context, int fd, int what)
{
	uint16_t listener = (uint16_t)((struct udp_listener *)context - w.listeners);
	int most;

	(void)fd;
	if ((what & LOOP_ERROR) != 0) {
		w.now = clock_now();
		(void)udp_errors(w.inbox, listener, on_unreachable, NULL);
	}
	most = w.is_behind[listener] ? BATCHES_BEHIND : BATCHES_A_TURN;
	w.is_behind[listener] = false;
	for (int i = 0; i < most; i++) {
		enum err err = udp_receive(w.inbox, listener, w.counters);

		if (err == ERR_IO)
			log_write(LEVEL_WARNING, "receive", "socket %u cannot be read", listener);
		if (err != ERR_NONE)
			return;
		take_batch();
		pace_note(&w.pace, udp_received(w.inbox));
		if (udp_received(w.inbox) < UDP_BATCH)
			return;
	}
	w.is_behind[listener] = true;
	pace_behind(&w.pace);
}

/* --- Connections --- */

static enum tcp_standing on_standing(void *context, const struct flow *flow, bool *ret_is_blocked)
{
	enum fact_standing standing;

	(void)context;
	w.now = clock_now();
	standing = border_standing(w.border, flow, w.now, ret_is_blocked);
	return standing == STANDING_PEER  ? TCP_PEER
	     : standing == STANDING_KNOWN ? TCP_KNOWN
	                                  : TCP_STRANGER;
}

static void on_message(void *context, const struct flow *flow, char *bytes, size_t len)
{
	(void)context;
	w.now = clock_now();
	pace_note(&w.pace, 1);
	receive(flow, bytes, len);
}

/* One line a refusal, but not a flood of them: what is left out the counters tell. */
static void on_refused(void *context, const struct flow *flow, enum tls_refusal why)
{
	static uint64_t second_us;
	static uint32_t said;
	char text[ADDR_TEXT_MAX];

	(void)context;
	w.now = clock_now();
	counters_add(w.counters, tls_refusal_counter(why), 1);
	border_untrusted(w.border, flow, why, w.now);
	if (now_since(w.now.us, second_us) >= SECOND_US) {
		second_us = w.now.us;
		said = 0;
	}
	if (said++ < REFUSALS_SAID)
		log_write(LEVEL_WARNING, "tls refused", "%s %s (%s)",
		          addr_text(&flow->remote, text), tls_refusal_text(why),
		          tls_refusal_word(why));
}

static bool is_peer_at(uint16_t row, const struct flow *flow, bool is_ours)
{
	return border_is_peer_at(w.border, row, flow, is_ours);
}

static const char *port_shown(void *context, const struct flow *flow)
{
	(void)context;
	return handing_shown(flow);
}

static void on_declined(void *context, const struct flow *flow, enum ws_answer why)
{
	static const struct {
		enum fact_non_sip sort;
		enum fact_proof proof;
	} facts[WS_ANSWER_COUNT] = {
#define WS_REFUSAL(name, status, words, counter, sort, proof)                                      \
	[WS_##name] = { NON_SIP_##sort, PROOF_##proof },
#include "transport/ws_refusal.def"
#undef WS_REFUSAL
	};
	struct fact fact = { .kind = FACT_NON_SIP,
		             .count = 1,
		             .reason = (uint16_t)facts[why].sort,
		             .proof = (uint8_t)facts[why].proof,
		             .flow = *flow };
	bool is_blocked;

	(void)context;
	w.now = clock_now();
	fact.standing = (uint8_t)border_standing(w.border, flow, w.now, &is_blocked);
	port_fact(NULL, &fact);
}

static void on_closed(void *context, const struct flow *flow, uint64_t until_us)
{
	(void)context;
	w.now = clock_now();
	handing_closed(flow);
	border_disconnected(w.border, flow, until_us, w.now);
}

/* The last worker died with this message in hand: it is kept as a sample, told to the
 * judge, and never fed again. */
static void set_aside(const struct flow *flow, struct view bytes)
{
	static union record record;
	struct fact fact = { .kind = FACT_CRASH, .count = 1, .flow = *flow };
	char text[ADDR_TEXT_MAX];
	struct buffer sample;

	w.now = clock_now();
	log_write(LEVEL_ERROR, "message set aside",
	          "the last worker died with %zu bytes from %s in hand", bytes.len,
	          addr_text(&flow->remote, text));
	port_fact(NULL, &fact);
	record.sample = (struct record_sample){ .head = { .kind = RECORD_SAMPLE,
		                                          .size = sizeof(record.sample),
		                                          .priority = PRIORITY_DETAIL,
		                                          .side = flow->side },
		                                .flow = *flow };
	sample = BUFFER_ON(record.sample.text);
	sip_mask(bytes, &sample);
	record.sample.text_len = (uint16_t)sample.len;
	port_record(NULL, &record);
}

static void set_aside_received(void)
{
	struct udp_datagram d;

	if (udp_inbox_aside(w.inbox, &d))
		set_aside(&d.flow, view_bytes(d.bytes, d.len));
}

/* --- Others --- */

static void on_media_event(const struct media_event *event, struct now now)
{
	w.now = now;
	border_media_event(w.border, event, now);
}

static void answer_to(const struct ask_head *question, const struct ask *row)
{
	static struct ask copy;

	copy.head = row->head;
	memcpy(&copy.body, &row->body,
	       row->head.size <= ASK_BODY_MAX ? row->head.size : ASK_BODY_MAX);
	child_answer(w.child, question, &copy);
}

static void answer_row(void *c, const struct ask *row) { (void)c, answer_to(&w.question, row); }
static void port_answer(void *c, const struct ask *row) { (void)c, answer_to(&row->head, row); }

static void drain(const struct ask *question, struct now now)
{
	static const struct ask done = { .head = { .is_last = 1 } };

	border_drain(w.border, question->body.drain.is_on != 0);
	if (question->body.drain.is_over)
		border_hang_up(w.border, now);
	answer_row(NULL, &done);
}

static void take_names(const struct ask_head *question)
{
	static struct ask row;
	enum err err = table_take(&w.names);

	if (err == ERR_NONE)
		border_resolve(w.border, &w.names, w.now);
	row.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(w.child, question, &row);
}

static void take_files(const struct ask *question)
{
	static struct ask row;
	enum err err = trust_files(w.child, question);

	if (err == ERR_NONE)
		tcp_reconsider(w.tcp, w.now);
	row.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(w.child, &w.question, &row);
}

static void asked(void *context, const struct ask *question, struct now now)
{
	(void)context;
	w.now = now;
	w.question = question->head;
	if (question->head.kind == ASK_DRAINING)
		drain(question, now);
	else if (question->head.kind == ASK_UNCOVERED)
		covers_told(w.child, w.border, question, now);
	else if (table_is_told(question))
		take_names(&question->head);
	else if (question->head.kind == ASK_MATERIAL)
		take_files(question);
	else if (question->head.kind == ASK_TRACE)
		trace_answer(w.trace, question, now, answer_row, NULL);
	else
		border_answer(w.border, question, now, answer_row, NULL);
}

static void answered(void *context, const struct ask *row, struct now now)
{
	(void)context;
	w.now = now;
	connections_answered(w.tcp, row, now);
	covers_answered(w.border, row, now);
}

static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	struct border_settings *fresh = malloc(sizeof(*fresh));
	enum err err =
		fresh ? border_settings_of(&blob, child_facts(w.child), fresh) : ERR_NO_MEMORY;

	(void)context;
	w.now = now;
	if (err == ERR_NONE)
		err = trust_settings(w.child);
	if (err == ERR_NONE)
		err = border_apply(w.border, fresh, now);
	if (err == ERR_NONE) {
		*w.settings = *fresh;
		tcp_reconsider(w.tcp, now);
	}
	free(fresh);
	return err;
}

static uint64_t wait_us(void *context, struct now now)
{
	const uint64_t all_us[] = { tcp_wait_us(w.tcp, now), signing_wait_us(now),
		                    workers_wait_us() };
	uint64_t least_us = border_wait_us(w.border, now);

	(void)context;
	for (size_t i = 0; i < sizeof(all_us) / sizeof(all_us[0]); i++)
		least_us = all_us[i] < least_us ? all_us[i] : least_us;
	return least_us;
}

static void advance(void *context, struct now now)
{
	(void)context;
	w.now = now;
	border_advance(w.border, now);
	signing_advance(now);
	tcp_advance(w.tcp, now);
}

static void flush(void *context, struct now now)
{
	(void)context;
	w.now = now;
	tcp_settle(w.tcp, now);
	child_tell_calls(w.child, border_calls(w.border));
	udp_flush(w.outbox);
	workers_flush();
	loop_rest(child_loop(w.child), pace_rest_us(&w.pace, &gathering, now.us));
}

/* What media has said by now is the last that is heard of it. */
static void end(void *context, struct now now)
{
	(void)context;
	workers_drain(now);
	border_end(w.border, now);
}

/* --- Start --- */

static int udp_descriptor(uint32_t listener)
{
	return child_facts(w.child)->listener_transports[listener] == TRANSPORT_UDP
	             ? child_descriptor(w.child, THING_SIP_SOCKET, listener)
	             : -1;
}

static void open_listeners(void)
{
	const struct child_facts *facts = child_facts(w.child);
	struct shared_map inbox =
		child_map(w.child, THING_INBOX, 0, SHARED_WRITE, udp_inbox_size());
	struct shared_map outbox =
		child_map(w.child, THING_OUTBOX, 0, SHARED_WRITE, udp_outbox_size());
	enum err err;

	w.listener_count =
		facts->listener_count <= MAX_LISTENERS ? facts->listener_count : MAX_LISTENERS;
	for (size_t i = 0; i < w.listener_count; i++)
		w.listeners[i] = (struct udp_listener){ .fd = udp_descriptor((uint32_t)i),
			                                .side = facts->listener_sides[i],
			                                .local = facts->listeners[i] };
	err = udp_inbox_open(&inbox, w.listeners, w.listener_count, &w.inbox);
	if (err == ERR_NONE)
		err = udp_outbox_open(&outbox, w.listeners, w.listener_count, w.counters,
		                      &w.outbox);
	if (err != ERR_NONE)
		child_fail("sockets", err);
}

static void open_border(void)
{
	const struct child_facts *facts = child_facts(w.child);
	struct conf_blob blob = child_settings(w.child);
	struct border_ports ports = {
		.send = port_send,
		.fact = port_fact,
		.record = port_record,
		.order = workers_order,
		.hear = stream_ports_hear,
		.connect = workers_connect,
		.cover = covers_ask,
		.digits = workers_digits,
		.order_keys = workers_keys,
		.order_shake = workers_shake,
		.order_bundle = workers_bundle,
		.random = dice_draw,
		.answer = port_answer,
		.shown = port_shown,
		.counters = w.counters,
		.owner = facts->owner,
		.owners = facts->owners,
		.generation = facts->generation,
	};
	enum err err;

	w.settings = malloc(sizeof(*w.settings));
	err = w.settings ? border_settings_of(&blob, facts, w.settings) : ERR_NO_MEMORY;
	if (err != ERR_NONE)
		child_fail("settings", err);
	memcpy(ports.keys, facts->keys, sizeof(ports.keys));
	ports.verdicts = maps_verdicts(w.child);
	ports.ports = maps_ports(w.child);
	ports.checkpoint = child_map(w.child, THING_CHECKPOINT, 0, SHARED_WRITE,
	                             border_checkpoint_size(w.settings))
	                           .at;
	ports.common = w.common ? &w.common->border : NULL;
	err = hash_prepare();
	if (err != ERR_NONE)
		child_fail("digests", err);
	w.now = clock_now();
	err = border_new(w.settings, &ports, w.now, &w.border);
	if (err != ERR_NONE)
		child_fail("border", err);
	stream_ports_tidy(ports.ports, w.border);
	border_drain(w.border, facts->is_draining != 0);
	table_open(w.child, &w.names);
	border_resolve(w.border, &w.names, w.now);
}

static void watch_listeners(void)
{
	static struct loop_watch *watches[MAX_LISTENERS];

	for (size_t i = 0; i < w.listener_count; i++)
		if (w.listeners[i].fd >= 0 &&
		    loop_watch(child_loop(w.child), w.listeners[i].fd, LOOP_READABLE,
		               LOOP_CALL(on_socket, &w.listeners[i]), &watches[i]) != ERR_NONE)
			child_fail("sockets", ERR_IO);
}

int main(void)
{
	const struct child_hooks hooks = { .asked = asked,
		                           .answered = answered,
		                           .settings = settings,
		                           .wait_us = wait_us,
		                           .advance = advance,
		                           .flush = flush,
		                           .end = end };

	w.child = child_begin(ROLE_SIGNAL);
	covers_begin(w.child);
	stream_ports_begin(w.child);
	w.counters = child_counters(w.child);
	w.facts = child_ring_writer(w.child, ring_of(RING_OF_FACTS, child_facts(w.child)->owner));
	w.records =
		child_ring_writer(w.child, ring_of(RING_OF_RECORDS, child_facts(w.child)->owner));
	workers_begin(w.child);
	if (trace_new(&w.trace) != ERR_NONE)
		child_fail("trace", ERR_NO_MEMORY);
	open_listeners();
	if (child_facts(w.child)->owners > 1)
		w.common = child_map(w.child, THING_COMMON, 0, SHARED_WRITE, sizeof(*w.common)).at;
	/* Before the border, which says at once what its predecessor left unsaid. */
	w.tcp = connections_open(w.child,
	                         &(struct tcp_ports){ .standing = on_standing,
	                                              .message = on_message,
	                                              .closed = on_closed,
	                                              .refused = on_refused,
	                                              .declined = on_declined,
	                                              .counters = w.counters },
	                         is_peer_at, w.common ? &w.common->connections : NULL);
	handing_begin(&(struct handing){ w.child, w.tcp, &w.pace, &w.now });
	open_border();
	workers_listen(on_media_event);
	handing_listen(w.border);
	watch_listeners();
	child_enter(w.child);
	set_aside_received();
	handing_set_aside(set_aside);
	take_batch();
	return child_run(w.child, &hooks);
}
