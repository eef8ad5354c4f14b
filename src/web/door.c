/* SPDX-License-Identifier: Apache-2.0 */
/* The table of who is at the control listener. A row is free once both its ends are: the client's,
 * and that of who serves him. */
#include "web/door.h"

#include "base/list.h"
#include "os/clock.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "web/tunnel.h"

#include <stdlib.h>

enum {
	KNOCKS_A_TURN = 16,
	SHORT_US = 100 * MILLISECOND_US, /* until descriptors are looked for again */
};

struct web_visitor {
	struct web_door *door;
	struct web_control_client who;
	struct web_tunnel tunnel;
	uint64_t number, began_us; /* number: the lower, the elder */
	bool is_named;             /* has shown who he is, and was let in */
	bool is_open;              /* the client is there */
	bool is_served;            /* so is who has the other end of the stream */
	bool is_sent_away;         /* to show anew who he is: what he asked before counts no more */
	int given;                 /* that end, until it is claimed; -1 */
};

struct web_door {
	struct web_door_place place;
	struct web_door_port port;
	struct web_control *control;
	struct loop_watch *watch;
	bool is_resting;  /* nobody is taken: there is no row, or no descriptor */
	uint64_t look_us; /* for a descriptor again; 0: a row is waited for */
	uint64_t taken;   /* connections so far */
	struct web_visitor visitors[MAX_CONTROL_CONNECTIONS];
};

/* ---- who is there ---- */

static struct web_visitor *unused(struct web_door *d)
{
	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++)
		if (!d->visitors[i].is_open && !d->visitors[i].is_served)
			return &d->visitors[i];
	return NULL;
}

static bool is_nameless(const struct web_visitor *v) { return v->is_open && !v->is_named; }

static bool is_of(const struct web_visitor *v, const struct addr *from)
{
	return addr_same_host(&v->who.from, from);
}

/* How many have shown nothing yet: from there, or in all (NULL). */
static size_t nameless_from(const struct web_door *d, const struct addr *from)
{
	size_t count = 0;

	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++)
		count += is_nameless(&d->visitors[i]) && (!from || is_of(&d->visitors[i], from));
	return count;
}

static size_t named_from(const struct web_door *d, const struct addr *from)
{
	size_t count = 0;

	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++)
		count += d->visitors[i].is_named && is_of(&d->visitors[i], from);
	return count;
}

/* The eldest of the address that has most, once one of `from` has come. */
static struct web_visitor *eldest_nameless(struct web_door *d, const struct addr *from)
{
	struct web_visitor *found = NULL;
	size_t most = 0;

	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++) {
		struct web_visitor *v = &d->visitors[i];
		size_t own = is_nameless(v) ? nameless_from(d, &v->who.from) + is_of(v, from) : 0;

		if (own > most || (own > 0 && own == most && v->number < found->number)) {
			found = v;
			most = own;
		}
	}
	return found;
}

/* ---- leaving ---- */

static void free_row(struct web_visitor *v)
{
	struct web_door *d = v->door;

	if (v->is_open || v->is_served)
		return;
	v->is_named = false;
	web_control_end(&v->who);
	if (d->is_resting && d->look_us == 0 && d->watch &&
	    loop_watch_change(d->watch, LOOP_READABLE) == ERR_NONE)
		d->is_resting = false;
}

static void leave(struct web_visitor *v, bool is_bye)
{
	if (!v->is_open)
		return;
	v->is_open = false;
	web_tunnel_close(&v->tunnel, is_bye);
	free_row(v);
}

static void refuse(struct web_visitor *v)
{
	web_control_refuse(v->door->control, &v->who.from, "", CONTROL_CROWDED);
	leave(v, false);
}

void web_door_left(struct web_visitor *v)
{
	v->is_served = false;
	free_row(v);
}

/* ---- coming in ---- */

/* What is said from here on comes out of the other end. */
static enum err let_in(struct web_visitor *v, struct now now)
{
	struct web_door *d = v->door;
	int ends[2];
	enum err err = socket_stream_pair(ends);

	if (err != ERR_NONE)
		return err;
	err = web_tunnel_join(&v->tunnel, ends[0], now.us);
	if (err != ERR_NONE) {
		socket_close(&ends[1]);
		return err;
	}
	v->given = ends[1];
	/* Who is not claimed at once is nobody's: his row would never be free again. */
	v->is_named = v->is_served = d->port.let_in(d->port.context, ends[1]) && v->given < 0;
	v->given = -1;
	return v->is_served ? ERR_NONE : ERR_LIMIT;
}

static enum err step(struct web_visitor *v, struct now now)
{
	enum err err;

	if (!v->is_named) {
		err = web_control_shake(&v->who, &v->tunnel.line, now);
		if (err == ERR_NONE)
			err = let_in(v, now);
		if (err != ERR_NONE)
			return err == ERR_AGAIN ? web_tunnel_watch(&v->tunnel) : err;
	}
	err = web_tunnel_pump(&v->tunnel, now.us);
	return err == ERR_NONE ? web_tunnel_watch(&v->tunnel) : err;
}

static void go_on(struct web_visitor *v)
{
	enum err err = v->is_open ? step(v, clock_now()) : ERR_NONE;

	if (err != ERR_NONE)
		leave(v, err == ERR_CLOSED);
}

static void on_ready(void *context, int fd, int what)
{
	(void)fd;
	(void)what;
	go_on(context);
}

