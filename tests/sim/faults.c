/* SPDX-License-Identifier: Apache-2.0 */
/* Stands between the border and some calls of its own (`ld --wrap`). */
#include "sim/faults.h"

#include "guard/door.h"
#include "guard/recent.h"
#include "sim/net.h"
#include "sim/text.h"
#include "ua/client.h"
#include "ua/dialog.h"
#include "ua/server.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_POOLS = 32, NAME_SIZE = 32, GIVEN = 1024 };

static enum fault planted;
static uint32_t calls; /* of what the planted fault concerns */
static struct pool *pools[MAX_POOLS];
static unsigned pool_count_seen;
static struct wheel *the_wheel;
static bool is_of_strangers;
static uint64_t given[GIVEN]; /* branches that were answered */
static unsigned given_count;

static const char *const names[] = {
	"none",
#define FAULT(name, text) #name,
#include "sim/faults.def"
#undef FAULT
};
static const char *const texts[] = {
	"nothing",
#define FAULT(name, text) text,
#include "sim/faults.def"
#undef FAULT
};

void faults_plant(enum fault fault)
{
	planted = fault;
	calls = given_count = 0;
	memset(given, 0, sizeof(given));
}

enum fault faults_planted(void) { return planted; }

bool faults_swallow(enum fault fault)
{
	static const uint8_t one_in[FAULT_COUNT] = {
		[FAULT_LOST_TIMER] = 20, [FAULT_LEAKED_OBJECT] = 50, [FAULT_LOST_CLOSE] = 7
	};

	if (planted != fault)
		return false;
	return one_in[fault] == 0 || ++calls % one_in[fault] == 0;
}

static bool is_second(const char *branch)
{
	uint64_t hash = text_hash(branch, "");

	for (unsigned i = 0; i < GIVEN; i++)
		if (given[i] == hash)
			return true;
	given[given_count++ % GIVEN] = hash;
	return false;
}

bool faults_swallow_answer(struct view bytes)
{
	char text[NET_TEXT_MAX + 1], cseq[48], branch[64];

	if (planted != FAULT_UNANSWERED_BYE && planted != FAULT_ANSWERED_ONCE)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)bytes.len, bytes.at);
	(void)text_header(text, "CSeq", cseq, sizeof(cseq));
	(void)text_param(text, "branch", branch, sizeof(branch));
	return strstr(cseq, "BYE") && (planted == FAULT_UNANSWERED_BYE || is_second(branch));
}

bool faults_swallow_invite(struct view bytes)
{
	char text[NET_TEXT_MAX + 1], branch[64];

	if (planted != FAULT_CALLED_ONCE)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)bytes.len, bytes.at);
	(void)text_param(text, "branch", branch, sizeof(branch));
	return strncmp(text, "INVITE ", 7) == 0 && is_second(branch);
}

bool faults_is_deaf(const char *text)
{
	char cseq[48];

	if (text_status(text) / 100 != 1)
		return false;
	(void)text_header(text, "CSeq", cseq, sizeof(cseq));
	return strstr(cseq, " INVITE") && faults_swallow(FAULT_DEAF_TO_RINGING);
}

const char *fault_name(enum fault fault)
{
	static char name[NAME_SIZE];
	size_t i;

	for (i = 0; names[fault][i] && i + 1 < sizeof(name); i++)
		name[i] = names[fault][i] == '_' ? '-'
		                                 : (char)tolower((unsigned char)names[fault][i]);
	name[i] = 0;
	return name;
}

const char *fault_text(enum fault fault) { return texts[fault]; }

void faults_forget_parts(void)
{
	pool_count_seen = 0;
	the_wheel = NULL;
}

uint32_t faults_pools_used(void)
{
	uint32_t used = 0;

	for (unsigned i = 0; i < pool_count_seen; i++)
		used += pool_used(pools[i]);
	return used;
}

void faults_pools_text(char *ret, size_t size)
{
	size_t len = 0;

	*ret = 0;
	for (unsigned i = 0; i < pool_count_seen && len < size; i++)
		if (pool_used(pools[i]) > 0)
			len += (size_t)snprintf(ret + len, size - len, "%s%u of pool %u",
			                        len ? ", " : "", pool_used(pools[i]), i);
}

uint32_t faults_timers(void) { return the_wheel ? the_wheel->count : 0; }

/* ---- what the linker puts in the place of the functions of the same name ---- */

enum err __real_pool_new(size_t object_size, uint32_t count, struct pool **ret);
enum err __wrap_pool_new(size_t object_size, uint32_t count, struct pool **ret);
void __real_pool_give(struct pool *p, void *object);
void __wrap_pool_give(struct pool *p, void *object);
enum err __real_guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                                  const struct hash_key *key);
enum err __wrap_guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                                  const struct hash_key *key);
void __real_wheel_init(struct wheel *w, uint64_t now_us);
void __wrap_wheel_init(struct wheel *w, uint64_t now_us);
void __real_wheel_set(struct wheel *w, struct timer *t, uint64_t due_us);
void __wrap_wheel_set(struct wheel *w, struct timer *t, uint64_t due_us);
enum err __real_ua_dialog_begin(const struct ua_dialog_start *start, struct ua_dialog *ret);
enum err __wrap_ua_dialog_begin(const struct ua_dialog_start *start, struct ua_dialog *ret);
enum err __real_ua_dialog_accept(const struct sip_msg *request, struct view local_tag,
                                 bool is_secure, struct ua_dialog *ret);
