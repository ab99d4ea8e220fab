/* SPDX-License-Identifier: Apache-2.0 */
#include "data/convert.h"

#include "tool/check.h"

static void converts_in(const struct tz *tz, enum schema_type type, const char *in,
			const char *want)
{
	struct buf tmp = BUF_INIT(4096);
	struct slice out = {0};
	size_t n = strlen(in);
	char *exact = malloc(n ? n : 1); /* no NUL behind it to lean on */

	memcpy(exact, in, n);
	CHECK_INT(convert_value(type, slice_of(exact, n), tz, &tmp, &out),
		  want ? 0 : CONVERT_INVALID);
	if (want)
		CHECK_MEM(out.p, out.n, want, strlen(want));
	buf_fini(&tmp);
	free(exact);
}

static void converts(enum schema_type type, const char *in, const char *want)
{
	converts_in(NULL, type, in, want);
}

#define DECIMAL(in, want) converts(SCHEMA_DECIMAL, in, want)
#define INTEGER(in, want) converts(SCHEMA_INTEGER, in, want)
#define LONG(in, want)	  converts(SCHEMA_LONG, in, want)
#define DATE(in, want)	  converts(SCHEMA_DATE, in, want)
#define TIME(in, want)	  converts(SCHEMA_TIMESTAMP, in, want)

TEST(keeps_decimal_digits)
{
	DECIMAL("0", "0");
	DECIMAL("12.50", "12.50");
	DECIMAL("-12.50", "-12.50");
	DECIMAL("+12.50", "12.50");
	DECIMAL(".5", "0.5");
	DECIMAL("-.5", "-0.5");
	DECIMAL("+.5", "0.5");
	DECIMAL("5.", "5");
	DECIMAL("-5.", "-5");
	DECIMAL("007.10", "007.10");
	DECIMAL("-0", "-0");
	DECIMAL("0.1000000000000000055511151231257827",
		"0.1000000000000000055511151231257827");
	DECIMAL("123456789012345678901234567890", "123456789012345678901234567890");
}

TEST(expands_exponents)
{
	DECIMAL("1e3", "1000");
	DECIMAL("+1.5E+3", "1500");
	DECIMAL("1.5e1", "15");
	DECIMAL("1.50e1", "15.0");
	DECIMAL("1e0", "1");
	DECIMAL("1.25e-0", "1.25");
	DECIMAL("1e-2", "0.01");
	DECIMAL("12e-1", "1.2");
	DECIMAL("12e-2", "0.12");
	DECIMAL("12.5e-3", "0.0125");
	DECIMAL("-12.5e-3", "-0.0125");
	DECIMAL("0.001e3", "1");
	DECIMAL("0.0012e3", "1.2");
	DECIMAL("1.0e-1", "0.10");
	DECIMAL(".5e1", "5");
	DECIMAL("5.e1", "50");
	DECIMAL("007e1", "70");
	DECIMAL("0e5", "0");
	DECIMAL("0.00e1", "0.0");
	DECIMAL("0e-2", "0.00");
	DECIMAL("0e999999999999999999999", "0");
	DECIMAL("1E05", "100000");
}

TEST(bounds_exponents)
{
	char want[512];

	memset(want, '0', sizeof(want));
	want[0] = '1';
	want[400] = '\0';
	DECIMAL("1e399", want);
	DECIMAL("1e400", NULL);
	memset(want, '0', sizeof(want));
	want[1] = '.';
	want[400] = '1';
	want[401] = '\0';
	DECIMAL("1e-399", want);
	DECIMAL("1e-400", NULL);
	DECIMAL("1e99999999999999999999", NULL);
	DECIMAL("1e-99999999999999999999", NULL);
	DECIMAL("0e-99999999999999999999", NULL);
}

