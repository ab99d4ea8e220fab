/* SPDX-License-Identifier: Apache-2.0 */
#include "data/hash.h"

#include "tool/check.h"

/* Published by Amazon for abc@example.com. */
#define ABC "9eceb13483d7f187ec014fd6d4854d1420cfc634328af85f51d0323ba8622e21"

TEST(hashes_amazons_vector)
{
	char out[HASH_HEX];

	hash_hex(slice_str("abc@example.com"), out);
	CHECK_MEM(out, sizeof(out), ABC, 64);
}

TEST(recognises_a_digest)
{
	char out[HASH_HEX];
	char in[] = "9ECEB13483d7f187ec014fd6d4854d1420cfc634328af85f51d0323ba8622E21";

	CHECK(hash_recognise(slice_str(in), out));
	CHECK_MEM(out, sizeof(out), ABC, 64);
}

TEST(takes_nothing_else_for_a_digest)
{
	static const char near[] = {'/', ':', '@', 'G', '`', 'g', ' ', '\0', '\xb1'};
	char in[65] = ABC, out[HASH_HEX];

	memset(out, '#', sizeof(out));
	CHECK(!hash_recognise(slice_of(in, 63), out));
	CHECK(!hash_recognise(slice_str(ABC "0"), out));
	CHECK(!hash_recognise(slice_of(in, 0), out));
	for (size_t i = 0; i < 64; i++) {
		for (size_t k = 0; k < sizeof(near); k++) {
			memcpy(in, ABC, 64);
			in[i] = near[k];
			CHECK(!hash_recognise(slice_of(in, 64), out));
		}
	}
	CHECK_INT(out[0], '#');
}

int main(void)
{
	RUN(hashes_amazons_vector);
	RUN(recognises_a_digest);
	RUN(takes_nothing_else_for_a_digest);
	return CHECK_DONE();
}
