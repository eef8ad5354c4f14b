/* SPDX-License-Identifier: Apache-2.0 */
/* The wire of memory and the leaky PBX behind it. */
#include "unit/border/wire.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sides[] = { "outside", "inside" };

static struct addr address(const char *text)
{
	struct addr a = { 0 };

	if (addr_parse_port(view_of(text), &a) != ERR_NONE)
		abort();
	return a;
}

struct flow wire_outside(unsigned host, uint16_t port)
{
	struct flow f = { .local = address("198.51.100.1:5060"),
		          .remote = address("203.0.113.0:1") };

	f.remote.bytes[15] = (uint8_t)host;
	f.remote.port = port;
	return f;
}

struct flow wire_inside(void)
{
	return (struct flow){ .local = address("10.0.0.2:5060"),
		              .remote = address("10.0.0.20:5060"),
		              .listener = 1,
		              .side = 1 };
}

static void settle(struct border_settings *s)
{
	s->side_count = s->listener_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		(void)VIEW_COPY(view_of(sides[i]), s->sides[i].name);
		s->listeners[i].side = (uint8_t)i;
	}
	s->listeners[0].local = address("198.51.100.1:5060");
	s->listeners[1].local = address("10.0.0.2:5060");
	s->peer_count = 1;
	(void)VIEW_COPY(VIEW("office"), s->peers[0].name);
	s->peers[0].address = address("10.0.0.20:5060");
	s->peers[0].side = 1;
	s->peers[0].budget = (struct guard_rate){ 10000, 2000 };
	s->subscribers.is_on = 1;
	s->subscribers.udp_expires_s = 60;
	s->subscribers.max_registrations = 64;
	(void)VIEW_COPY(VIEW("sip.example"), s->subscribers.domain);
	(void)VIEW_COPY(VIEW("299"), s->subscribers.probe_user);
	guard_door_defaults(&s->door);
	/* Small, because the ladder of failing allocations takes them over and over. */
	s->door.max_neighbourhoods = s->door.max_stranger_flows = 512;
	s->door.max_stranger_addresses = s->door.max_login_pairs = s->door.max_login_sources = 512;
	s->door.max_blocked_sources = 512;
	s->max_calls = WIRE_CALLS;
	s->max_transactions = 192;
}

/* ---- ports ---- */

static void port_send(void *context, const struct flow *to, struct view bytes)
{
	struct wire *w = context;
	struct wire_sent *s = &w->sent[w->sent_count % WIRE_SENT_MAX];

	if (bytes.len >= WIRE_TEXT_MAX)
		abort();
	memset(s, 0, sizeof(*s));
	s->to = *to;
	s->at_us = w->now.us;
	s->number = w->sent_count;
	s->len = bytes.len;
	memcpy(s->text, bytes.at, bytes.len);
	w->sent_count++;
}

static void port_fact(void *context, struct fact *fact)
{
	struct wire *w = context;

	w->facts[w->fact_count++ % WIRE_FACTS_MAX] = *fact;
}

static void port_record(void *context, union record *record)
{
	struct wire *w = context;

	w->records[w->record_count++ % 16] = *record;
}

static void port_digits(void *context, const struct order_digits *order)
{
	struct wire *w = context;

	w->digits = *order;
	w->digits_count++;
}

static void port_answer(void *context, const struct ask *row)
{
	struct wire *w = context;

	w->answers[w->answer_count++ % 16] = *row;
}

static void port_keys(void *context, const struct order_keys *keys)
{
	struct wire *w = context;

	w->keys[w->keys_count++ % 64] = *keys;
}

static void port_shake(void *context, const struct order_shake *shake)
{
	struct wire *w = context;

	w->shakes[w->shake_count++ % 16] = *shake;
}

static void port_bundle(void *context, const struct order_bundle *bundle)
{
	struct wire *w = context;

	w->bundles[w->bundle_count++ % 16] = *bundle;
}

static void port_order(void *context, const struct order *order)
{
	struct wire *w = context;

	w->orders[w->order_count++ % 64] = *order;
}

static void port_cover(void *context, const struct cover_row *row)
{
	struct wire *w = context;

	w->covers[w->cover_count++ % 16] = *row;
}

static void port_hear(void *context, uint32_t port, bool is_hearing)
{
	struct wire *w = context;

	(void)port;
	w->hearing += is_hearing ? 1 : -1;
}

static void port_connect(void *context, const struct order_connect *order)
{
	struct wire *w = context;

	w->connects[w->connect_count++ % 16] = *order;
}

static void port_random(void *context, void *ret, size_t len)
{
	struct wire *w = context;

	for (size_t i = 0; i < len; i++) {
		w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		((uint8_t *)ret)[i] = (uint8_t)(w->seed >> 40);
	}
}

