/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of each kind of record, and moving one member between a record
 * and a statement. */
#include "store/tables_priv.h"
#include <assert.h>
#include <string.h>

/* clang-format off */
#define COLUMN(kind, column_name, holder, member)                                       \
	{ column_name, COLUMN_##kind, offsetof(struct holder, member),                          \
	  sizeof(((struct holder *)0)->member) }

#define HEAD_COLUMNS(holder)                                    \
	COLUMN(U32, "ring", holder, head.ring),                 \
	COLUMN(U64, "sequence", holder, head.sequence),         \
	COLUMN(U8, "priority", holder, head.priority),          \
	COLUMN(U8, "side", holder, head.side),                  \
	COLUMN(U32, "tenant", holder, head.tenant),             \
	COLUMN(U64, "now_us", holder, head.now_us),             \
	COLUMN(I64, "wall_us", holder, head.wall_us)

#define FLOW_COLUMNS(prefix, holder, member)                                    \
	COLUMN(HOST, prefix "local", holder, member.local),                     \
	COLUMN(U16, prefix "local_port", holder, member.local.port),            \
	COLUMN(HOST, prefix "remote", holder, member.remote),                   \
	COLUMN(U16, prefix "remote_port", holder, member.remote.port),          \
	COLUMN(U32, prefix "connection", holder, member.connection),            \
	COLUMN(U16, prefix "listener", holder, member.listener),                \
	COLUMN(U8, prefix "transport", holder, member.transport),               \
	COLUMN(U8, prefix "side", holder, member.side)

#define LEG_COLUMNS(prefix, member)                                                     \
	FLOW_COLUMNS(prefix, record_call, member.flow),                                 \
	COLUMN(TEXT, prefix "call_id", record_call, member.call_id),                    \
	COLUMN(TEXT, prefix "peer", record_call, member.peer),                          \
	COLUMN(U64, prefix "packets", record_call, member.media.packets),               \
	COLUMN(U64, prefix "octets", record_call, member.media.octets),                 \
	COLUMN(U32, prefix "lost", record_call, member.media.lost),                     \
	COLUMN(U32, prefix "jitter_us", record_call, member.media.jitter_us),           \
	COLUMN(U32, prefix "dropped_source", record_call, member.media.dropped_source), \
	COLUMN(U32, prefix "dropped_malformed", record_call, member.media.dropped_malformed), \
	COLUMN(U32, prefix "dropped_direction", record_call, member.media.dropped_direction), \
	COLUMN(U8, prefix "payload_type", record_call, member.media.payload_type),      \
	COLUMN(U8, prefix "is_learnt", record_call, member.media.is_learnt),            \
	COLUMN(U16, prefix "learnt_port", record_call, member.media.learnt_port),       \
	COLUMN(U32, prefix "dropped_auth", record_call, member.media.dropped_auth),     \
	COLUMN(U32, prefix "dropped_replay", record_call, member.media.dropped_replay)
/* clang-format on */

static const struct column call_columns[] = {
	HEAD_COLUMNS(record_call),
	COLUMN(U64, "call", record_call, call),
	COLUMN(I64, "started_wall_us", record_call, started_wall_us),
	COLUMN(I64, "answered_wall_us", record_call, answered_wall_us),
	COLUMN(I64, "ended_wall_us", record_call, ended_wall_us),
	COLUMN(U16, "status", record_call, status),
	COLUMN(U8, "ended_by", record_call, ended_by),
	COLUMN(U8, "is_emergency", record_call, is_emergency),
	COLUMN(U8, "is_restored", record_call, is_restored),
	COLUMN(TEXT, "cause", record_call, cause),
	COLUMN(TEXT, "from_identity", record_call, from),
	COLUMN(TEXT, "to_identity", record_call, to),
	COLUMN(TEXT, "number", record_call, number),
	LEG_COLUMNS("caller_", caller),
	LEG_COLUMNS("callee_", callee),
};

static const struct column incident_columns[] = {
	COLUMN(U64, "incident", record_incident, incident),
	HEAD_COLUMNS(record_incident),
	COLUMN(HOST, "source", record_incident, source),
	COLUMN(I64, "first_wall_us", record_incident, first_wall_us),
	COLUMN(I64, "last_wall_us", record_incident, last_wall_us),
	COLUMN(U64, "count", record_incident, count),
	COLUMN(U32, "score_milli", record_incident, score_milli),
	COLUMN(U8, "outcome", record_incident, outcome),
	COLUMN(U8, "is_proven", record_incident, is_proven),
	COLUMN(U8, "is_blocked", record_incident, is_blocked),
	COLUMN(TEXT, "detector", record_incident, detector),
	COLUMN(TEXT, "rule", record_incident, rule),
	COLUMN(TEXT, "account", record_incident, account),
	COLUMN(TEXT, "evidence", record_incident, evidence),
	COLUMN(U8, "phases", record_incident, phases),
	COLUMN(I64, "scan_wall_us", record_incident, phase_wall_us[0]),
	COLUMN(I64, "enumerate_wall_us", record_incident, phase_wall_us[1]),
	COLUMN(I64, "guess_wall_us", record_incident, phase_wall_us[2]),
	COLUMN(I64, "register_wall_us", record_incident, phase_wall_us[3]),
	COLUMN(I64, "dial_wall_us", record_incident, phase_wall_us[4]),
	COLUMN(U64, "part_of", record_incident, part_of),
	COLUMN(U32, "sources", record_incident, sources),
	COLUMN(U32, "targets", record_incident, targets),
	COLUMN(U32, "users", record_incident, users),
	COLUMN(U32, "numbers", record_incident, numbers),
	COLUMN(TEXT, "source_list", record_incident, source_list),
	COLUMN(TEXT, "target_list", record_incident, target_list),
	COLUMN(TEXT, "user_list", record_incident, user_list),
	COLUMN(TEXT, "number_list", record_incident, number_list),
};

