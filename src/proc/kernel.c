/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's role: gives the verdicts that act to the packet filter, and asks the kernel what its
 * IPsec covers (kernel_ipsec.h). It has the verdict table and the table of known flows, read-only,
 * and a netlink socket that the parent holds too: so the kernel's table stands while this process
 * is started anew, and goes when the parent is gone. */
#include "kernel/mirror.h"
#include "kernel/socket.h"
#include "os/clock.h"
#include "proc/child.h"
#include "proc/kernel_ipsec.h"
#include "proc/never.h"
#include "proc/table.h"
#include "web/control_options.h"

#include <stdlib.h>

_Static_assert(WEB_MAX_SERVERS *WEB_MAX_SERVER_NETS <= MAX_KERNEL_CONTROL, "all are told");

enum { LOOK_US = 25 * MILLISECOND_US, AGAIN_US = SECOND_US };

struct filter {
	struct child *child;
	struct counters *counters;
	struct covering *covering;
	struct kernel_mirror *mirror;
	struct kernel_mirror_counts told;
	struct guard_judge_settings settings; /* of which only the never-block list counts */
	struct resolved_table names;
	uint8_t *batch;
	int fd;
	uint64_t due_us;
};

static const struct verdict_table *map_table(struct filter *f, enum thing thing)
{
	struct shared_map map = child_map(f->child, thing, 0, SHARED_READ, verdict_table_size());
	enum err err = verdict_table_check(map.at, map.size);

	if (err != ERR_NONE)
		child_fail("verdict table", err);
	return map.at;
}

static enum err read_never(struct filter *f, const struct conf_blob *blob)
{
	const struct guard_rows rows = { .never = conf_blob_get(blob, &guard_never_block, NULL) };
	static struct addr_net nets[MAX_NEVER_BLOCK];

	guard_judge_settings_of(&rows, &f->settings);
	(void)never_add(blob, child_facts(f->child), &f->names, &f->settings);
	for (uint32_t i = 0; i < f->settings.never_count; i++)
		nets[i] = f->settings.never[i].net;
	return kernel_mirror_never(f->mirror, nets, f->settings.never_count);
}

/* While watching nobody listens there. */
static enum err read_control(struct filter *f, const struct conf_blob *blob)
{
	const struct web_control_options *control = conf_blob_get(blob, &web_control_block, NULL);
	static struct addr_net nets[WEB_MAX_SERVERS * WEB_MAX_SERVER_NETS];
	const struct web_control_server *servers;
	size_t server_count = 0, count = 0;

	servers = conf_blob_get(blob, &web_server_block, &server_count);
	if (!control || child_facts(f->child)->has_no_door)
		return ERR_NONE;
	for (size_t i = 0; i < server_count && i < WEB_MAX_SERVERS; i++)
		for (uint8_t k = 0; k < servers[i].from_count; k++)
			nets[count++] = servers[i].from[k];
	return kernel_mirror_control(f->mirror, &control->listen, nets, count);
}

static enum err read_settings(struct filter *f, const struct conf_blob *blob)
{
	enum err err = read_never(f, blob);

	return err == ERR_NONE ? read_control(f, blob) : err;
}

static void count(struct filter *f)
{
	struct kernel_mirror_counts c = kernel_mirror_counts(f->mirror);

	counters_add(f->counters, COUNT_kernel_added, c.added - f->told.added);
	counters_add(f->counters, COUNT_kernel_removed, c.removed - f->told.removed);
	counters_add(f->counters, COUNT_kernel_refused, c.refused - f->told.refused);
	f->told = c;
}

static enum err look(struct filter *f, struct now now)
{
	struct kernel_batch b;
	enum err err;

	if (!kernel_mirror_look(f->mirror, now.us))
		return ERR_NONE;
	b = kernel_batch_on(f->batch, KERNEL_BATCH_BYTES);
	kernel_mirror_write(f->mirror, &b, now.us);
	err = kernel_socket_send(f->fd, &b);
	kernel_mirror_settle(f->mirror, err == ERR_NONE);
	count(f);
	return err;
}