/* ---- the PBX ---- */

static void line_of(const char *text, const char *name, char *ret, size_t size)
{
	const char *at = strstr(text, name), *end = at ? strstr(at, "\r\n") : NULL;

	*ret = 0;
	if (end)
		snprintf(ret, size, "%.*s", (int)(end - at), at);
}

static void answer(struct wire *w, const struct wire_sent *request, const char *status,
                   const char *headers)
{
	struct flow inside = request->to;
	char via[512], from[512], to[512], call_id[256], cseq[128], text[WIRE_TEXT_MAX];

	line_of(request->text, "Via: ", via, sizeof(via));
	line_of(request->text, "From: ", from, sizeof(from));
	line_of(request->text, "To: ", to, sizeof(to));
	line_of(request->text, "Call-ID: ", call_id, sizeof(call_id));
	line_of(request->text, "CSeq: ", cseq, sizeof(cseq));
	snprintf(
		text, sizeof(text),
		"SIP/2.0 %s\r\n%s\r\n%s\r\n%s;tag=inner\r\n%s\r\n%s\r\nServer: Secret-PBX 10.0.0.20\r\n%sContent-Length: 0\r\n\r\n",
		status, via, from, to, call_id, cseq, headers);
	border_receive(w->border, &inside, text, strlen(text), w->now);
}

/* The Contacts that are bound now, the first kept for calls. */
static void bind_contacts(struct wire *w, const char *request, char *ret, size_t size)
{
	const char *at = strstr(request, "Contact: <");
	size_t len = 0;

	for (unsigned i = 0; at && (w->pbx_binds == 0 || i < w->pbx_binds); i++) {
		int line = (int)strcspn(at, "\r");

		if (i == 0)
			snprintf(w->pbx_contact, sizeof(w->pbx_contact), "%.*s",
			         (int)strcspn(at + strlen("Contact: <"), ">"),
			         at + strlen("Contact: <"));
		len += (size_t)snprintf(ret + len, size - len, "%.*s%s\r\n", line, at,
		                        i == 0 ? ", <sip:other@10.0.0.77:5060>;expires=3000" : "");
		at = strstr(at + line, "Contact: <");
	}
}

static void serve_register(struct wire *w, const struct wire_sent *request)
{
	unsigned user =
		(unsigned)strtoul(strstr(request->text, "To: ") + strlen("To: <sip:"), NULL, 10);
	const char *response = wire_param(request->text, "response");
	bool has_credentials = *response, is_right = strcmp(response, WIRE_RIGHT) == 0;
	char headers[1024] = "";

	if (user != 299 && strstr(request->text, "To: <sip:2")) {
		w->pbx_registers++;
		w->pbx_logins += has_credentials;
	}
	if (!((user >= 200 && user < 220) || user == 299)) {
		answer(w, request, "404 Not Found", "");
	} else if (!has_credentials) {
		snprintf(
			headers, sizeof(headers),
			"WWW-Authenticate: Digest realm=\"sip.example\", nonce=\"%08x%016llx\", opaque=\"own\", qop=\"auth,auth-int\"\r\n",
			user, (unsigned long long)w->now.us);
		answer(w, request, "401 Unauthorized", headers);
	} else if (!is_right) {
		answer(w, request, "403 Forbidden", "");
	} else {
		bind_contacts(w, request->text, headers, sizeof(headers));
		answer(w, request, "200 OK", headers);
	}
}

/* Whether the PBX has thought about it for long enough. */
static bool is_due(const struct wire *w, const struct wire_sent *request)
{
	const char *response = wire_param(request->text, "response");
	uint64_t due_us = request->at_us + w->pbx_delay_us;

	if (*response && strcmp(response, WIRE_RIGHT) != 0)
		due_us += w->pbx_refusal_us;
	return w->now.us >= due_us;
}

/* Rows that were ever used: the others' pages are left alone. */
static unsigned sent_rows(const struct wire *w)
{
	return w->sent_count < WIRE_SENT_MAX ? w->sent_count : WIRE_SENT_MAX;
}

static void serve(struct wire *w)
{
	struct wire_sent *s;

	for (unsigned guard = 0; guard < WIRE_SENT_MAX && !w->is_pbx_silent; guard++) {
		bool is_found = false;

		for (unsigned i = 0; i < sent_rows(w) && !is_found; i++) {
			s = &w->sent[i];
			is_found = s->len && !s->is_taken && is_due(w, s) && s->to.side == 1 &&
			           s->to.remote.port == 5060 &&
			           strncmp(s->text, "REGISTER ", strlen("REGISTER ")) == 0;
		}
		if (!is_found)
			return;
		s->is_taken = true;
		serve_register(w, s);
	}
}

/* ---- the wire ---- */

