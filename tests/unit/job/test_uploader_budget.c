/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nobody waits here but with a timeout of 0, and the one task runs until the test
 * lets it go.
 */
#include "job/uploader.h"

#include <pthread.h>

#include "check.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void pass_gate(struct uploader_task *t)
{
	(void)t;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

TEST(without_a_budget_nothing_is_tight)
{
	struct uploader *u = NULL;

	CHECK_INT(uploader_new(&u, 2), 0);
	uploader_hold(u, SIZE_MAX / 2);
	CHECK(!uploader_tight(u));
	CHECK_INT(uploader_room(u, 0, NULL, NULL), 0);
	uploader_let_go(u, SIZE_MAX / 2);
	uploader_free(u);
}

TEST(the_budget_itself_may_be_used)
{
	struct uploader *u = NULL;

	CHECK_INT(uploader_new(&u, 2), 0);
	uploader_set_budget(u, 100);
	uploader_hold(u, 60);
	uploader_hold(u, 40);
	CHECK(!uploader_tight(u));
	uploader_hold(u, 1);
	CHECK(uploader_tight(u));
	uploader_let_go(u, 1);
	CHECK(!uploader_tight(u));
	uploader_let_go(u, 100);
	uploader_free(u);
}

/* With nothing under way nothing would ever make room. */
TEST(a_writer_waits_only_for_what_ends)
{
	struct uploader *u = NULL;
	struct uploader_task t = {.run = pass_gate, .lane = &t};

	CHECK_INT(uploader_new(&u, 2), 0);
	uploader_set_budget(u, 100);
	uploader_hold(u, 101);
	CHECK_INT(uploader_room(u, 0, NULL, NULL), 0);
	pthread_mutex_lock(&gate);
	uploader_submit(u, &t);
	CHECK_INT(uploader_room(u, 0, NULL, NULL), -ETIMEDOUT);
	uploader_let_go(u, 1);
	CHECK_INT(uploader_room(u, 0, NULL, NULL), 0);
	uploader_hold(u, 1);
	pthread_mutex_unlock(&gate);
	CHECK_INT(uploader_room(u, 60000, NULL, NULL), 0); /* tight, and none left */
	CHECK(uploader_tight(u));
	uploader_let_go(u, 101);
	uploader_free(u);
}

int main(void)
{
	RUN(without_a_budget_nothing_is_tight);
	RUN(the_budget_itself_may_be_used);
	RUN(a_writer_waits_only_for_what_ends);
	return 0;
}
