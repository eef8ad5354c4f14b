/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the contracts, written as JSON members. */
#include "web/json.h"
#include "base/cursor.h"
#include "base/date.h"
#include <string.h>

/* Length of the UTF-8 character that begins at `at`, 0 where there is none
 * (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF). */
static size_t utf8_length(const uint8_t *at, size_t left)
{
	static const struct {
		uint8_t mask, lead, low, high;
		size_t len;
	} forms[] = {
		{ 0x80, 0x00, 0x00, 0xff, 1 },
		{ 0xe0, 0xc0, 0x80, 0xbf, 2 },
		{ 0xf0, 0xe0, 0x80, 0xbf, 3 },
		{ 0xf8, 0xf0, 0x80, 0xbf, 4 },
	};

	for (size_t i = 0; i < 4; i++) {
		if ((at[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (forms[i].len > left || at[0] == 0xc0 || at[0] == 0xc1 || at[0] > 0xf4)
			return 0;
		for (size_t k = 1; k < forms[i].len; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
		    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
			return 0;
		return forms[i].len;
	}
	return 0;
}

json_t *web_json_text(struct view text)
{
	char clean[3 * ASK_BODY_MAX]; /* no text is longer than an ask: it came in one */
	size_t len = 0, i = 0;

	text = view_first(text, ASK_BODY_MAX);
	while (i < text.len) {
		size_t part = utf8_length((const uint8_t *)text.at + i, text.len - i);

		if (part == 0) {
			memcpy(clean + len, "\xef\xbf\xbd", 3);
			len += 3;
			i++;
			continue;
		}
		memcpy(clean + len, text.at + i, part);
		len += part;
		i += part;
	}
	return json_stringn(clean, len);
}

static void set_text(json_t *object, const char *name, const char *text, size_t size)
{
	(void)json_object_set_new(object, name,
	                          web_json_text((struct view){ text, strnlen(text, size) }));
}

#define SET_TEXT(object, name, array) set_text((object), (name), (array), sizeof(array))

static void set_number(json_t *object, const char *name, uint64_t number)
{
	(void)json_object_set_new(object, name, json_integer((json_int_t)number));
}

static void set_yes(json_t *object, const char *name, bool is_so)
{
	(void)json_object_set_new(object, name, json_boolean(is_so));
}

static void set_time(json_t *object, const char *name, int64_t wall_us)
{
	(void)json_object_set_new(object, name, web_json_time(wall_us));
}

/* One of `count` words; "unknown" beyond. */
static void set_word(json_t *object, const char *name, const char *const *words, size_t count,
                     size_t which)
{
	(void)json_object_set_new(object, name,
	                          json_string(which < count ? words[which] : "unknown"));
}

#define SET_WORD(object, name, words, which)                                                       \
	set_word((object), (name), (words), sizeof(words) / sizeof((words)[0]), (which))

json_t *web_json_number_text(uint64_t number)
{
	char text[24];
	struct buffer b = buffer_on(text, sizeof(text) - 1);

	buffer_decimal(&b, number);
	return json_stringn(text, b.len);
}

json_t *web_json_time(int64_t wall_us)
{
	char text[DATE_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	if (wall_us <= 0)
		return json_null();
	date_write(&b, wall_us);
	return json_stringn(text, b.len);
}

static void set_host(json_t *object, const char *name, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	if (a->family == 0) {
		(void)json_object_set_new(object, name, json_null());
		return;
	}
	addr_write(&b, a);
	(void)json_object_set_new(object, name, json_stringn(text, b.len));
}

static void set_flow(json_t *object, const struct flow *flow)
{
	set_host(object, "address", &flow->remote);
	set_number(object, "port", flow->remote.port);
	(void)json_object_set_new(
		object, "transport",
		json_string(flow_transport_name((enum transport_kind)flow->transport)));
	set_number(object, "side", flow->side);
}

static json_t *leg_json(const struct record_leg *leg)
{
	json_t *j = json_object(), *media = json_object();

	SET_TEXT(j, "peer", leg->peer);
	set_flow(j, &leg->flow);
	SET_TEXT(j, "call_id", leg->call_id);
	set_number(media, "packets", leg->media.packets);
	set_number(media, "octets", leg->media.octets);
	set_number(media, "lost", leg->media.lost);
	(void)json_object_set_new(media, "jitter_ms",
	                          json_real((double)leg->media.jitter_us / 1000.0));
	set_number(media, "payload_type", leg->media.payload_type);
	set_number(media, "dropped_source", leg->media.dropped_source);
	set_number(media, "dropped_malformed", leg->media.dropped_malformed);
	set_number(media, "dropped_direction", leg->media.dropped_direction);
	set_number(media, "dropped_auth", leg->media.dropped_auth);
	set_number(media, "dropped_replay", leg->media.dropped_replay);
	(void)json_object_set_new(j, "media", media);
	return j;
}

json_t *web_json_call(const struct record_call *c)
{
	static const char *const ends[] = { "unknown", "caller", "callee", "ringfence" };
	json_t *j = json_object();

	(void)json_object_set_new(j, "call", web_json_number_text(c->call));
	set_time(j, "started", c->started_wall_us);
	set_time(j, "answered", c->answered_wall_us);
	set_time(j, "ended", c->ended_wall_us);
	if (c->answered_wall_us > 0 && c->ended_wall_us >= c->answered_wall_us)
		set_number(j, "talked_s",
		           (uint64_t)(c->ended_wall_us - c->answered_wall_us) / 1000000);
	SET_TEXT(j, "from", c->from);
	SET_TEXT(j, "to", c->to);
	SET_TEXT(j, "number", c->number);
	set_number(j, "status", c->status);
	SET_WORD(j, "ended_by", ends, c->ended_by);
	SET_TEXT(j, "cause", c->cause);
	set_yes(j, "emergency", c->is_emergency);
	set_yes(j, "restored", c->is_restored);
	(void)json_object_set_new(j, "caller", leg_json(&c->caller));
	(void)json_object_set_new(j, "callee", leg_json(&c->callee));
	return j;
}

/* Words separated by blanks, as an array. */
static void set_words(json_t *object, const char *name, const char *list, size_t size)
{
	struct view rest = { list, strnlen(list, size) };
	json_t *words = json_array();

	while (!view_is_empty(rest)) {
		size_t end = view_find(rest, ' ', 0);

		(void)json_array_append_new(words, web_json_text(view_first(rest, end)));
		rest = view_after(rest, end + 1);
	}
	(void)json_object_set_new(object, name, words);
}

#define SET_WORDS(object, name, array) set_words((object), (name), (array), sizeof(array))

static void set_phases(json_t *j, const struct record_incident *i)
{
	static const char *const names[] = { "scan", "enumerate", "guess", "register", "dial" };
	json_t *began = json_object(), *phases = json_array();

	for (size_t k = 0; k < INCIDENT_PHASE_COUNT; k++) {
		if ((i->phases >> k & 1) == 0)
			continue;
		(void)json_array_append_new(phases, json_string(names[k]));
		set_time(began, names[k], i->phase_wall_us[k]);
	}
	(void)json_object_set_new(j, "phases", phases);
	(void)json_object_set_new(j, "began", began);
}

json_t *web_json_incident(const struct record_incident *i)
{
	static const char *const outcomes[] = { "unknown", "succeeded", "failed" };
	json_t *j = json_object();

	(void)json_object_set_new(j, "incident", web_json_number_text(i->incident));
	set_host(j, "source", &i->source);
	SET_TEXT(j, "account", i->account);
	SET_TEXT(j, "detector", i->detector);
	SET_TEXT(j, "rule", i->rule);
	SET_WORD(j, "outcome", outcomes, i->outcome);
	set_yes(j, "proven", i->is_proven);
	set_yes(j, "blocked", i->is_blocked);
	set_number(j, "count", i->count);
	(void)json_object_set_new(j, "score", json_real(i->score_milli / 1000.0));
	set_time(j, "first", i->first_wall_us);
	set_time(j, "last", i->last_wall_us);
	SET_TEXT(j, "evidence", i->evidence);
	set_phases(j, i);
	(void)json_object_set_new(j, "part_of",
	                          i->part_of ? web_json_number_text(i->part_of) : json_null());
	set_number(j, "sources", i->sources);
	set_number(j, "targets", i->targets);
	set_number(j, "users", i->users);
	set_number(j, "numbers", i->numbers);
	SET_WORDS(j, "source_list", i->source_list);
	SET_WORDS(j, "target_list", i->target_list);
	SET_WORDS(j, "user_list", i->user_list);
	SET_WORDS(j, "number_list", i->number_list);
	return j;
}

json_t *web_json_sample(const struct record_sample *s)
{
	json_t *j = json_object();
	size_t len = s->text_len <= sizeof(s->text) ? s->text_len : sizeof(s->text);

	set_time(j, "time", s->head.wall_us);
	set_flow(j, &s->flow);
	(void)json_object_set_new(j, "text", web_json_text((struct view){ s->text, len }));
	return j;
}

static json_t *place_json(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	return json_string(addr_text(a, text));
}

json_t *web_json_trace(const struct ask_trace *t)
{
	const struct addr *ours = &t->flow.local, *theirs = &t->flow.remote;
	json_t *j = json_object();

	set_time(j, "time", t->wall_us);
	set_number(j, "time_us", (uint64_t)t->wall_us);
	(void)json_object_set_new(j, "number", web_json_number_text(t->number));
	set_yes(j, "sent", t->is_sent != 0);
	set_number(j, "side", t->flow.side);
	(void)json_object_set_new(
		j, "transport",
		json_string(flow_transport_name((enum transport_kind)t->flow.transport)));
	(void)json_object_set_new(j, "from", place_json(t->is_sent ? ours : theirs));
	(void)json_object_set_new(j, "to", place_json(t->is_sent ? theirs : ours));
	set_number(j, "length", t->total);
	(void)json_object_set_new(j, "text", web_json_text(view_bytes(t->text, t->len)));
	return j;
}

static json_t *step_json(const struct block_step *step)
{
	json_t *j = json_object();

	set_time(j, "time", step->wall_us);
	(void)json_object_set_new(j, "score", json_real(step->score_milli / 1000.0));
	SET_TEXT(j, "rule", step->rule);
	SET_TEXT(j, "account", step->account);
	SET_TEXT(j, "text", step->text);
	return j;
}

json_t *web_json_block(const struct record_block *b)
{
	static const char *const kinds[] = { "source", "never" };
	static const char *const origins[] = { "judge", "admin", "configuration", "feed" };
	json_t *j = json_object(), *steps = json_array();
	char text[ADDR_TEXT_MAX];
	struct buffer net = BUFFER_ON(text);
	uint64_t score_milli = 0;

	addr_net_write(&net, &b->net);
	(void)json_object_set_new(j, "block", web_json_number_text(b->block));
	(void)json_object_set_new(j, "net", json_stringn(text, net.len));
	SET_WORD(j, "kind", kinds, b->kind);
	SET_WORD(j, "origin", origins, b->origin);
	SET_TEXT(j, "rule", b->rule);
	SET_TEXT(j, "reason", b->reason);
	SET_TEXT(j, "actor", b->actor);
	set_time(j, "from", b->from_wall_us);
	set_time(j, "until", b->until_wall_us);
	set_number(j, "term_s", b->term_s);
	set_yes(j, "removed", b->is_removed);
	set_yes(j, "observed", b->is_observed);
	(void)json_object_set_new(j, "incident",
	                          b->incident ? web_json_number_text(b->incident) : json_null());
	for (uint32_t i = 0; i < b->step_count && i < MAX_BLOCK_STEPS; i++) {
		score_milli += b->steps[i].score_milli;
		(void)json_array_append_new(steps, step_json(&b->steps[i]));
	}
	(void)json_object_set_new(j, "score", json_real((double)score_milli / 1000.0));
	(void)json_object_set_new(j, "steps", steps);
	return j;
}

json_t *web_json_audit(const struct record_audit *a)
{
	json_t *j = json_object();

	set_time(j, "time", a->head.wall_us);
	SET_TEXT(j, "actor", a->actor);
	SET_TEXT(j, "scope", a->role);
	SET_TEXT(j, "verb", a->verb);
	SET_TEXT(j, "object", a->object);
	SET_TEXT(j, "reason", a->reason);
	SET_TEXT(j, "result", a->result);
	return j;
}

json_t *web_json_registration(const struct ask_registration *r)
{
	json_t *j = json_object();

	SET_TEXT(j, "account", r->account);
	set_flow(j, &r->flow);
	SET_TEXT(j, "contact", r->contact);
	SET_TEXT(j, "user_agent", r->user_agent);
	set_time(j, "since", r->since_wall_us);
	set_time(j, "expires", r->expires_wall_us);
	return j;
}

json_t *web_json_detector(const struct ask_detector *d)
{
	json_t *j = json_object();

	SET_TEXT(j, "detector", d->name);
	(void)json_object_set_new(
		j, "mode",
		json_string(web_mode_name(d->mode) ? web_mode_name(d->mode) : "unknown"));
	set_number(j, "findings", d->findings);
	set_number(j, "incidents", d->incidents);
	set_number(j, "blocks", d->blocks);
	SET_TEXT(j, "text", d->text);
	return j;
}

static const char *const modes[] = {
	[MODE_OFF] = "off", [MODE_OBSERVE] = "observe", [MODE_BLOCK] = "block"
};

const char *web_mode_name(uint8_t mode) { return mode <= MODE_BLOCK ? modes[mode] : NULL; }

bool web_mode_read(const char *text, uint8_t *ret)
{
	for (uint8_t mode = MODE_OFF; mode <= MODE_BLOCK; mode++)
		if (strcmp(text, modes[mode]) == 0) {
			*ret = mode;
			return true;
		}
	return false;
}

bool web_length_read(const char *text, uint32_t *ret_s)
{
	static const struct {
		uint8_t unit;
		uint32_t seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	struct cursor in = cursor_on(view_of(text));
	uint32_t number = cursor_decimal(&in, 100000);
	uint8_t unit = cursor_byte(&in);
	uint64_t seconds;

	cursor_end(&in);
	for (size_t i = 0; in.err == ERR_NONE && i < sizeof(units) / sizeof(units[0]); i++) {
		seconds = (uint64_t)number * units[i].seconds;
		if (unit != units[i].unit || seconds == 0 || seconds > UINT32_MAX)
			continue;
		*ret_s = (uint32_t)seconds;
		return true;
	}
	return false;
}