TEST(refuses_other_decimals)
{
	DECIMAL("", NULL);
	DECIMAL(".", NULL);
	DECIMAL("-", NULL);
	DECIMAL("+.", NULL);
	DECIMAL("e5", NULL);
	DECIMAL(".e5", NULL);
	DECIMAL("1e", NULL);
	DECIMAL("1e+", NULL);
	DECIMAL("1e1.5", NULL);
	DECIMAL("--1", NULL);
	DECIMAL("+-1", NULL);
	DECIMAL("1.2.3", NULL);
	DECIMAL("1,5", NULL);
	DECIMAL("1,000.00", NULL);
	DECIMAL("1 000", NULL);
	DECIMAL("$5", NULL);
	DECIMAL("5%", NULL);
	DECIMAL("0x10", NULL);
	DECIMAL("nan", NULL);
	DECIMAL("Infinity", NULL);
	DECIMAL("1_000", NULL);
	DECIMAL("\xd9\xa1", NULL); /* an Arabic digit */
}

TEST(converts_integers)
{
	INTEGER("0", "0");
	INTEGER("7", "7");
	INTEGER("+7", "7");
	INTEGER("-7", "-7");
	INTEGER("-0", "0");
	INTEGER("007", "7");
	INTEGER("123.0", "123");
	INTEGER("-123.000", "-123");
	INTEGER("2147483647", "2147483647");
	INTEGER("-2147483648", "-2147483648");
	INTEGER("2147483648", NULL);
	INTEGER("-2147483649", NULL);
	INTEGER("99999999999999999999999999", NULL);
	INTEGER("123.5", NULL);
	INTEGER("123.01", NULL);
	INTEGER(".0", NULL);
	INTEGER("1e3", NULL);
	INTEGER("", NULL);
	INTEGER("-", NULL);
	INTEGER("1 2", NULL);
	INTEGER("true", NULL);
}

TEST(converts_longs)
{
	LONG("9223372036854775807", "9223372036854775807");
	LONG("-9223372036854775808", "-9223372036854775808");
	LONG("+9223372036854775807.0", "9223372036854775807");
	LONG("9223372036854775808", NULL);
	LONG("-9223372036854775809", NULL);
	LONG("18446744073709551616", NULL);
	LONG("18446744073709551617", NULL);
}

TEST(converts_timestamps)
{
	TIME("2026-11-22T18:00:00Z", "2026-11-22T18:00:00Z");
	TIME("2026-11-22", "2026-11-22T00:00:00Z");
	TIME("2026-11-22 18:00:01", "2026-11-22T18:00:01Z");
	TIME("2026-11-22T18:00:01", "2026-11-22T18:00:01Z");
	TIME("2026-11-22T18:00:00.999Z", "2026-11-22T18:00:00Z");
	TIME("2026-11-22T18:00:00,5Z", "2026-11-22T18:00:00Z");
	TIME("2026-11-22T18:00:00.123456", "2026-11-22T18:00:00Z");
	TIME("2026-11-22T01:30:00+02:00", "2026-11-21T23:30:00Z");
	TIME("2026-11-22T23:30:00-0130", "2026-11-23T01:00:00Z");
	TIME("2026-11-22T12:00:00.5+05", "2026-11-22T07:00:00Z");
	TIME("2026-11-22 12:00:00+00:00", "2026-11-22T12:00:00Z");
	TIME("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z");
	TIME("0001-01-01", "0001-01-01T00:00:00Z");
	TIME("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z");
}

TEST(converts_epoch_seconds)
{
	TIME("0", "1970-01-01T00:00:00Z");
	TIME("1718454645", "2024-06-15T12:30:45Z");
	TIME("1718454645.0", "2024-06-15T12:30:45Z");
	TIME("-1", "1969-12-31T23:59:59Z");
	TIME("99999999999", "5138-11-16T09:46:39Z");
	TIME("100000000000", NULL); /* milliseconds from here on */
	TIME("1718454645000", NULL);
	TIME("-1718454645000", NULL);
	TIME("1718454645.5", NULL);
	TIME("1e9", NULL);
	DATE("1718454645", "2024-06-15");
	DATE("1718454645123", NULL);
}

