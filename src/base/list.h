/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked list: the link lives inside the member, the list
 * allocates nothing. A member is in one list per link. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* From a pointer to a member to the struct that holds it. */
#define HOLDER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}
static inline bool list_is_empty(const struct list *l) { return l->next == l; }

static inline void list_insert_before(struct list *where, struct list *link)
{
	link->prev = where->prev;
	link->next = where;
	where->prev->next = link;
	where->prev = link;
}

static inline void list_append(struct list *l, struct list *link) { list_insert_before(l, link); }

/* Takes the link out and leaves it empty, so that removing twice is harmless. */
static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* Safe against removal of `link` in the body. */
#define LIST_FOR_EACH(link, l)                                                                     \
	for (struct list *link = (l)->next, *link##_next = link->next; link != (l);                \
	     link = link##_next, link##_next = link->next)

#endif
