/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render_readme - the manual in the mount: what this version can do, no more
 */
#include "fs/render.h"

#include "fs/render_priv.h"

static const char before[] =
	"This folder is Amazon Marketing Cloud (AMC), mounted by amcfs " AMCFS_VERSION
	".\n"
	"\n"
	"Copy a CSV file into a data set's upload folder, and its rows go to AMC:\n"
	"\n"
	"    cp customers.csv ";

static const char after[] =
	"/instances/INSTANCE/datasets/DATASET/upload/\n"
	"\n"
	"The first row names the columns; definition.json beside the folder says which\n"
	"there are. E-mail addresses, phone numbers, names, street lines, cities, states\n"
	"and postcodes are normalised and hashed (SHA-256) on the way: as they were they\n"
	"leave this machine in no form and are on no disk of it. All other columns go as\n"
	"they are. A row's country, where it has one, decides how phone numbers, states,\n"
	"postcodes and streets are written.\n"
	"\n"
	"    upload/                  adds or replaces rows as the configuration says\n"
	"    upload/ADDITIVE/         adds rows\n"
	"    upload/FULL_REPLACE/     replaces all rows\n"
	"    upload/OVERLAP_REPLACE/  replaces the periods that the file touches\n"
	"    upload/OVERLAP_KEEP/     adds only periods that AMC does not have yet\n"
	"\n"
	"(The last two exist for data sets with a main event time.)\n"
	"\n"
	"When cp has ended without an error, the rows are safe: they reach AMC once,\n"
	"even if this machine stops now. What became of them:\n"
	"\n"
	"    cat status               beside upload/: the jobs, newest first\n"
	"    cat status.json          the same for programs\n"
	"    cat jobs/ID.json         everything about one job\n"
	"    amcfs wait FILE          waits until AMC has finished with it\n"
	"\n"
	"A written file stays listed with its size and time, so that rsync sees it, but\n"
	"nobody can read it back. Removing it removes it from the list only; nothing\n"
	"here deletes anything at AMC.\n"
	"\n"
	"The file status in this folder says how the connections are doing.\n";

int render_readme(const struct engine *e, const char *mountpoint, struct buf *out)
{
	int r = buf_adds(out, before);

	(void)e;
	if (r == 0)
		r = render_clean(out, mountpoint);
	return r == 0 ? buf_adds(out, after) : r;
}
