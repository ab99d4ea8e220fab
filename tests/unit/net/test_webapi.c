/* SPDX-License-Identifier: Apache-2.0 */
#include "net/webapi.h"

#include "base/scope.h"
#include "check.h"

static void says(const char *body, const char *want)
{
	char out[64];

	webapi_error(slice_str(body), out, sizeof(out));
	CHECK_STR(out, want);
}

TEST(the_first_text_found)
{
	says("{\"errors\":[\"one\",\"two\"],\"details\":\"d\"}", "one");
	says("{\"errors\":[{\"message\":\"in an object\"}]}", "in an object");
	says("{\"errors\":[\"\",null,5,\"late\"]}", "late");
	says("{\"errors\":[],\"details\":\"d\",\"message\":\"m\"}", "d");
	says("{\"details\":\"\",\"message\":\"m\",\"error_description\":\"e\"}", "m");
	says("{\"error\":\"invalid_grant\",\"error_description\":\"e\"}", "e");
	says("{\"details\":null,\"message\":7,\"error_description\":\"e\"}", "e");
}

TEST(else_the_beginning_of_the_body)
{
	says("", "");
	says("   \r\n", "");
	says("{\"code\":\"X\"}", "{\"code\":\"X\"}");
	says("[1]", "[1]");
	says("plain\n\n  text\t.", "plain text .");
	says("<html><head><title>503</title></head>\n<body><h1>Try  later</h1>",
	     "503 Try later");
	says("\n <p>a</p>", "a");
	says("a < b", "a < b");
}

TEST(hostile_text)
{
	says("{\"message\":\"a\\u0000b\"}", "a");
	says("{\"message\":\"a\\r\\nERROR\\u001b[2Jb\"}", "a ERROR [2Jb");
	says("\xff\xfe\x80x", "???x");
	says("12345678901234567890123456789012345678901234567890123456789012345",
	     "123456789012345678901234567890123456789012345678901234567890123");
	/* never half a character */
	says("12345678901234567890123456789012345678901234567890123456789012\xc3\xa9",
	     "12345678901234567890123456789012345678901234567890123456789012");
}

TEST(clean_fits_any_room)
{
	char out[4];

	webapi_clean(slice_str("abcdef"), out, sizeof(out));
	CHECK_STR(out, "abc");
	webapi_clean(slice_str("abcdef"), out, 1);
	CHECK_STR(out, "");
	webapi_clean(slice_of(NULL, 0), out, sizeof(out));
	CHECK_STR(out, "");
	webapi_clean(slice_str("  a \n"), out, sizeof(out));
	CHECK_STR(out, "a");
}

TEST(codes)
{
	char out[32];

	webapi_code(slice_str("{\"error\":\"invalid_grant\"}"), out, sizeof(out));
	CHECK_STR(out, "invalid_grant");
	webapi_code(slice_str("{\"code\":\"BadRequest\"}"), out, sizeof(out));
	CHECK_STR(out, "BadRequest");
	webapi_code(slice_str("<html>"), out, sizeof(out));
	CHECK_STR(out, "");
}

TEST(addresses)
{
	struct problem p = {0};
	struct url u;
	_cleanup_buf_ struct buf b = BUF_INIT(1024);

	CHECK_INT(url_parse("https://Api.Amazon.com/auth/o2/token", &u, &p), 0);
	CHECK_INT(webapi_address(&u, &b), 0);
	CHECK_STR(buf_str(&b), "https://api.amazon.com/auth/o2/token");
	buf_clear(&b);
	CHECK_INT(url_parse("http://127.0.0.1:8080/", &u, &p), 0);
	CHECK_INT(webapi_address(&u, &b), 0);
	CHECK_STR(buf_str(&b), "http://127.0.0.1:8080");
}

int main(void)
{
	RUN(the_first_text_found);
	RUN(else_the_beginning_of_the_body);
	RUN(hostile_text);
	RUN(clean_fits_any_room);
	RUN(codes);
	RUN(addresses);
	return CHECK_DONE();
}
