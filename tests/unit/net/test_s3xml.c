/* SPDX-License-Identifier: Apache-2.0 */
#include "net/s3xml.h"

#include "base/scope.h"
#include "check.h"

#define ERROR_BODY                                                                     \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchUpload</Code>" \
	"<Message>gone &amp; &lt;forgotten&gt;</Message><Empty/><Nothing></Nothing>"   \
	"<RequestId>4442587FB7D0A2F9</RequestId></Error>"

static const char *field(const char *doc, const char *name)
{
	static char out[64];

	return s3xml_field(slice_str(doc), name, out, sizeof(out)) ? out : NULL;
}

TEST(fields_of_an_error)
{
	CHECK_STR(field(ERROR_BODY, "Code"), "NoSuchUpload");
	CHECK_STR(field(ERROR_BODY, "Message"), "gone & <forgotten>");
	CHECK_STR(field(ERROR_BODY, "Nothing"), "");
	CHECK_STR(field(ERROR_BODY, "Empty"), NULL);
	CHECK_STR(field(ERROR_BODY, "Absent"), NULL);
	CHECK_STR(field(ERROR_BODY, "Error"), NULL); /* it holds elements */
	CHECK_STR(field(ERROR_BODY, "code"), NULL);
	CHECK_STR(field(ERROR_BODY, "Cod"), NULL);
}

TEST(field_of_a_begin)
{
	static const char doc[] =
		"<InitiateMultipartUploadResult "
		"xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n <Bucket>b</Bucket>\n "
		"<Key a='>'>k</Key><UploadId >VXBs.b2_FkIElE-</UploadId\n></"
		"InitiateMultipartUploadResult>";

	CHECK_STR(field(doc, "UploadId"), "VXBs.b2_FkIElE-");
	CHECK_STR(field(doc, "Key"), "k");
	CHECK(s3xml_root(slice_str(doc), "InitiateMultipartUploadResult"));
}

TEST(root_behind_prolog_and_blanks)
{
	CHECK(s3xml_root(slice_str(ERROR_BODY), "Error"));
	CHECK(!s3xml_root(slice_str(ERROR_BODY), "Code"));
	CHECK(s3xml_root(slice_str("   \n\n<?xml?><!-- <x> --><!DOCTYPE y><R/>"), "R"));
	CHECK(!s3xml_root(slice_str(""), "R"));
	CHECK(!s3xml_root(slice_str("R"), "R"));
	CHECK(!s3xml_root(slice_str("<R"), "R"));
	CHECK(!s3xml_root(slice_str("</R>"), "R"));
	CHECK(!s3xml_root(slice_str("<!-- <R>"), "R"));
}

TEST(entities)
{
	CHECK_STR(field("<a>&quot;&apos;&#65;&#x42;&#xe9;&#x20AC;&#x1F600;</a>", "a"),
		  "\"'AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	CHECK_STR(field("<a>&nbsp;</a>", "a"), NULL);
	CHECK_STR(field("<a>&;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#x;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#0;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#xD800;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#x110000;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#99999999999999999999999;</a>", "a"), NULL);
	CHECK_STR(field("<a>&#6a;</a>", "a"), NULL);
	CHECK_STR(field("<a>&amp</a>", "a"), NULL);
}

TEST(size_is_bounded)
{
	char out[5] = "old";

	CHECK(s3xml_field(slice_str("<a>1234</a>"), "a", out, sizeof(out)));
	CHECK_STR(out, "1234");
	CHECK(!s3xml_field(slice_str("<a>12345</a>"), "a", out, sizeof(out)));
	CHECK(!s3xml_field(slice_str("<a>123&#xe9;</a>"), "a", out, sizeof(out)));
	CHECK(!s3xml_field(slice_str("<a>1</a>"), "a", out, 0));
	CHECK(!s3xml_field(slice_of("<a>1\0</a>", 9), "a", out, sizeof(out)));
}

/* Every prefix of a good document is either understood or refused, never read
 * past: the sanitizers watch the copy that ends exactly there. */
TEST(cut_anywhere)
{
	size_t whole = strlen(ERROR_BODY);
	const char *code_end = strstr(ERROR_BODY, "</Code>");
	size_t known_from = (size_t)(code_end - ERROR_BODY) + 2;

	for (size_t n = 0; n <= whole; n++) {
		char *copy = malloc(n ? n : 1);
		char out[64];

		CHECK(copy != NULL);
		memcpy(copy, ERROR_BODY, n);
		CHECK_INT(s3xml_field(slice_of(copy, n), "Code", out, sizeof(out)),
			  n >= known_from);
		(void)s3xml_field(slice_of(copy, n), "RequestId", out, sizeof(out));
		CHECK(!s3xml_root(slice_of(copy, n), "Code"));
		free(copy);
	}
}

TEST(complete_body)
{
	struct s3_part parts[] = {{1, "\"a54357aff0632cce46d942af68356b38\""},
				  {10000, "<&>x"}};
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	CHECK_INT(s3xml_complete(parts, 2, &b), 0);
	CHECK_STR(buf_str(&b),
		  "<CompleteMultipartUpload "
		  "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
		  "<Part><PartNumber>1</PartNumber>"
		  "<ETag>&quot;a54357aff0632cce46d942af68356b38&quot;</ETag></Part>"
		  "<Part><PartNumber>10000</PartNumber><ETag>&lt;&amp;&gt;x</ETag></Part>"
		  "</CompleteMultipartUpload>");
	buf_clear(&b);
	b.max = 100;
	CHECK_INT(s3xml_complete(parts, 2, &b), -ERR_TOO_LARGE);
}

int main(void)
{
	RUN(fields_of_an_error);
	RUN(field_of_a_begin);
	RUN(root_behind_prolog_and_blanks);
	RUN(entities);
	RUN(size_is_bounded);
	RUN(cut_anywhere);
	RUN(complete_body);
	return CHECK_DONE();
}