static enum err start(struct wire *w)
{
	return border_new(w->settings, &w->ports, w->now, &w->border);
}

/* The first of a wire: but for the settings, all wires are alike here. */
static enum err lay_out(struct wire *w)
{
	static const struct hash_key key = { "layout" };
	enum err err;

	test_layout_begins(hash_long(&key, w->settings, sizeof(*w->settings)));
	err = start(w);
	test_layout_ends();
	return err;
}

static enum err make_pairs(struct wire *w)
{
	unsigned calls = w->settings->max_calls, each = calls > WIRE_CALLS ? calls : WIRE_PAIRS;
	unsigned spare = w->settings->numbers.emergency_count ? WIRE_SPARE : 0;
	unsigned all = 2 * each + 2 * WIRE_STREAMS + 2 * spare;
	size_t size = sizeof(*w->pairs) + all * sizeof(w->pairs->pairs[0]);

	w->pairs = calloc(1, size);
	if (!w->pairs)
		return ERR_NO_MEMORY;
	w->pairs->version = 1;
	w->pairs->count = all;
	for (unsigned i = 0; i < all; i++) {
		struct port_pair *pair = &w->pairs->pairs[i];
		unsigned side = i < 2 * each ? i / each : i % 2;

		pair->is_spare = i >= all - 2 * spare;
		pair->kind = i < 2 * each || pair->is_spare ? PORT_PAIR : PORT_STREAM;
		pair->side = (uint8_t)side;
		pair->local = w->settings->listeners[side].local;
		pair->local.port =
			(uint16_t)(20000 + side * 10000 + (i < 2 * each ? i % each : i) * 2);
	}
	return ERR_NONE;
}

/* Four megabytes that every wire lays out anew: taken once, or the ladder would
 * spend its time on fresh pages. */
static struct verdict_table *verdict_memory(void)
{
	static struct verdict_table *table;

	if (!table)
		table = malloc(verdict_table_size());
	return table;
}

static enum err take_memory(struct wire *w, void (*change)(struct border_settings *s))
{
	static const struct hash_key key = { "wire" };

	w->settings = calloc(1, sizeof(*w->settings));
	w->verdicts = verdict_memory();
	if (!w->settings || !w->verdicts)
		return ERR_NO_MEMORY;
	settle(w->settings);
	if (change)
		change(w->settings);
	if (make_pairs(w) != ERR_NONE)
		return ERR_NO_MEMORY;
	verdict_table_init(w->verdicts, &key);
	w->ports = (struct border_ports){
		.context = w,
		.send = port_send,
		.fact = port_fact,
		.record = port_record,
		.order = port_order,
		.cover = port_cover,
		.order_keys = port_keys,
		.hear = port_hear,
		.connect = port_connect,
		.order_shake = port_shake,
		.order_bundle = port_bundle,
		.random = port_random,
		.answer = port_answer,
		.digits = port_digits,
		.verdicts = w->verdicts,
		.ports = w->pairs,
		.counters = &w->counters,
		.owners = 1,
		.generation = 7,
	};
	for (unsigned i = 0; i < 4; i++)
		w->ports.keys[i].bytes[0] = (uint8_t)(i + 1);
	w->ports.checkpoint = calloc(1, border_checkpoint_size(w->settings));
	return w->ports.checkpoint ? ERR_NONE : ERR_NO_MEMORY;
}

enum err wire_new_with(void (*change)(struct border_settings *s), struct wire **ret)
{
	struct wire *w = calloc(1, sizeof(*w));
	enum err err;

	if (!w)
		return ERR_NO_MEMORY;
	w->now = (struct now){ 1000 * (uint64_t)SECOND_US, INT64_C(1800000000) * SECOND_US };
	w->seed = 42;
	err = take_memory(w, change);
	if (err == ERR_NONE)
		err = lay_out(w);
	if (err != ERR_NONE) {
		wire_free(&w);
		return err;
	}
	wire_advance(w, 100 * MILLISECOND_US);
	*ret = w;
	return ERR_NONE;
}

enum err wire_new(struct wire **ret) { return wire_new_with(NULL, ret); }

void wire_free(struct wire **wire)
{
	struct wire *w = *wire;

	if (!w)
		return;
	border_free(&w->border);
	free(w->ports.checkpoint);
	free(w->pairs);
	free(w->settings);
	free(w);
	*wire = NULL;
}

enum err wire_restart(struct wire *w)
{
	border_free(&w->border);
	return start(w);
}

void wire_receive(struct wire *w, const struct flow *from, const char *text)
{
	char *copy = strdup(text);

	/* An exact-size copy, so that ASan sees a read beyond. */
	if (!copy)
		abort();
	border_receive(w->border, from, copy, strlen(text), w->now);
	free(copy);
	serve(w);
}

