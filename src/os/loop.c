/* SPDX-License-Identifier: Apache-2.0 */
/* The loop over libuv. libuv closes handles asynchronously, so watches come
 * from a pool of the loop's own and go back to it from the close callback. */
#include "os/loop.h"

#include "base/list.h"
#include "os/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

struct loop_watch {
	struct list free_link;
	uv_poll_t poll;
	struct loop *loop;
	struct loop_call call;
	int fd, wanted;
};

struct caught_signal {
	uv_signal_t signal;
	void (*caught)(void *context, int number);
	void *context;
};

struct loop {
	uv_loop_t uv;
	uv_timer_t timer;
	struct loop_hooks hooks;
	struct caught_signal signals[MAX_LOOP_SIGNALS];
	size_t signal_count;
	struct list free_watches;
	uint32_t rest_us;
	bool is_stopped;
	struct loop_watch watches[];
};

/* A loop with nothing to do still turns once a second: pulses hang on it. */
enum { LONGEST_WAIT_MS = 1000 };

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* the turn that follows looks at the time itself */
}

enum err loop_new(size_t max_watches, struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l) + max_watches * sizeof(l->watches[0]));

	if (!l)
		return ERR_NO_MEMORY;
	if (uv_loop_init(&l->uv) != 0) {
		free(l);
		return ERR_IO;
	}
	(void)uv_timer_init(&l->uv, &l->timer);
	list_init(&l->free_watches);
	for (size_t i = 0; i < max_watches; i++) {
		l->watches[i].loop = l;
		list_append(&l->free_watches, &l->watches[i].free_link);
	}
	*ret = l;
	return ERR_NONE;
}

static void close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void loop_free(struct loop **l)
{
	if (!*l)
		return;
	uv_walk(&(*l)->uv, close_handle, NULL);
	(void)uv_run(&(*l)->uv, UV_RUN_DEFAULT);
	(void)uv_loop_close(&(*l)->uv);
	free(*l);
	*l = NULL;
}

void loop_set_hooks(struct loop *l, const struct loop_hooks *hooks) { l->hooks = *hooks; }

static void on_poll(uv_poll_t *poll, int status, int events);

static enum err start(struct loop_watch *w)
{
	int events = ((w->wanted & LOOP_READABLE) ? UV_READABLE : 0) |
	             ((w->wanted & LOOP_WRITABLE) ? UV_WRITABLE : 0);

	return uv_poll_start(&w->poll, events, on_poll) == 0 ? ERR_NONE : ERR_IO;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct loop_watch *w = poll->data;
	int what = ((events & UV_READABLE) ? LOOP_READABLE : 0) |
	           ((events & UV_WRITABLE) ? LOOP_WRITABLE : 0);

	if (status < 0) {
		/* libuv stops a descriptor that has POLLERR, which for our sockets only
		 * means that ICMP answered; the reader takes the error off its queue. */
		what = LOOP_ERROR | LOOP_READABLE;
		(void)start(w);
	}
	w->call.ready(w->call.context, w->fd, what);
}

enum err loop_watch(struct loop *l, int fd, int wanted, struct loop_call call,
                    struct loop_watch **ret)
{
	struct loop_watch *w;

	if (list_is_empty(&l->free_watches))
		return ERR_FULL;
	w = HOLDER(l->free_watches.next, struct loop_watch, free_link);
	if (uv_poll_init(&l->uv, &w->poll, fd) != 0)
		return ERR_IO;
	list_remove(&w->free_link);
	w->poll.data = w;
	w->call = call;
	w->fd = fd;
	w->wanted = wanted;
	if (start(w) != ERR_NONE) {
		loop_unwatch(&w);
		return ERR_IO;
	}
	*ret = w;
	return ERR_NONE;
}

enum err loop_watch_change(struct loop_watch *w, int wanted)
{
	w->wanted = wanted;
	if (wanted == 0)
		return uv_poll_stop(&w->poll) == 0 ? ERR_NONE : ERR_IO;
	return start(w);
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct loop_watch *w = handle->data;

	list_append(&w->loop->free_watches, &w->free_link);
}

void loop_unwatch(struct loop_watch **w)
{
	if (*w && !uv_is_closing((uv_handle_t *)&(*w)->poll))
		uv_close((uv_handle_t *)&(*w)->poll, on_watch_closed);
	*w = NULL;
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct caught_signal *s = signal->data;

	s->caught(s->context, number);
}

enum err loop_on_signal(struct loop *l, int number, void (*caught)(void *context, int number),
                        void *context)
{
	struct caught_signal *s = &l->signals[l->signal_count];

	if (l->signal_count == MAX_LOOP_SIGNALS)
		return ERR_FULL;
	if (uv_signal_init(&l->uv, &s->signal) != 0)
		return ERR_IO;
	s->signal.data = s;
	s->caught = caught;
	s->context = context;
	l->signal_count++;
	return uv_signal_start(&s->signal, on_signal, number) == 0 ? ERR_NONE : ERR_IO;
}

/* Rounded up, so that what waits for its time is not asked a moment too early. */
static uint64_t wait_ms(struct loop *l, struct now now)
{
	uint64_t us = l->hooks.wait_us ? l->hooks.wait_us(l->hooks.context, now) : UINT64_MAX;

	return us >= (uint64_t)LONGEST_WAIT_MS * MILLISECOND_US
	             ? LONGEST_WAIT_MS
	             : (us + MILLISECOND_US - 1) / MILLISECOND_US;
}

void loop_rest(struct loop *l, uint32_t us) { l->rest_us = us < SECOND_US ? us : SECOND_US - 1; }

bool loop_is_resting(const struct loop *l) { return l->rest_us > 0; }

static void rest(struct loop *l)
{
	const struct timespec pause = { .tv_nsec = (long)l->rest_us * 1000 };

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

void loop_turn(struct loop *l, bool may_wait)
{
	struct now now = clock_now();
	uint64_t ms;

	if (l->hooks.turn && l->hooks.turn(l->hooks.context, now))
		may_wait = false;
	if (may_wait && !l->is_stopped && l->rest_us > 0) {
		rest(l);
		may_wait = false;
	}
	l->rest_us = 0;
	ms = wait_ms(l, now);
	if (may_wait && ms > 0 && !l->is_stopped) {
		uv_update_time(&l->uv);
		(void)uv_timer_start(&l->timer, on_timer, ms, 0);
		(void)uv_run(&l->uv, UV_RUN_ONCE);
	} else {
		(void)uv_run(&l->uv, UV_RUN_NOWAIT);
	}
	if (!l->hooks.advance)
		return;
	now = clock_now();
	if (!l->hooks.wait_us || l->hooks.wait_us(l->hooks.context, now) == 0)
		l->hooks.advance(l->hooks.context, now);
}

void loop_run(struct loop *l)
{
	l->is_stopped = false;
	while (!l->is_stopped)
		loop_turn(l, true);
}

void loop_stop(struct loop *l) { l->is_stopped = true; }