static const struct column sample_columns[] = {
	HEAD_COLUMNS(record_sample),
	COLUMN(U64, "incident", record_sample, incident),
	FLOW_COLUMNS("flow_", record_sample, flow),
	COLUMN(LONG_TEXT, "text", record_sample, text),
};

static const struct column block_columns[] = {
	COLUMN(U32, "block", record_block, block),
	HEAD_COLUMNS(record_block),
	COLUMN(U8, "kind", record_block, kind),
	COLUMN(U8, "origin", record_block, origin),
	COLUMN(U8, "is_removed", record_block, is_removed),
	COLUMN(U8, "is_observed", record_block, is_observed),
	COLUMN(NET, "net", record_block, net),
	COLUMN(I64, "from_wall_us", record_block, from_wall_us),
	COLUMN(I64, "until_wall_us", record_block, until_wall_us),
	COLUMN(U32, "term_s", record_block, term_s),
	COLUMN(U64, "incident", record_block, incident),
	COLUMN(TEXT, "rule", record_block, rule),
	COLUMN(TEXT, "reason", record_block, reason),
	COLUMN(TEXT, "actor", record_block, actor),
};

static const struct column audit_columns[] = {
	HEAD_COLUMNS(record_audit),
	COLUMN(TEXT, "actor", record_audit, actor),
	COLUMN(TEXT, "role", record_audit, role),
	COLUMN(TEXT, "verb", record_audit, verb),
	COLUMN(TEXT, "object", record_audit, object),
	COLUMN(TEXT, "reason", record_audit, reason),
	COLUMN(TEXT, "result", record_audit, result),
};

const struct column store_step_columns[] = {
	COLUMN(I64, "wall_us", block_step, wall_us),
	COLUMN(U32, "score_milli", block_step, score_milli),
	COLUMN(TEXT, "rule", block_step, rule),
	COLUMN(TEXT, "account", block_step, account),
	COLUMN(TEXT, "text", block_step, text),
};
const size_t store_step_column_count = sizeof(store_step_columns) / sizeof(store_step_columns[0]);

#define COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof((list)[0])

const struct table store_tables[RECORD_KIND_COUNT] = {
	[RECORD_CALL] = { "calls", "row", "call", sizeof(struct record_call), false,
	                  COLUMNS(call_columns) },
	[RECORD_INCIDENT] = { "incidents", "incident", "incident", sizeof(struct record_incident),
	                      true, COLUMNS(incident_columns) },
	[RECORD_SAMPLE] = { "samples", "row", "incident", sizeof(struct record_sample), false,
	                    COLUMNS(sample_columns) },
	[RECORD_BLOCK] = { "blocks", "block", "block", sizeof(struct record_block), true,
	                   COLUMNS(block_columns) },
	[RECORD_AUDIT] = { "audit", "row", "row", sizeof(struct record_audit), false,
	                   COLUMNS(audit_columns) },
};

static uint64_t number_at(const struct column *c, const void *at)
{
	uint64_t number = 0;

	/* Each width as what it is: the first bytes of a number are not its
	 * lowest ones everywhere. */
	switch (c->size) {
	case 1:
		return *(const uint8_t *)at;
	case 2: {
		uint16_t n;
		memcpy(&n, at, 2);
		return n;
	}
	case 4: {
		uint32_t n;
		memcpy(&n, at, 4);
		return n;
	}
	default:
		memcpy(&number, at, sizeof(number));
		return number;
	}
}

static void number_put(const struct column *c, void *at, uint64_t number)
{
	uint8_t n8 = (uint8_t)number;
	uint16_t n16 = (uint16_t)number;
	uint32_t n32 = (uint32_t)number;

	switch (c->size) {
	case 1:
		memcpy(at, &n8, 1);
		break;
	case 2:
		memcpy(at, &n16, 2);
		break;
	case 4:
		memcpy(at, &n32, 4);
		break;
	default:
		memcpy(at, &number, sizeof(number));
		break;
	}
}

