/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the text: a phone number's normal form is three to twenty digits that begin
 * with no 0, and it is the same the second time. A remark behind it changes nothing,
 * although plain numbers are read in a short way and those with a remark are not.
 *
 * The input's first two bytes choose the country.
 */
#include <assert.h>
#include <stdint.h>

#include "data/norm.h"
#include "data/phonetext.h"
#include "data/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int normalise(struct slice in, const char *country, struct buf *out)
{
	int r;

	*out = BUF_INIT(1 << 20);
	r = buf_reserve(out, NORM_ROOM(in.n));
	assert(r == 0);
	r = norm_phone(in, country, out);
	assert(r == 0 || r == NORM_UNUSABLE);
	return r;
}

static void check(const struct buf *out)
{
	assert(out->n >= 3 && out->n <= 20 && out->p[0] != '0');
	for (size_t i = 0; i < out->n; i++)
		assert(out->p[i] >= '0' && out->p[i] <= '9');
}

/* May be what a spreadsheet made of a number, which a remark would hide. */
static bool may_be_computed(struct slice in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == 'e' || in.p[i] == 'E')
			return true;
		if (in.n - i < 10 && (in.p[i] == '.' || in.p[i] == ','))
			return true;
	}
	return false;
}

static void check_remark(struct slice in, const char *country, int r,
			 const struct buf *first)
{
	char text[PHONETEXT_MAX];
	struct buf out;

	if (in.n + 5 > sizeof(text) || may_be_computed(in))
		return;
	memcpy(text, in.p, in.n);
	memcpy(text + in.n, " home", 5);
	assert(normalise(slice_of(text, in.n + 5), country, &out) == r);
	assert(r != 0 || slice_eq(buf_slice(&out), buf_slice(first)));
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char country[3] = "";
	struct buf first, again;
	struct slice in;
	int r;

	if (n < 2)
		return 0;
	for (int i = 0; i < 2; i++)
		country[i] = (char)('A' + data[i] % 26);
	if (data[0] == '-')
		country[0] = '\0';
	in = text_trim(slice_of((const char *)data + 2, n - 2));
	if (in.n == 0 || !text_valid((const char *)data + 2, n - 2))
		return 0;
	r = normalise(in, country, &first);
	if (r == 0)
		check(&first);
	assert(normalise(in, country, &again) == r);
	assert(r != 0 || slice_eq(buf_slice(&first), buf_slice(&again)));
	check_remark(in, country, r, &first);
	buf_fini(&again);
	buf_fini(&first);
	return 0;
}
