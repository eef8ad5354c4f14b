/* SPDX-License-Identifier: Apache-2.0 */
/* Holdings that were kept: what is missing of them is made from what is there, and
 * what cannot be used is told. */
#include "proc/parent_priv.h"

#include "border/border.h"

#include <unistd.h>

static enum err missing(const char *what, struct buffer *words)
{
	buffer_text(words, "what is kept lacks: ");
	buffer_text(words, what);
	return ERR_NOT_FOUND;
}

static enum err resume_rings(struct holdings *h, struct buffer *words)
{
	for (int i = 0; i < RING_NAME_COUNT; i++) {
		struct ring_ends *e = &h->rings[i];
		struct ring_parts looking;
		enum err err;

		if (!holdings_have_ring(h, (enum ring_name)i))
			continue;
		/* An earlier program had no such ring: nobody has put anything into it. */
		if (i >= RING_NAME_CONTROL_TO_SIGN && e->writer.body < 0 && e->reader.tail < 0)
			err = holdings_ring(h, (enum ring_name)i);
		else if (e->writer.body < 0 || e->reader.tail < 0)
			return missing("a ring", words);
		else
			err = ring_ends_resume(e);
		if (err != ERR_NONE)
			return err;
		looking = (struct ring_parts){ e->reader.body, e->writer.tail, e->reader.wake };
		err = ring_open_watcher(&h->watchers[i], &looking);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

static enum err resume_table(int fd, int *ret_readonly)
{
	struct shared_map map;
	enum err err = shared_map(fd, SHARED_READ, verdict_table_size(), &map);

	if (err != ERR_NONE)
		return err;
	err = verdict_table_check(map.at, map.size);
	shared_unmap(&map);
	return err == ERR_NONE ? shared_reopen_readonly(fd, ret_readonly) : err;
}

static enum err resume_tables(struct holdings *h, struct buffer *words)
{
	enum err err;

	if (h->verdicts < 0)
		return missing("the verdicts", words);
	err = resume_table(h->verdicts, &h->verdicts_readonly);
	h->known_readonly = -1;
	if (err != ERR_NONE || !holdings_have(h, ROLE_KERNEL))
		return err;
	if (h->known < 0 || (h->netfilter < 0 && !h->facts.has_no_filter))
		return missing("the kernel's table", words);
	return resume_table(h->known, &h->known_readonly);
}

static enum err resume_counters(struct holdings *h, struct buffer *words)
{
	for (int role = ROLE_PARENT; role < ROLE_COUNT; role++) {
		enum err err = h->counters[role] >= 0
		                     ? shared_reopen_readonly(h->counters[role],
		                                              &h->counters_readonly[role])
		                     : missing("counters", words);

		if (err != ERR_NONE)
			return err;
	}
	return holdings_pulses(h);
}

static enum err resume_ports(struct holdings *h, struct buffer *words)
{
	bool is_whole = h->rtp && h->rtcp;

	if (h->port_table < 0)
		return missing("the table of media ports", words);
	for (uint32_t i = 0; i < h->pair_count && is_whole; i++)
		is_whole = h->rtp[i] >= 0 && h->rtcp[i] >= 0;
	if (is_whole)
		return ERR_NONE;
	if (h->rtp || h->rtcp)
		return missing("some media ports", words);
	return ports_reopen(h);
}

static enum err resume_checkpoint(int fd, size_t size, struct buffer *words)
{
	struct shared_map map;
	enum err err = shared_map(fd, SHARED_READ, size, &map);

	if (err == ERR_NONE) {
		err = map.size - size < (size_t)sysconf(_SC_PAGESIZE) ? ERR_NONE : ERR_LIMIT;
		shared_unmap(&map);
	}
	if (err != ERR_NONE)
		buffer_text(words, "the checkpoint is of another size");
	return err;
}

static enum err resume_calls(struct holdings *h, const struct conf_tree *settings,
                             struct buffer *words)
{
	size_t size;
	enum err err = holdings_checkpoint_size(h, settings, &size);

	if (err != ERR_NONE)
		return err;
	if (h->marks < 0 || (h->facts.owners > 1 && h->common < 0))
		return missing("the checkpoint", words);
	for (unsigned i = 0; i < h->facts.owners && err == ERR_NONE; i++)
		err = h->checkpoint[i] < 0 || h->inbox[i] < 0 || h->outbox[i] < 0
		            ? missing("the checkpoint", words)
		            : resume_checkpoint(h->checkpoint[i], size, words);
	if (err != ERR_NONE)
		return err;
	for (uint16_t i = 0; i < h->facts.listener_count; i++)
		if (h->sip[i] < 0)
			return missing("a listener", words);
	return resume_ports(h, words);
}

enum err holdings_resume(struct holdings *h, const struct conf_tree *settings, struct buffer *words)
{
	enum err err = h->api >= 0 ? ERR_NONE : holdings_api(h, settings);

	if (err == ERR_NONE && h->control < 0)
		err = holdings_control(h, settings);
	if (err == ERR_NONE)
		err = resume_rings(h, words);
	if (err == ERR_NONE)
		err = resume_tables(h, words);
	if (err == ERR_NONE)
		err = holdings_ipsec(h, settings);
	if (err == ERR_NONE)
		err = resume_counters(h, words);
	if (err == ERR_NONE && h->interface)
		err = h->tap >= 0 ? ERR_NONE : missing("the tap", words);
	else if (err == ERR_NONE)
		err = resume_calls(h, settings, words);
	if (err != ERR_NONE && words->len == 0)
		buffer_text(words, err_text(err));
	return err;
}
