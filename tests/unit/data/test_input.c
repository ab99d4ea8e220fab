/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file is fed whole, cut in two at every place, and byte by byte, and must
 * each time give the same rows and the same error; and asked for the end after
 * each byte, the answer is that of a file which ends there.
 */
#include "data/input.h"

#include <stdint.h>
#include <zlib.h>

#include "base/buf.h"
#include "feed.h"
#include "tool/check.h"

/* What came out, as text: line and each cell in <>. */
struct seen {
	struct input *in;
	struct buf text;
	struct problem p;
};

static int on_row(void *ctx, const struct row *row)
{
	struct seen *s = ctx;

	CHECK_INT(buf_addf(&s->text, "%d", (int)row->line), 0);
	if (row->flaw != ROW_GOOD)
		CHECK_INT(buf_adds(&s->text, "!"), 0);
	for (size_t i = 0; i < row->n; i++)
		CHECK_INT(buf_addf(&s->text, "<%.*s>", (int)row->cells[i].n,
				   row->cells[i].p),
			  0);
	CHECK_INT(buf_addc(&s->text, '\n'), 0);
	return 0;
}

static bool wanted(void *ctx, struct slice name)
{
	return true;
}

static int ignored(void *ctx, struct slice name)
{
	return 0;
}

static int feed(void *ctx, const char *p, size_t n)
{
	struct seen *s = ctx;

	return input_feed(s->in, p, n, &s->p);
}

static void begin(struct seen *s, struct input_opts o)
{
	*s = (struct seen){.text = BUF_INIT(1 << 20)};
	o.max_row = o.max_row ? o.max_row : 4096; /* a whole MiB would be slow */
	o.fn = on_row;
	o.wanted = wanted;
	o.ignored = ignored;
	o.ctx = s;
	CHECK_INT(input_new(&s->in, &o), 0);
}

static void finish(struct seen *s)
{
	input_free(s->in);
	buf_fini(&s->text);
}

struct want {
	const char *rows;
	int err;
	uint64_t line;
	const char *note;
};

static void check_one(struct input_opts o, struct slice in, struct feed_cut cut,
		      const struct want *want)
{
	struct seen s;
	int r;

	begin(&s, o);
	r = feed_portions(in.p, in.n, cut, feed, &s);
	if (r == 0)
		r = input_end(s.in, &s.p);
	CHECK_STR(r < 0 ? problem_text(&s.p) : "", want->note ? want->note : "");
	CHECK_MEM(s.text.p, s.text.n, want->rows, strlen(want->rows));
	CHECK_INT(r, want->err);
	CHECK_INT(s.p.err, want->err);
	CHECK_INT(s.p.line, want->line);
	if (r < 0) { /* sticks */
		struct problem again = {0};

		CHECK_INT(input_feed(s.in, "a,b\n", 4, &again), want->err);
		CHECK_STR(again.note, s.p.note);
		CHECK_INT(input_end(s.in, NULL), want->err);
		CHECK_INT(input_peek_end(s.in, NULL), want->err);
		CHECK_INT(s.text.n, strlen(want->rows));
	}
	finish(&s);
}

/* Asked after i bytes, and after all others too. */
static void check_peek(struct input_opts o, struct slice in, struct seen *all, size_t i)
{
	struct problem p = {0};
	size_t before = all->text.n;
	struct seen ended;
	int r;

	begin(&ended, o);
	r = input_feed(ended.in, in.p, i, &ended.p);
	if (r == 0)
		r = input_end(ended.in, &ended.p);
	CHECK_INT(input_peek_end(all->in, &p), r);
	CHECK_STR(p.note, ended.p.note);
	CHECK_INT(p.line, ended.p.line);
	CHECK_MEM(all->text.p, all->text.n, ended.text.p, ended.text.n);
	all->text.n = before;
	finish(&ended);
}

static void check_peeks(struct input_opts o, struct slice in, const struct want *want)
{
	struct seen all;
	int r = 0;

	begin(&all, o);
	for (size_t i = 0; i <= in.n && r == 0; i++) {
		check_peek(o, in, &all, i);
		if (i < in.n)
			r = input_feed(all.in, in.p + i, 1, &all.p);
	}
	if (r == 0)
		r = input_end(all.in, &all.p);
	CHECK_INT(r, want->err);
	CHECK_MEM(all.text.p, all.text.n, want->rows, strlen(want->rows));
	finish(&all);
}