/* Of the record itself, which is there until the statement has run. */
static int bind_view(sqlite3_stmt *statement, int place, struct view v)
{
	return sqlite3_bind_text(statement, place, v.len ? v.at : "", (int)v.len, SQLITE_STATIC);
}

/* What was written since `begin`. */
static int bind_written(sqlite3_stmt *statement, int place, const struct buffer *b, size_t begin)
{
	assert(b->err == ERR_NONE);
	return bind_view(statement, place, view_after(buffer_view(b), begin));
}

static int bind_host(sqlite3_stmt *statement, int place, const struct addr *a,
                     struct buffer *written)
{
	size_t begin = written->len;

	if (a->family == 0)
		return sqlite3_bind_null(statement, place);
	addr_write(written, a);
	return bind_written(statement, place, written, begin);
}

static int bind_net(sqlite3_stmt *statement, int place, const struct addr_net *n,
                    struct buffer *written)
{
	size_t begin = written->len;

	addr_net_write(written, n);
	return bind_written(statement, place, written, begin);
}

bool column_is_number(const struct column *c)
{
	switch ((enum column_type)c->type) {
	case COLUMN_U8:
	case COLUMN_U16:
	case COLUMN_U32:
	case COLUMN_U64:
	case COLUMN_I64:
		return true;
	default:
		return false;
	}
}

int column_bind_changed(sqlite3_stmt *statement, int place, const struct column *c,
                        const void *from, uint64_t *bound)
{
	uint64_t number = number_at(c, (const char *)from + c->offset);
	int code;

	if (number == *bound)
		return SQLITE_OK;
	code = sqlite3_bind_int64(statement, place, (sqlite3_int64)number);
	if (code == SQLITE_OK)
		*bound = number;
	return code;
}

int column_bind(sqlite3_stmt *statement, int place, const struct column *c, const void *from,
                struct buffer *written)
{
	const char *at = (const char *)from + c->offset;
	const struct record_sample *sample = from;

	switch ((enum column_type)c->type) {
	case COLUMN_TEXT:
		return bind_view(statement, place, (struct view){ at, strnlen(at, c->size) });
	case COLUMN_LONG_TEXT:
		return bind_view(statement, place, (struct view){ at, sample->text_len });
	case COLUMN_HOST:
		return bind_host(statement, place, (const void *)at, written);
	case COLUMN_NET:
		return bind_net(statement, place, (const void *)at, written);
	default:
		return sqlite3_bind_int64(statement, place, (sqlite3_int64)number_at(c, at));
	}
}

static struct view text_at(sqlite3_stmt *statement, int place)
{
	const unsigned char *text = sqlite3_column_text(statement, place);

	return (struct view){ (const char *)text,
		              text ? (size_t)sqlite3_column_bytes(statement, place) : 0 };
}

/* A row that another hand has changed reads as an empty value, not as an error:
 * one bad row must not hide the others. */
static void read_host(struct view text, struct addr *ret)
{
	struct addr a;
	uint16_t port = ret->port;

	if (addr_parse(text, &a) != ERR_NONE)
		return;
	a.port = port;
	*ret = a;
}

static void read_net(struct view text, struct addr_net *ret)
{
	if (addr_net_parse(text, ret) != ERR_NONE)
		memset(ret, 0, sizeof(*ret));
}

void column_read(sqlite3_stmt *statement, int place, const struct column *c, void *to)
{
	char *at = (char *)to + c->offset;
	struct record_sample *sample = to;
	struct view text = VIEW_EMPTY;

	switch ((enum column_type)c->type) {
	case COLUMN_TEXT:
		(void)view_copy(text_at(statement, place), at, c->size);
		return;
	case COLUMN_LONG_TEXT:
		text = view_first(text_at(statement, place), c->size);
		if (text.len)
			memcpy(at, text.at, text.len);
		sample->text_len = (uint16_t)text.len;
		return;
	case COLUMN_HOST:
		read_host(text_at(statement, place), (void *)at);
		return;
	case COLUMN_NET:
		read_net(text_at(statement, place), (void *)at);
		return;
	default:
		number_put(c, at, (uint64_t)sqlite3_column_int64(statement, place));
	}
}

bool column_is_sound(const struct column *c, const void *from)
{
	const char *at = (const char *)from + c->offset;
	const struct record_sample *sample = from;
	const struct addr *host = (const void *)at;
	const struct addr_net *net = (const void *)at;

	switch ((enum column_type)c->type) {
	case COLUMN_TEXT:
		return memchr(at, 0, c->size) != NULL;
	case COLUMN_LONG_TEXT:
		return sample->text_len <= c->size;
	case COLUMN_HOST:
		return host->family == 0 || host->family == 4 || host->family == 6;
	case COLUMN_NET:
		return (net->base.family == 4 || net->base.family == 6) && net->prefix <= 128;
	case COLUMN_U64:
		return number_at(c, at) <= INT64_MAX;
	default:
		return true;
	}
}
