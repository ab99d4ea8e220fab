/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every mode, kind of user and wish is compared with path_resolution(7) as read
 * word by word: "If the effective user ID of the process equals the owner of the
 * file, the first group of permissions is used. Otherwise, if the group ID equals
 * or one of the supplementary group IDs does, the second one. Otherwise the third."
 * Root may do everything here: only one who may execute nothing is refused by a
 * kernel, and nothing of a mount's files can be executed.
 */
#include "fs/access.h"

#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define OWNER 1000
#define GROUP 2000
#define OTHER 3000

enum class { CLASS_USER, CLASS_GROUP, CLASS_OTHER, CLASS_ROOT };

static const struct {
	struct access_who who;
	enum class class;
} users[] = {
	{{.uid = OWNER, .gid = OTHER}, CLASS_USER},
	{{.uid = OWNER, .gid = GROUP}, CLASS_USER}, /* the owner first */
	{{.uid = OWNER, .gid = GROUP, .n_groups = 1, .groups = {GROUP}}, CLASS_USER},
	{{.uid = OTHER, .gid = GROUP}, CLASS_GROUP},
	{{.uid = OTHER, .gid = OTHER, .n_groups = 1, .groups = {GROUP}}, CLASS_GROUP},
	{{.uid = OTHER, .gid = OTHER, .n_groups = 3, .groups = {0, 7, GROUP}},
	 CLASS_GROUP},
	{{.uid = OTHER, .gid = OTHER}, CLASS_OTHER},
	{{.uid = OTHER, .gid = OTHER, .n_groups = 2, .groups = {7, 8, GROUP}},
	 CLASS_OTHER},				     /* beyond the end */
	{{.uid = GROUP, .gid = OWNER}, CLASS_OTHER}, /* a user's number is no group's */
	{{.uid = OTHER, .gid = 0, .n_groups = 1, .groups = {0}}, CLASS_OTHER},
	{{.uid = 0, .gid = 0}, CLASS_ROOT},
	{{.uid = 0, .gid = GROUP}, CLASS_ROOT},
};

/* One bit of the mode for each letter, by name rather than by shifting. */
static bool bit(enum class class, mode_t mode, int letter)
{
	static const mode_t bits[3][3] = {
		{S_IRUSR, S_IWUSR, S_IXUSR},
		{S_IRGRP, S_IWGRP, S_IXGRP},
		{S_IROTH, S_IWOTH, S_IXOTH},
	};

	return class == CLASS_ROOT || (mode & bits[class][letter]) != 0;
}

static bool expected(enum class class, mode_t mode, int want)
{
	return (!(want & R_OK) || bit(class, mode, 0)) &&
	       (!(want & W_OK) || bit(class, mode, 1)) &&
	       (!(want & X_OK) || bit(class, mode, 2));
}

TEST(every_mode_and_wish)
{
	static const int wishes[] = {F_OK,	  R_OK,
				     W_OK,	  X_OK,
				     R_OK | W_OK, R_OK | X_OK,
				     W_OK | X_OK, R_OK | W_OK | X_OK};
	unsigned long yes = 0, no = 0;

	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++) {
		for (mode_t mode = 0; mode <= 0777; mode++) {
			for (size_t k = 0; k < 8; k++) {
				bool may = access_ok(&users[i].who, mode, OWNER, GROUP,
						     wishes[k]);

				CHECK_INT(may, expected(users[i].class, mode, wishes[k]));
				yes += may;
				no += !may;
			}
		}
	}
	/* of 512 modes, 512, 256, 128 and 64 have none to three bits wanted */
	CHECK_INT(yes, 10 * (512 + 3 * 256 + 3 * 128 + 64) + 2 * 8 * 512);
	CHECK_INT(yes + no, 12 * 8 * 512);
}

/* Read off by hand, should both above be wrong in the same way. */
TEST(a_few_by_hand)
{
	const struct access_who owner = {.uid = OWNER, .gid = OTHER};
	const struct access_who member = {.uid = OTHER, .gid = GROUP};
	const struct access_who other = {.uid = OTHER, .gid = OTHER};
	const struct access_who root = {0};

	CHECK(access_ok(&owner, 0220, OWNER, GROUP, W_OK));
	CHECK(!access_ok(&owner, 0220, OWNER, GROUP, R_OK));
	CHECK(access_ok(&member, 0220, OWNER, GROUP, W_OK));
	CHECK(!access_ok(&other, 0220, OWNER, GROUP, W_OK));
	CHECK(!access_ok(&owner, 0077, OWNER, GROUP, R_OK)); /* not helped by others */
	CHECK(!access_ok(&member, 0707, OWNER, GROUP, R_OK));
	CHECK(access_ok(&root, 0000, OWNER, GROUP, R_OK | W_OK | X_OK));
	CHECK(access_ok(&other, 0755, 0, 0, R_OK | X_OK));
	CHECK(!access_ok(&other, 0755, 0, 0, W_OK));
}

/* The type and the special bits of a mode take no part. */
TEST(other_bits_do_not_matter)
{
	const struct access_who other = {.uid = OTHER, .gid = OTHER};

	CHECK(!access_ok(&other, S_IFREG | S_ISUID | S_ISGID | S_ISVTX, OWNER, GROUP,
			 R_OK));
	CHECK(access_ok(&other, S_IFDIR | S_ISVTX | 0004, OWNER, GROUP, R_OK));
}

TEST(a_full_list_of_groups)
{
	struct access_who who = {.uid = OTHER, .gid = OTHER, .n_groups = ACCESS_GROUPS};

	for (size_t i = 0; i < ACCESS_GROUPS; i++)
		who.groups[i] = (gid_t)(5000 + i);
	CHECK(!access_ok(&who, 0060, OWNER, GROUP, R_OK));
	who.groups[ACCESS_GROUPS - 1] = GROUP;
	CHECK(access_ok(&who, 0060, OWNER, GROUP, R_OK | W_OK));
}

TEST(owners)
{
	const struct access_who owner = {.uid = OWNER, .gid = OTHER};
	const struct access_who member = {.uid = OTHER, .gid = GROUP};
	const struct access_who root = {0};

	CHECK(access_owner(&owner, OWNER));
	CHECK(!access_owner(&owner, 0));
	CHECK(!access_owner(&member, OWNER));
	CHECK(!access_owner(&member, GROUP));
	CHECK(access_owner(&root, OWNER));
}

int main(void)
{
	RUN(every_mode_and_wish);
	RUN(a_few_by_hand);
	RUN(other_bits_do_not_matter);
	RUN(a_full_list_of_groups);
	RUN(owners);
	return CHECK_DONE();
}
