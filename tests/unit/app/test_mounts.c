/* SPDX-License-Identifier: Apache-2.0 */
#include "app/mounts.h"

#include "check.h"

static const char table[] =
	"21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"30 21 0:50 / /mnt rw,nosuid shared:5 master:2 - fuse.amcfs amcfs rw,user_id=0\n"
	"31 30 0:51 / /mnt/instances/x rw - tmpfs tmpfs rw\n"
	"32 21 0:50 /instances/amc1/datasets/d/upload /srv/my\\040drop rw - fuse.amcfs "
	"amcfs rw\n"
	"33 21 0:60 / /two rw - fuse.amcfs amcfs rw\n"
	"34 21 0:61 / /two rw - tmpfs tmpfs rw\n"
	"35 21 0:60 /instances /part rw - fuse.amcfs amcfs rw\n"
	"36 21 0:62 / /back\\134slash rw - fuse.amcfs amcfs rw\n"
	"a line that makes no sense\n"
	"\n"
	"37 21 0:63 / /mntly rw - ext4 /dev/sdb rw";

static void check_of(const char *path, const char *point, const char *type)
{
	struct mounts_entry e;

	CHECK_INT(mounts_of(slice_str(table), path, &e), 0);
	CHECK_STR(e.point, point);
	CHECK_STR(e.type, type);
	mounts_entry_fini(&e);
}

TEST(the_longest_mount_shows_a_path)
{
	check_of("/mnt", "/mnt", "fuse.amcfs");
	check_of("/mnt/instances", "/mnt", "fuse.amcfs");
	check_of("/mnt/instances/x/y", "/mnt/instances/x", "tmpfs");
	check_of("/mnt/instances/xy", "/mnt", "fuse.amcfs");
	check_of("/mn", "/", "ext4");
	check_of("/mntly/a", "/mntly", "ext4");
	check_of("/", "/", "ext4");
	check_of("/srv/my drop/f.csv", "/srv/my drop", "fuse.amcfs");
	check_of("/back\\slash", "/back\\slash", "fuse.amcfs");
}

TEST(what_was_mounted_later_lies_on_top)
{
	struct mounts_entry e;

	check_of("/two/x", "/two", "tmpfs");
	CHECK_INT(mounts_at(slice_str(table), "/two", &e), 0);
	CHECK_STR(e.type, "tmpfs");
	CHECK_STR(e.device, "0:61");
	mounts_entry_fini(&e);
	CHECK_INT(mounts_at(slice_str(table), "/mnt/instances", &e), -ERR_NOT_FOUND);
}

TEST(a_part_leads_to_the_whole)
{
	struct mounts_entry e;

	CHECK_INT(mounts_of(slice_str(table), "/srv/my drop", &e), 0);
	CHECK_STR(e.root, "/instances/amc1/datasets/d/upload");
	CHECK_STR(e.device, "0:50");
	mounts_entry_fini(&e);
	CHECK_INT(mounts_whole(slice_str(table), "0:50", &e), 0);
	CHECK_STR(e.point, "/mnt");
	mounts_entry_fini(&e);
}

TEST(a_covered_whole_is_none)
{
	struct mounts_entry e;

	CHECK_INT(mounts_whole(slice_str(table), "0:60", &e), -ERR_NOT_FOUND);
	CHECK_INT(mounts_whole(slice_str(table), "9:9", &e), -ERR_NOT_FOUND);
}

TEST(an_empty_table_has_nothing)
{
	struct mounts_entry e;

	CHECK_INT(mounts_of(slice_str(""), "/", &e), -ERR_NOT_FOUND);
	CHECK_INT(mounts_of(slice_str("1 2 3:4 / /"), "/", &e), -ERR_NOT_FOUND);
}

TEST(the_real_table_has_a_root)
{
	struct problem p = {0};
	struct mounts_entry e;
	struct buf text;

	CHECK_INT(mounts_read(&text, &p), 0);
	CHECK_INT(mounts_of(buf_slice(&text), "/proc/self", &e), 0);
	CHECK_STR(e.type, "proc");
	mounts_entry_fini(&e);
	buf_fini(&text);
}

int main(void)
{
	RUN(the_longest_mount_shows_a_path);
	RUN(what_was_mounted_later_lies_on_top);
	RUN(a_part_leads_to_the_whole);
	RUN(a_covered_whole_is_none);
	RUN(an_empty_table_has_nothing);
	RUN(the_real_table_has_a_root);
	return CHECK_DONE();
}
