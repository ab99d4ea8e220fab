/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures are only as long as it takes to tell them from text that somebody
 * could have meant as a header.
 */
#include "data/sniff.h"

#include <string.h>

#define BOM "\xef\xbb\xbf"

#define SAVE_CSV "save it as CSV (UTF-8) and write that"
#define UNPACK	 "unpack it, or pack it with gzip, and write it again"

#define BYTES(s) s, sizeof(s) - 1

/* '#' stands for a digit from 1 to 9. */
static const struct sniff signatures[] = {
	{BYTES(BOM), SNIFF_TEXT_UTF8},
	{BYTES("\x1f\x8b"), SNIFF_GZIP},
	{BYTES("\xff\xfe"), SNIFF_UTF16},
	{BYTES("\xfe\xff"), SNIFF_UTF16},
	{BYTES("PK\3\4"), SNIFF_FOREIGN, "an Excel workbook or another ZIP archive",
	 SAVE_CSV},
	{BYTES("PK\5\6"), SNIFF_FOREIGN, "an empty ZIP archive", SAVE_CSV},
	{BYTES("\xd0\xcf\x11\xe0"), SNIFF_FOREIGN, "an old Excel workbook", SAVE_CSV},
	{BYTES("%PDF-"), SNIFF_FOREIGN, "a PDF document", SAVE_CSV},
	{BYTES("PAR1\x15"), SNIFF_FOREIGN, "a Parquet file", SAVE_CSV},
	{BYTES("\x28\xb5\x2f\xfd"), SNIFF_FOREIGN, "packed with zstd", UNPACK},
	{BYTES("BZh#1AY&SY"), SNIFF_FOREIGN, "packed with bzip2", UNPACK},
	{BYTES("\xfd"
	       "7zXZ\0"),
	 SNIFF_FOREIGN, "packed with xz", UNPACK},
	{BYTES("7z\xbc\xaf\x27\x1c"), SNIFF_FOREIGN, "a 7-Zip archive", UNPACK},
};

static const struct sniff text = {.kind = SNIFF_TEXT};
static const struct sniff utf16 = {.kind = SNIFF_UTF16};

static bool begins_alike(const struct sniff *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n && i < s->n; i++) {
		if (s->bytes[i] == '#' ? p[i] < '1' || p[i] > '9' : p[i] != s->bytes[i])
			return false;
	}
	return true;
}

const struct sniff *sniff_bytes(const char *p, size_t n, bool last)
{
	bool open = n < 2;

	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct sniff *s = &signatures[i];

		if (!begins_alike(s, p, n))
			continue;
		if (n >= s->n)
			return s;
		open = true;
	}
	if (n >= 2 && (p[0] == '\0') != (p[1] == '\0'))
		return &utf16; /* a letter of ASCII, and its other half */
	return open && !last ? NULL : &text;
}

static size_t pass_space(const char *p, size_t i, size_t n)
{
	while (i < n && (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')))
		i++;
	return i;
}

enum sniff_format sniff_text(const char *p, size_t n, bool last, size_t *from)
{
	enum sniff_format at_end = last || n >= SNIFF_TEXT_MOST ? SNIFF_CSV : SNIFF_OPEN;
	size_t mark = n < strlen(BOM) ? n : strlen(BOM), i = 0;

	*from = 0;
	if (memcmp(p, BOM, mark) == 0) {
		if (mark < strlen(BOM))
			return at_end;
		*from = i = mark;
	}
	i = pass_space(p, i, n);
	if (i == n)
		return at_end;
	if (p[i] == '{')
		return SNIFF_JSONL;
	if (p[i] != '[')
		return SNIFF_CSV;
	i = pass_space(p, i + 1, n);
	if (i == n)
		return at_end;
	return memchr("{[\"]", p[i], 4) ? SNIFF_ARRAY : SNIFF_CSV;
}