enum err __wrap_ua_dialog_accept(const struct sip_msg *request, struct view local_tag,
                                 bool is_secure, struct ua_dialog *ret);
enum err __real_ua_dialog_next_cseq(struct ua_dialog *d, uint32_t *ret);
enum err __wrap_ua_dialog_next_cseq(struct ua_dialog *d, uint32_t *ret);
void __real_ua_server_acknowledged(struct ua *ua, struct pool_handle server);
void __wrap_ua_server_acknowledged(struct ua *ua, struct pool_handle server);
enum err __real_ua_client_cancel(struct ua *ua, struct pool_handle client, struct view headers,
                                 uint64_t now_us);
enum err __wrap_ua_client_cancel(struct ua *ua, struct pool_handle client, struct view headers,
                                 uint64_t now_us);
struct guard_welcome __real_guard_door_meet(struct guard_door *d, const struct guard_knock *knock,
                                            const struct guard_rate *challenges, struct now now);
struct guard_welcome __wrap_guard_door_meet(struct guard_door *d, const struct guard_knock *knock,
                                            const struct guard_rate *challenges, struct now now);

enum err __wrap_pool_new(size_t object_size, uint32_t count, struct pool **ret)
{
	enum err err = __real_pool_new(object_size, count, ret);

	if (err == ERR_NONE && !is_of_strangers && pool_count_seen < MAX_POOLS)
		pools[pool_count_seen++] = *ret;
	return err;
}

enum err __wrap_guard_recent_init(struct guard_recent *r, size_t row_size, uint32_t max_rows,
                                  const struct hash_key *key)
{
	enum err err;

	is_of_strangers = true;
	err = __real_guard_recent_init(r, row_size, max_rows, key);
	is_of_strangers = false;
	return err;
}

void __wrap_pool_give(struct pool *p, void *object)
{
	if (!faults_swallow(FAULT_LEAKED_OBJECT))
		__real_pool_give(p, object);
}

/* The first one is the border's. */
void __wrap_wheel_init(struct wheel *w, uint64_t now_us)
{
	if (!the_wheel)
		the_wheel = w;
	__real_wheel_init(w, now_us);
}

void __wrap_wheel_set(struct wheel *w, struct timer *t, uint64_t due_us)
{
	if (!faults_swallow(FAULT_LOST_TIMER))
		__real_wheel_set(w, t, due_us);
}

static char accepted_call_id[UA_DIALOG_CALL_ID_MAX];

enum err __wrap_ua_dialog_accept(const struct sip_msg *request, struct view local_tag,
                                 bool is_secure, struct ua_dialog *ret)
{
	enum err err = __real_ua_dialog_accept(request, local_tag, is_secure, ret);

	if (err == ERR_NONE)
		memcpy(accepted_call_id, ret->call_id, sizeof(accepted_call_id));
	return err;
}

enum err __wrap_ua_dialog_begin(const struct ua_dialog_start *start, struct ua_dialog *ret)
{
	struct ua_dialog_start changed = *start;

	if (faults_swallow(FAULT_UNMAPPED_ID))
		changed.call_id = view_of(accepted_call_id);
	return __real_ua_dialog_begin(&changed, ret);
}

enum err __wrap_ua_dialog_next_cseq(struct ua_dialog *d, uint32_t *ret)
{
	enum err err = __real_ua_dialog_next_cseq(d, ret);

	if (err == ERR_NONE && faults_swallow(FAULT_STUCK_CSEQ))
		*ret = --d->local_cseq;
	return err;
}

void __wrap_ua_server_acknowledged(struct ua *ua, struct pool_handle server)
{
	if (!faults_swallow(FAULT_DEAF_TO_ACK))
		__real_ua_server_acknowledged(ua, server);
}

enum err __wrap_ua_client_cancel(struct ua *ua, struct pool_handle client, struct view headers,
                                 uint64_t now_us)
{
	return faults_swallow(FAULT_SWALLOWED_CANCEL)
	             ? ERR_NONE
	             : __real_ua_client_cancel(ua, client, headers, now_us);
}

struct guard_welcome __wrap_guard_door_meet(struct guard_door *d, const struct guard_knock *knock,
                                            const struct guard_rate *challenges, struct now now)
{
	struct guard_welcome welcome = __real_guard_door_meet(d, knock, challenges, now);

	if (faults_swallow(FAULT_OPEN_DOOR) && welcome.block != 0)
		welcome = (struct guard_welcome){ .bytes = welcome.bytes };
	return welcome;
}