TEST(converts_dates)
{
	DATE("2026-11-22", "2026-11-22");
	DATE("2026-11-22T23:59:59Z", "2026-11-22");
	DATE("2026-11-22T01:00:00+02:00", "2026-11-21");
	DATE("2026-11-22 10:00:00", "2026-11-22");
	DATE("2023-02-29", NULL);
	DATE("1900-02-29", NULL);
	DATE("2000-02-29", "2000-02-29");
}

TEST(takes_local_times_from_the_zone)
{
	struct tz *tz;

	CHECK_INT(tz_new_fixed(&tz, 2 * 3600), 0);
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22 18:00:00", "2026-11-22T16:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22T18:00:00", "2026-11-22T16:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22T18:00:00.9",
		    "2026-11-22T16:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22", "2026-11-21T22:00:00Z");
	converts_in(tz, SCHEMA_DATE, "2026-11-22", "2026-11-22");
	converts_in(tz, SCHEMA_DATE, "2026-11-22 01:59:59", "2026-11-21");
	converts_in(tz, SCHEMA_DATE, "2026-11-22 02:00:00", "2026-11-22");
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22T18:00:00Z", "2026-11-22T18:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22T18:00:00+00:00",
		    "2026-11-22T18:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "2026-11-22T18:00:00-01",
		    "2026-11-22T19:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "0", "1970-01-01T00:00:00Z");
	converts_in(tz, SCHEMA_TIMESTAMP, "0001-01-01", NULL);
	converts_in(tz, SCHEMA_DATE, "0001-01-01", "0001-01-01");
	tz_free(tz);
}

TEST(refuses_other_times)
{
	TIME("", NULL);
	TIME("6/15/2024", NULL);
	TIME("2024-06-15T", NULL);
	TIME("2024-6-15", NULL);
	TIME("24-06-15", NULL);
	TIME("2024-13-01", NULL);
	TIME("2024-00-01", NULL);
	TIME("2024-01-00", NULL);
	TIME("0000-01-01", NULL);
	TIME("2024-06-15T24:00:00Z", NULL);
	TIME("2024-06-15T23:60:00Z", NULL);
	TIME("2016-12-31T23:59:60Z", NULL);
	TIME("2024-06-15T12:30Z", NULL);
	TIME("2024-06-15T12:30:45.Z", NULL);
	TIME("2024-06-15T12:30:45z", NULL);
	TIME("2024-06-15T12:30:45 Z", NULL);
	TIME("2024-06-15T12:30:45ZZ", NULL);
	TIME("2024-06-15T12:30:45+", NULL);
	TIME("2024-06-15T12:30:45+1", NULL);
	TIME("2024-06-15T12:30:45+01:", NULL);
	TIME("2024-06-15T12:30:45+01:0", NULL);
	TIME("2024-06-15T12:30:45+24:00", NULL);
	TIME("2024-06-15T12:30:45+01:60", NULL);
	TIME("2024-06-15T12:30:45 UTC", NULL);
	TIME("0001-01-01T00:00:00+01:00", NULL);
	TIME("9999-12-31T23:59:59-01:00", NULL);
	TIME("yesterday", NULL);
}

TEST(leaves_strings_alone)
{
	converts(SCHEMA_STRING, " as is ", " as is ");
}

int main(void)
{
	RUN(keeps_decimal_digits);
	RUN(expands_exponents);
	RUN(bounds_exponents);
	RUN(refuses_other_decimals);
	RUN(converts_integers);
	RUN(converts_longs);
	RUN(converts_timestamps);
	RUN(converts_epoch_seconds);
	RUN(converts_dates);
	RUN(takes_local_times_from_the_zone);
	RUN(refuses_other_times);
	RUN(leaves_strings_alone);
	return CHECK_DONE();
}
