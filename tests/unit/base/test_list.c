/* SPDX-License-Identifier: Apache-2.0 */
/* The intrusive list. */
#include "base/list.h"
#include "runner/test.h"

struct member {
	int number;
	struct list link;
};

static int digits(struct list *l)
{
	int number = 0;

	LIST_FOR_EACH(link, l)
		number = number * 10 + HOLDER(link, struct member, link)->number;
	return number;
}

TEST(list_orders, "keeps the order, and takes members out twice without harm")
{
	struct list l;
	struct member m[4] = { { .number = 1 }, { .number = 2 }, { .number = 3 }, { .number = 4 } };

	list_init(&l);
	CHECK(list_is_empty(&l) && digits(&l) == 0);
	for (int i = 0; i < 3; i++)
		list_append(&l, &m[i].link);
	list_insert_before(&m[1].link, &m[3].link);
	CHECK(digits(&l) == 1423);
	list_remove(&m[3].link);
	list_remove(&m[3].link);
	CHECK(digits(&l) == 123);
	LIST_FOR_EACH(link, &l)
		list_remove(link);
	CHECK(list_is_empty(&l));
	return ERR_NONE;
}
