/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_norm_expected FILE: values and what Amazon makes of them, one a line
 *
 * Every normal form is also given in again, and must stay as it is; but not
 * streets, where what stood apart may be a word together.
 */
#include "data/norm.h"

#include "normal.h"

static struct slice field(char **p)
{
	char *start = *p;

	*p += strcspn(start, "\t\n");
	CHECK(**p != '\0');
	*(*p)++ = '\0';
	return slice_str(start);
}

static void line(char *p)
{
	struct slice country = field(&p), kind = field(&p), in = field(&p);
	struct slice want = field(&p);
	enum schema_pii pii;
	norm_fn *fn;

	CHECK_INT(schema_pii_parse(kind.p, &pii), 0);
	fn = norm_of(pii);
	CHECK(fn != NULL);
	normal_is(fn, country.p, in.p, want.n ? want.p : NULL);
	if (want.n && pii != SCHEMA_PII_ADDRESS)
		normal_is(fn, country.p, want.p, want.p);
}

int main(int argc, char **argv)
{
	char text[1024];
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
	int lines = 0;

	CHECK(f != NULL);
	while (fgets(text, sizeof(text), f)) {
		if (text[0] == '#')
			continue;
		line(text);
		lines++;
	}
	(void)fclose(f); /* only read */
	CHECK(lines >= 300);
	return CHECK_DONE();
}
