/* SPDX-License-Identifier: Apache-2.0 */
/* The class that fits first decides, as in path_resolution(7): an owner who is
 * denied is not helped by what others may. */
#include "fs/access.h"

#include <unistd.h>

static bool in_group(const struct access_who *who, gid_t gid)
{
	if (who->gid == gid)
		return true;
	for (size_t i = 0; i < who->n_groups; i++) {
		if (who->groups[i] == gid)
			return true;
	}
	return false;
}

bool access_ok(const struct access_who *who, mode_t mode, uid_t uid, gid_t gid, int want)
{
	unsigned shift = 0;
	unsigned need =
		(want & R_OK ? 4u : 0) | (want & W_OK ? 2u : 0) | (want & X_OK ? 1u : 0);

	if (who->uid == 0)
		return true;
	if (who->uid == uid)
		shift = 6;
	else if (in_group(who, gid))
		shift = 3;
	return ((mode >> shift) & need) == need;
}

bool access_owner(const struct access_who *who, uid_t uid)
{
	return who->uid == 0 || who->uid == uid;
}