void wire_advance(struct wire *w, uint64_t us)
{
	uint64_t end = w->now.us + us;

	while (w->now.us < end) {
		uint64_t step = border_wait_us(w->border, w->now);

		/* From one timer to the next: empty steps test nothing. */
		if (step < MILLISECOND_US || w->pbx_delay_us || w->pbx_refusal_us)
			step = MILLISECOND_US;
		if (step > end - w->now.us)
			step = end - w->now.us;

		w->now.us += step;
		w->now.wall_us += (int64_t)step;
		border_advance(w->border, w->now);
		serve(w);
	}
}

struct wire_sent *wire_take(struct wire *w, const struct flow *to)
{
	struct wire_sent *first = NULL;

	for (unsigned i = 0; i < sent_rows(w); i++) {
		struct wire_sent *s = &w->sent[i];

		if (s->len && !s->is_taken && flow_equal(&s->to, to) &&
		    (!first || s->number < first->number))
			first = s;
	}
	if (first)
		first->is_taken = true;
	return first;
}

const struct wire_sent *wire_last_register(const struct wire *w)
{
	const struct wire_sent *last = NULL;

	for (unsigned i = 0; i < sent_rows(w); i++) {
		const struct wire_sent *s = &w->sent[i];

		if (s->len && s->to.side == 1 && strncmp(s->text, "REGISTER ", 9) == 0 &&
		    (!last || s->number > last->number))
			last = s;
	}
	return last;
}

unsigned wire_count_facts(const struct wire *w, enum fact_kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < w->fact_count && i < WIRE_FACTS_MAX; i++)
		count += w->facts[i].kind == kind;
	return count;
}

bool wire_said_last(const struct wire *w, enum fact_kind kind, const struct flow *flow)
{
	const struct fact *last = NULL;

	for (unsigned i = 0; i < w->fact_count && i < WIRE_FACTS_MAX; i++)
		if (w->facts[i].kind == kind)
			last = &w->facts[i];
	return last && flow_equal(&last->flow, flow);
}

const char *wire_param(const char *text, const char *name)
{
	static char value[256];
	char wanted[64];
	const char *at;

	value[0] = 0;
	snprintf(wanted, sizeof(wanted), "%s=\"", name);
	at = strstr(text, wanted);
	if (at) {
		at += strlen(wanted);
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\""), at);
	}
	return value;
}

bool wire_has(const struct wire_sent *sent, const char *part)
{
	return sent && strstr(sent->text, part) != NULL;
}

static void write_credentials(const struct wire_register *r, char *ret, size_t size)
{
	char nonce[256], opaque[256];

	*ret = 0;
	if (!r->credentials || !r->challenge)
		return;
	snprintf(nonce, sizeof(nonce), "%s", wire_param(r->challenge->text, "nonce"));
	snprintf(opaque, sizeof(opaque), "%s", wire_param(r->challenge->text, "opaque"));
	snprintf(
		ret, size,
		"Authorization: Digest username=\"%s\", realm=\"sip.example\", nonce=\"%s\", uri=\"sip:sip.example\", "
		"response=\"%s\", algorithm=MD5, cnonce=\"c\", opaque=\"%s\", qop=auth, nc=00000001\r\n",
		r->user, nonce, r->credentials, opaque);
}

const char *wire_register_text(const struct wire_register *r, const struct flow *from)
{
	static char text[WIRE_TEXT_MAX];
	char credentials[1024], remote[ADDR_TEXT_MAX], contact[128];
	const char *domain = r->domain ? r->domain : "sip.example";
	const char *wanted = r->contact ? r->contact : contact;
	int expires_s = r->ends ? 0 : r->expires_s ? r->expires_s : 3600;

	write_credentials(r, credentials, sizeof(credentials));
	snprintf(contact, sizeof(contact), "<sip:%s@192.168.1.10:5060;line=7>", r->user);
	snprintf(text, sizeof(text),
	         "REGISTER sip:%s SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK%s-%u-%s;rport\r\n"
	         "Max-Forwards: 70\r\n"
	         "From: <sip:%s@%s>;tag=f%s\r\n"
	         "To: <sip:%s@%s>\r\n"
	         "Call-ID: %s\r\nCSeq: %u REGISTER\r\n"
	         "%s%s%s"
	         "Expires: %d\r\nUser-Agent: Deskphone 2.1\r\n%s%s"
	         "Content-Length: 0\r\n\r\n",
	         domain, r->call_id, r->cseq, addr_text(&from->remote, remote), r->user, domain,
	         r->call_id, r->user, domain, r->call_id, r->cseq, wanted[0] ? "Contact: " : "",
	         wanted, wanted[0] ? "\r\n" : "", expires_s, credentials,
	         r->headers ? r->headers : "");
	return text;
}
