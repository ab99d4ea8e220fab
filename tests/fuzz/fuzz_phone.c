/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the text: a phone number's normal form is three to twenty digits that begin
 * with no 0, and it is the same the second time.
 *
 * The input's first two bytes choose the country.
 */
#include <assert.h>
#include <stdint.h>

#include "data/norm.h"
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
	buf_fini(&again);
	buf_fini(&first);
	return 0;
}