static void check_all(struct input_opts o, struct slice in, struct want want)
{
	for (size_t step = 1; step <= 3; step++)
		check_one(o, in, (struct feed_cut){0, step}, &want);
	for (size_t i = 0; i < in.n; i++)
		check_one(o, in, (struct feed_cut){i, in.n + 1}, &want);
	check_peeks(o, in, &want);
}

/* One gzip member behind what out holds. */
static void pack(struct buf *out, struct slice in)
{
	z_stream z = {0};

	CHECK_INT(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	CHECK_INT(buf_reserve(out, deflateBound(&z, (uLong)in.n) + 64), 0);
	z.next_in = (Bytef *)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = (Bytef *)out->p + out->n;
	z.avail_out = (uInt)(out->cap - out->n);
	CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += z.total_out;
	CHECK_INT(deflateEnd(&z), Z_OK);
}

/* As it is, and in gzip: the answer is the same. */
static void check_both(struct input_opts o, struct slice in, struct want want)
{
	struct buf zip = BUF_INIT(1 << 20);

	check_all(o, in, want);
	pack(&zip, in);
	check_all(o, buf_slice(&zip), want);
	buf_fini(&zip);
}

#define OPTS(...)	((struct input_opts){__VA_ARGS__})
#define SLICE(s)	slice_of(s, sizeof(s) - 1)
#define READS(in, rows) check_both(OPTS(0), SLICE(in), (struct want){rows})
#define READS_AS(e, in, rows) \
	check_both(OPTS(.encoding = DECODE_##e), SLICE(in), (struct want){rows})

TEST(reads_csv)
{
	READS("", "");
	READS("a", "1<a>\n");
	READS("a;b\r\n1;\"2\n3\"\n", "1<a><b>\n2<1><2 3>\n");
	READS("\xef\xbb\xbf"
	      "a,b\n1,\xc3\xa9\n",
	      "1<a><b>\n2<1><\xc3\xa9>\n");
	READS("\n\n a,b\n\n1,2", "3< a><b>\n5<1><2>\n");
	READS("\x1f", "1<\x1f>\n"); /* only the beginnings of something else */
	READS("PK\3", "1<PK\3>\n");
	READS("BZh,a\nPAR1,b\n", "1<BZh><a>\n2<PAR1><b>\n");
	READS("BZh0AY&SY\n", "1<BZh0AY&SY>\n");
	READS("%PDF\n", "1<%PDF>\n");
}

TEST(keeps_the_delimiter_and_the_limit)
{
	check_both(OPTS(.delim = ','), SLICE("a;b,c;d;e\n"),
		   (struct want){"1<a;b><c;d;e>\n"});
	check_both(OPTS(.delim = ',', .max_row = 8), SLICE("a\n123456789\n"),
		   (struct want){"1<a>\n", -ERR_ROW_TOO_LONG, 2,
				 "the row that starts on line 2 is longer than 8 bytes; "
				 "look for a quote that is never closed, or raise "
				 "max_row"});
}

TEST(reads_json_lines)
{
	READS("{\"a\":\"x\",\"b\":1}\n{\"a\":\"y\"}\n", "1<a><b>\n1<x><1>\n2<y><>\n");
	READS("\xef\xbb\xbf\n \n{\"a\":\"x\"}", "3<a>\n3<x>\n");
	READS_AS(UTF16, "\xff\xfe{\0\"\0a\0\"\0:\0\"\0\xe9\0\"\0}\0\n\0",
		 "1<a>\n1<\xc3\xa9>\n");
	READS_AS(WINDOWS_1252, "{\"a\":\"\x80\"}\n", "1<a>\n1<\xe2\x82\xac>\n");
}

TEST(leaves_braces_alone_where_there_is_no_header)
{
	check_both(OPTS(.only_csv = true, .delim = '|'), SLICE("{\"a\":1}|2\n"),
		   (struct want){"1<{\"a\":1}><2>\n"});
	check_both(OPTS(.only_csv = true), SLICE("[\"a\"]\n"),
		   (struct want){"1<[\"a\"]>\n"});
	check_both(OPTS(.only_csv = true), SLICE("\xef\xbb\xbf\n{x\n"),
		   (struct want){"2<{x>\n"});
}

TEST(tells_a_json_array_from_a_column_in_brackets)
{
	static const struct want array = {"", -ERR_BAD_JSON, 0,
					  "the file is one JSON array; write one object "
					  "a line, which jq -c '.[]' makes of it"};

	check_both(OPTS(0), SLICE("[{\"a\":1}]"), array);
	check_both(OPTS(0), SLICE("\n[\r\n\t{\"a\":1}]\n"), array);
	check_both(OPTS(0), SLICE("[[1]]"), array);
	check_both(OPTS(0), SLICE("[\"a\"]"), array);
	check_both(OPTS(0), SLICE("[ ]"), array);
	READS("[Sales],b\n1,2\n", "1<[Sales]><b>\n2<1><2>\n");
	READS("[", "1<[>\n");
	READS("[ \n1\n", "1<[ >\n2<1>\n");
}

/* What is held at the start has an end, and nothing of it is lost. */
TEST(reads_much_white_space)
{
	for (size_t n = 508; n < 516; n++) {
		char in[600], want[64];

		memset(in, '\n', n);
		memcpy(in + n, "x,y", 4);
		(void)snprintf(want, sizeof(want), "%zu<x><y>\n", n + 1);
		check_all(OPTS(0), slice_of(in, n + 3), (struct want){want});
	}
}

TEST(decodes)
{
	READS_AS(WINDOWS_1252, "n\xe4me;\x80\nM\xfcller;1\n",
		 "1<n\xc3\xa4me><\xe2\x82\xac>\n2<M\xc3\xbcller><1>\n");
	READS_AS(ISO_8859_1, "n\xe4me\n", "1<n\xc3\xa4me>\n");
	READS_AS(UTF16,
		 "\xff\xfe"
		 "a\0;\0b\0\r\0\n\0"
		 "1\0;\0\xac\x20\n\0",
		 "1<a><b>\n2<1><\xe2\x82\xac>\n");
	READS_AS(UTF16, "\xfe\xff\0a\0;\0b\0\n", "1<a><b>\n");
	READS_AS(UTF16, "a\0,\0b\0\n\0", "1<a><b>\n");
	READS_AS(UTF16, "\0a\0,\0b\0\n", "1<a><b>\n");
}

TEST(believes_the_mark_of_utf8)
{
	READS_AS(WINDOWS_1252, "\xef\xbb\xbfn\xc3\xa4me\n", "1<n\xc3\xa4me>\n");
	READS_AS(ISO_8859_1, "\xef\xbb\xbfn\xc3\xa4me\n", "1<n\xc3\xa4me>\n");
	READS_AS(UTF16, "\xef\xbb\xbfn\xc3\xa4me\n", "1<n\xc3\xa4me>\n");
	READS_AS(WINDOWS_1252, "\xef\xbb", "1<\xc3\xaf\xc2\xbb>\n"); /* no mark */
	READS_AS(WINDOWS_1252, "\xef\xbb\n", "1<\xc3\xaf\xc2\xbb>\n");
}

#define REFUSES(e, in, rows, line, note)                                  \
	check_both(OPTS(.encoding = DECODE_##e, .delim = ','), SLICE(in), \
		   (struct want){rows, -ERR_BAD_ENCODING, line, note})

TEST(names_the_line_of_a_bad_byte)
{
	REFUSES(UTF8, "a\n\n\xe9\n", "1<a>\n", 3,
		"line 3 is not valid UTF-8; save the file as UTF-8, or set "
		"encoding to what it was saved in, and write it again");
	REFUSES(WINDOWS_1252, "a\nb\n\xe9\x81\n", "1<a>\n2<b>\n", 3,
		"line 3 is not valid windows-1252; set encoding to what the file was "
		"saved in, or save it as UTF-8 with encoding = utf-8, and write it "
		"again");
	REFUSES(WINDOWS_1252, "\n\n\x81", "", 3,
		"line 3 is not valid windows-1252; set encoding to what the file was "
		"saved in, or save it as UTF-8 with encoding = utf-8, and write it "
		"again");
	REFUSES(UTF16,
		"\xff\xfe"
		"a\0\n\0\x00\xdc\n\0",
		"1<a>\n", 2,
		"line 2 is not valid utf-16; set encoding to what the file was saved "
		"in, or save it as UTF-8 with encoding = utf-8, and write it again");
	REFUSES(WINDOWS_1252, "{\"a\":1}\n{\"a\":\"\x81\"}\n", "", 2,
		"line 2 is not valid windows-1252; set encoding to what the file was "
		"saved in, or save it as UTF-8 with encoding = utf-8, and write it "
		"again");
}

TEST(knows_half_a_character_at_the_end)
{
	REFUSES(UTF16,
		"a\0\n\0"
		"b\0\n",
		"1<a>\n", 2,
		"the file ends in the middle of a character of utf-16, on line 2; it "
		"was not written to its end, or encoding is wrong");
	REFUSES(UTF16, "a", "", 1,
		"the file ends in the middle of a character of utf-16, on line 1; it "
		"was not written to its end, or encoding is wrong");
	REFUSES(UTF16, "\n\0\n\0\n", "", 3,
		"the file ends in the middle of a character of utf-16, on line 3; it "
		"was not written to its end, or encoding is wrong");
}

TEST(knows_utf16_that_was_not_announced)
{
#define NOTE(e)                                                                      \
	"the file is UTF-16, and encoding is " e "; set encoding = utf-16, or save " \
	"the file as UTF-8 and write it again"
	REFUSES(UTF8,
		"\xff\xfe"
		"a\0",
		"", 0, NOTE("utf-8"));
	REFUSES(UTF8, "\xfe\xff\0a", "", 0, NOTE("utf-8"));
	REFUSES(UTF8, "a\0,\0", "", 0, NOTE("utf-8"));
	REFUSES(UTF8, "\0a\0,", "", 0, NOTE("utf-8"));
	REFUSES(WINDOWS_1252,
		"\xff\xfe"
		"a\0",
		"", 0, NOTE("windows-1252"));
#undef NOTE
	REFUSES(UTF8, "ab\0\n", "", 1,
		"line 1 holds a NUL byte, which no text file has; save the file as "
		"UTF-8 and write it again");
	REFUSES(UTF8, "\0\0\0", "", 1,
		"line 1 holds a NUL byte, which no text file has; save the file as "
		"UTF-8 and write it again");
}

TEST(names_what_it_cannot_read)
{
#define FOREIGN(in, name, remedy) \
	REFUSES(UTF8, in, "", 0, "the file is " name "; " remedy)
#define SAVE   "save it as CSV (UTF-8) and write that"
#define UNPACK "unpack it, or pack it with gzip, and write it again"
	FOREIGN("PK\3\4\x14\0\6\0", "an Excel workbook or another ZIP archive", SAVE);
	FOREIGN("PK\5\6\0\0\0\0", "an empty ZIP archive", SAVE);
	FOREIGN("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", SAVE);
	FOREIGN("%PDF-1.7\n", "a PDF document", SAVE);
	FOREIGN("PAR1\x15\4\x15\x10", "a Parquet file", SAVE);
	FOREIGN("\x28\xb5\x2f\xfd\x24\x08", "packed with zstd", UNPACK);
	FOREIGN("BZh91AY&SY\xd4", "packed with bzip2", UNPACK);
	FOREIGN("\xfd"
		"7zXZ\0\0\4",
		"packed with xz", UNPACK);
	FOREIGN("7z\xbc\xaf\x27\x1c\0\4", "a 7-Zip archive", UNPACK);
	REFUSES(WINDOWS_1252, "PK\3\4", "", 0,
		"the file is an Excel workbook or another ZIP archive; " SAVE);
	REFUSES(UTF16, "PK\3\4", "", 0,
		"the file is an Excel workbook or another ZIP archive; " SAVE);
#undef SAVE
#undef UNPACK
}

TEST(unpacks_several_members)
{
	struct buf z = BUF_INIT(1 << 20);

	pack(&z, SLICE("a,\"b"));
	pack(&z, SLICE("c\"\n1"));
	CHECK_INT(buf_add(&z, "\0\0\0", 3), 0);
	check_all(OPTS(0), buf_slice(&z), (struct want){"1<a><bc>\n2<1>\n"});
	buf_fini(&z);
}

TEST(refuses_gzip_in_gzip)
{
	struct buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);

	pack(&once, SLICE("a,b\n"));
	pack(&twice, buf_slice(&once));
	check_all(OPTS(0), buf_slice(&twice),
		  (struct want){"", -ERR_BAD_ENCODING, 0,
				"there is gzip data within the gzip data; unpack the "
				"file once and write it again"});
	buf_fini(&once);
	buf_fini(&twice);
}

TEST(refuses_damaged_gzip)
{
	static const struct want damaged = {
		"1<a><b>\n2<1><2>\n", -ERR_BAD_GZIP, 0,
		"the gzip data is damaged; pack or copy the file once more and write "
		"it again"};
	static const char early[] = "the gzip data ends too early; pack or copy the file "
				    "once more and write it again";
	struct buf z = BUF_INIT(1 << 20);

	pack(&z, SLICE("a,b\n1,2\n"));
	for (size_t n = 2; n < 11; n++) /* within the header */
		check_all(OPTS(0), slice_of(z.p, n),
			  (struct want){"", -ERR_BAD_GZIP, 0, early});
	for (size_t n = 1; n <= 8; n++) /* without checksum and length */
		check_all(OPTS(0), slice_of(z.p, z.n - n),
			  (struct want){damaged.rows, -ERR_BAD_GZIP, 0, early});
	z.p[z.n - 5] ^= 1; /* the checksum */
	check_all(OPTS(0), buf_slice(&z), damaged);
	z.p[z.n - 5] ^= 1;
	CHECK_INT(buf_add(&z, "a,b\n", 4), 0);
	check_all(OPTS(0), buf_slice(&z), damaged);
	check_all(OPTS(0), SLICE("\x1f\x8b\7\0"),
		  (struct want){"", -ERR_BAD_GZIP, 0, damaged.note});
	buf_fini(&z);
}

static int no_more(void *ctx, const struct row *row)
{
	return -ENOSPC;
}

TEST(hands_the_row_functions_error_on)
{
	struct input_opts o = {.delim = ',', .fn = no_more};
	struct problem p = {0};
	struct input *in;

	CHECK_INT(input_new(&in, &o), 0);
	CHECK_INT(input_feed(in, "a\nb", 3, &p), -ENOSPC);
	CHECK_INT(input_end(in, &p), -ENOSPC);
	CHECK_INT(p.err, 0); /* whoever failed tells */
	input_free(in);
}

TEST(refuses_bad_options)
{
	struct input *in;

	CHECK_INT(input_new(&in, &OPTS(.delim = 'x', .fn = on_row)), -EINVAL);
	CHECK_INT(input_new(&in, &OPTS(.max_row = SIZE_MAX, .fn = on_row)), -EINVAL);
	input_free(NULL);
}

int main(void)
{
	RUN(reads_csv);
	RUN(keeps_the_delimiter_and_the_limit);
	RUN(reads_json_lines);
	RUN(leaves_braces_alone_where_there_is_no_header);
	RUN(tells_a_json_array_from_a_column_in_brackets);
	RUN(reads_much_white_space);
	RUN(decodes);
	RUN(believes_the_mark_of_utf8);
	RUN(names_the_line_of_a_bad_byte);
	RUN(knows_half_a_character_at_the_end);
	RUN(knows_utf16_that_was_not_announced);
	RUN(names_what_it_cannot_read);
	RUN(unpacks_several_members);
	RUN(refuses_gzip_in_gzip);
	RUN(refuses_damaged_gzip);
	RUN(hands_the_row_functions_error_on);
	RUN(refuses_bad_options);
	return CHECK_DONE();
}