static void on_woken(void *tunnel)
{
	go_on(HOLDER((struct web_tunnel *)tunnel, struct web_visitor, tunnel));
}

/* What is not admitted is closed at once: no byte of TLS is read from it or sent to it. */
static bool admit(struct web_door *d, const struct addr *from)
{
	if (!web_control_admits(d->control, from))
		return false;
	if (named_from(d, from) < MAX_CONTROL_CONNECTIONS_PER_ADDRESS)
		return true;
	web_control_refuse(d->control, from, "", CONTROL_CROWDED);
	return false;
}

/* A few who say nothing must not keep out who would show a certificate. */
static struct web_visitor *make_room(struct web_door *d, const struct addr *from)
{
	struct web_visitor *gone = NULL;

	if (nameless_from(d, from) >= MAX_CONTROL_NAMELESS_PER_ADDRESS ||
	    nameless_from(d, NULL) >= MAX_CONTROL_NAMELESS || !unused(d))
		gone = eldest_nameless(d, from);
	if (gone)
		refuse(gone);
	return unused(d);
}

static void take(struct web_door *d, int fd, const struct addr *from)
{
	struct web_visitor *v = make_room(d, from);
	struct tls_wire wire;

	if (!v) {
		socket_close(&fd);
		return;
	}
	*v = (struct web_visitor){ .door = d,
		                   .who.from = *from,
		                   .number = ++d->taken,
		                   .began_us = clock_now().us,
		                   .given = -1 };
	if (web_tunnel_open(&v->tunnel, d->place.loop, fd, LOOP_CALL(on_ready, v)) != ERR_NONE)
		return;
	wire = web_tunnel_wire(&v->tunnel, on_woken);
	v->is_open = true;
	if (web_control_begin(d->control, d->place.lines, &wire, &v->who, &v->tunnel.line) !=
	    ERR_NONE)
		leave(v, false);
}

static void rest(struct web_door *d, uint64_t look_us)
{
	d->is_resting = loop_watch_change(d->watch, 0) == ERR_NONE;
	d->look_us = look_us;
}

static void on_knock(void *context, int listening, int what)
{
	struct web_door *d = context;
	struct addr from;
	int fd = -1;

	(void)what;
	for (unsigned i = 0; i < KNOCKS_A_TURN; i++) {
		enum err err;

		if (!unused(d) && nameless_from(d, NULL) == 0) {
			rest(d, 0);
			return;
		}
		err = socket_accept(listening, &from, &fd);
		if (err == ERR_LIMIT)
			rest(d, clock_now().us + SHORT_US);
		if (err == ERR_NONE && admit(d, &from))
			take(d, fd, &from);
		else if (err == ERR_NONE)
			socket_close(&fd);
		else if (err != ERR_CLOSED)
			return;
	}
}

/* ---- all of it ---- */

enum err web_door_new(const struct web_door_place *place, struct web_control *control,
                      const struct web_door_port *port, struct web_door **ret)
{
	struct web_door *d = calloc(1, sizeof(*d));
	enum err err;

	if (!d)
		return ERR_NO_MEMORY;
	d->place = *place;
	d->port = *port;
	d->control = control;
	err = loop_watch(place->loop, place->listening, LOOP_READABLE, LOOP_CALL(on_knock, d),
	                 &d->watch);
	if (err == ERR_NONE)
		*ret = d;
	else
		free(d);
	return err;
}

static void all_leave(struct web_door *d)
{
	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++) {
		d->visitors[i].is_sent_away = true;
		leave(&d->visitors[i], true);
	}
}

void web_door_renew(struct web_door *d, struct web_control *control)
{
	all_leave(d);
	d->control = control;
}

void web_door_close(struct web_door *d)
{
	loop_unwatch(&d->watch);
	all_leave(d);
}

void web_door_free(struct web_door **d)
{
	if (!*d)
		return;
	web_door_close(*d);
	free(*d);
	*d = NULL;
}

struct web_visitor *web_door_claim(struct web_door *d, int fd)
{
	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++)
		if (d->visitors[i].is_open && d->visitors[i].given == fd) {
			d->visitors[i].given = -1;
			return &d->visitors[i];
		}
	return NULL;
}

const struct web_control_server *web_door_server(const struct web_visitor *v)
{
	return v->is_sent_away ? NULL : v->who.server;
}

/* ---- deadlines ---- */

static uint64_t due_of(const struct web_visitor *v)
{
	if (is_nameless(v))
		return v->began_us + WEB_SHAKE_S * (uint64_t)SECOND_US;
	return v->is_open && web_tunnel_owes(&v->tunnel)
	             ? v->tunnel.progress_us + WEB_TAKE_S * (uint64_t)SECOND_US
	             : UINT64_MAX;
}

uint64_t web_door_wait_us(const struct web_door *d, struct now now)
{
	uint64_t due = d->look_us ? d->look_us : UINT64_MAX;

	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++)
		due = due_of(&d->visitors[i]) < due ? due_of(&d->visitors[i]) : due;
	return due == UINT64_MAX ? UINT64_MAX : now_since(due, now.us);
}

void web_door_advance(struct web_door *d, struct now now)
{
	for (size_t i = 0; i < MAX_CONTROL_CONNECTIONS; i++)
		if (now.us >= due_of(&d->visitors[i]))
			leave(&d->visitors[i], false);
	if (d->look_us == 0 || now.us < d->look_us)
		return;
	d->look_us = 0;
	d->is_resting = loop_watch_change(d->watch, LOOP_READABLE) != ERR_NONE;
}
