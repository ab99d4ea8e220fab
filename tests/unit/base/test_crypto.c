/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors: FIPS 180-2 and NIST's examples for SHA-256, RFC 4231 for
 * HMAC. */
#include "base/crypto.h"

#include "tool/check.h"

static const char *hex_of(const uint8_t digest[CRYPTO_SHA256_BYTES])
{
	static char hex[CRYPTO_SHA256_HEX + 1];

	crypto_hex(digest, CRYPTO_SHA256_BYTES, hex);
	return hex;
}

static const char *sha(const void *p, size_t n)
{
	uint8_t d[CRYPTO_SHA256_BYTES];

	crypto_sha256(p, n, d);
	return hex_of(d);
}

static const char *hmac(const void *key, size_t key_n, const void *p, size_t n)
{
	uint8_t d[CRYPTO_SHA256_BYTES];

	crypto_hmac_sha256(key, key_n, p, n, d);
	return hex_of(d);
}

static const char *hmac_str(const void *key, size_t key_n, const char *s)
{
	return hmac(key, key_n, s, strlen(s));
}

TEST(sha256_vectors)
{
	static char million[1000000];

	CHECK_STR(sha("", 0),
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_STR(sha(NULL, 0),
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_STR(sha("abc", 3),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_STR(sha("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	CHECK_STR(sha("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		      112),
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	memset(million, 'a', sizeof(million));
	CHECK_STR(sha(million, sizeof(million)),
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The digest of the digests of 0, 1, ... 199 bytes 'a': covers each length of
 * padding. Expected value from an independent implementation. */
TEST(sha256_every_padding)
{
	uint8_t all[200 * CRYPTO_SHA256_BYTES];
	char a[200];

	memset(a, 'a', sizeof(a));
	for (size_t n = 0; n < sizeof(a); n++)
		crypto_sha256(a, n, all + n * CRYPTO_SHA256_BYTES);
	CHECK_STR(sha(all, sizeof(all)),
		  "752c007f38611cfbf5fa42cb1cea3d8e086491c844d0cc4defd632cb81423506");
}

TEST(hmac_rfc_4231)
{
	uint8_t key[131];
	uint8_t data[50];

	memset(key, 0x0b, 20);
	CHECK_STR(hmac_str(key, 20, "Hi There"),
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	CHECK_STR(hmac_str("Jefe", 4, "what do ya want for nothing?"),
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, 20);
	memset(data, 0xdd, 50);
	CHECK_STR(hmac(key, 20, data, 50),
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	for (size_t i = 0; i < 25; i++)
		key[i] = (uint8_t)(i + 1);
	memset(data, 0xcd, 50);
	CHECK_STR(hmac(key, 25, data, 50),
		  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
	memset(key, 0xaa, 131);
	CHECK_STR(hmac_str(key, 131,
			   "Test Using Larger Than Block-Size Key - Hash Key First"),
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	CHECK_STR(hmac_str(key, 131,
			   "This is a test using a larger than block-size key and a "
			   "larger than block-size data. The key needs to be hashed "
			   "before being used by the HMAC algorithm."),
		  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
	/* No key: of the library that most people compare with. */
	CHECK_STR(hmac(NULL, 0, "", 0),
		  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(hex)
{
	static const uint8_t in[] = {0x00, 0x0f, 0xf0, 0xff, 0x9a};
	char out[11] = "##########";

	crypto_hex(in, sizeof(in), out);
	CHECK_STR(out, "000ff0ff9a");
	crypto_hex(in, 0, out);
	CHECK_STR(out, "000ff0ff9a");
}

/* Two runs of 4 KiB are equal once in 2^32768 times. More than 256 bytes may
 * come in pieces. */
TEST(random_bytes)
{
	static uint8_t a[4096], b[4096];
	size_t zeros = 0;

	CHECK_INT(crypto_random(a, sizeof(a)), 0);
	CHECK_INT(crypto_random(b, sizeof(b)), 0);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	for (size_t i = sizeof(a) - 64; i < sizeof(a); i++)
		zeros += a[i] == 0;
	CHECK(zeros < 32); /* the end was filled as well */
	CHECK_INT(crypto_random(NULL, 0), 0);
}

TEST(wipe)
{
	char s[] = "secret!";

	crypto_wipe(s, 6);
	CHECK_MEM(s, 7, "\0\0\0\0\0\0!", 7);
	crypto_wipe(NULL, 0);
}

int main(void)
{
	RUN(sha256_vectors);
	RUN(sha256_every_padding);
	RUN(hmac_rfc_4231);
	RUN(hex);
	RUN(random_bytes);
	RUN(wipe);
	return CHECK_DONE();
}