static uint64_t wait_us(void *context, struct now now)
{
	const struct filter *f = context;

	if (covering_is_untold(f->covering))
		return LOOK_US;
	return child_facts(f->child)->has_no_filter ? UINT64_MAX : now_since(f->due_us, now.us);
}

static void advance(void *context, struct now now)
{
	struct filter *f = context;
	enum err err;

	covering_advance(f->covering);
	if (now.us < f->due_us || child_facts(f->child)->has_no_filter)
		return;
	f->due_us = now.us + LOOK_US;
	err = look(f, now);
	if (err == ERR_NONE)
		return;
	f->due_us = now.us + AGAIN_US;
	counters_add(f->counters, COUNT_kernel_failures, 1);
	log_write(LEVEL_ERROR, "packet filter", "the kernel takes no change (%s); trying again",
	          err_text(err));
}

static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	struct filter *f = context;

	f->due_us = now.us;
	return read_settings(f, &blob);
}

/* Names of peers lead elsewhere: that they are not blocked is the same question anew. */
static void asked(void *context, const struct ask *question, struct now now)
{
	static struct ask answer;
	struct filter *f = context;
	struct conf_blob blob = child_settings(f->child);
	enum err err;

	if (covering_asked(f->covering, f->child, question))
		return;
	err = table_is_told(question) ? table_take(&f->names) : ERR_UNSUPPORTED;

	if (err == ERR_NONE)
		err = settings(f, blob, now);
	answer.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(f->child, &question->head, &answer);
}

static const char *remedy_for(enum err err)
{
	switch (err) {
	case ERR_DENIED:
		return "the right CAP_NET_ADMIN is missing, or another Ringfence has the table: "
		       "start as root, or give the right with AmbientCapabilities=CAP_NET_ADMIN";
	case ERR_UNSUPPORTED:
		return "this kernel has no nf_tables, or is older than 5.12: "
		       "load the module nf_tables, or do without --block and `kernel on`";
	default:
		return err_text(err);
	}
}

/* A table that was left by hand has our name and no owner: it goes. */
static void remove_stale(struct filter *f)
{
	struct kernel_batch b = kernel_batch_on(f->batch, KERNEL_BATCH_BYTES);

	kernel_table_write_removal(&b);
	kernel_batch_close(&b);
	(void)!kernel_socket_send(f->fd, &b);
}

/* Blocking that cannot work must not look as if it did. */
static void open_filter(struct filter *f)
{
	enum err err;

	f->fd = child_descriptor(f->child, THING_NETFILTER, 0);
	if (child_facts(f->child)->starts == 1)
		remove_stale(f);
	err = look(f, clock_now());
	if (err == ERR_NONE)
		return;
	log_write(LEVEL_ERROR, "packet filter", "%s", remedy_for(err));
	child_fail("packet filter", err);
}

int main(void)
{
	static struct filter f;
	struct child_hooks hooks = { .context = &f,
		                     .asked = asked,
		                     .settings = settings,
		                     .wait_us = wait_us,
		                     .advance = advance };
	struct kernel_sight sight;
	struct conf_blob blob;
	enum err err;

	f.child = child_begin(ROLE_KERNEL);
	f.counters = child_counters(f.child);
	f.batch = malloc(KERNEL_BATCH_BYTES);
	sight.verdicts = map_table(&f, THING_VERDICTS);
	sight.known = map_table(&f, THING_KNOWN);
	sight.has_door = child_facts(f.child)->has_no_door == 0;
	err = f.batch ? kernel_mirror_new(&sight, &child_facts(f.child)->random, &f.mirror)
	              : ERR_NO_MEMORY;
	table_open(f.child, &f.names);
	blob = child_settings(f.child);
	if (err == ERR_NONE)
		err = read_settings(&f, &blob);
	if (err != ERR_NONE)
		child_fail("start", err);
	if (!child_facts(f.child)->has_no_filter)
		open_filter(&f);
	f.covering = covering_open(f.child);
	child_enter(f.child);
	covering_begin(f.covering);
	return child_run(f.child, &hooks);
}
