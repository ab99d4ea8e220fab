/* SPDX-License-Identifier: Apache-2.0 */
/* Each code has its row, each number a text, and none of them is success. */
#include "base/errcode.h"

#include <limits.h>

#include "tool/check.h"

TEST(rows_stand_at_their_code)
{
	CHECK_INT(ERR_OPEN_QUOTE, 1024);
	CHECK_INT(errcode_errno(-ERR_OPEN_QUOTE), EINVAL);
	CHECK_STR(errcode_code(-ERR_OPEN_QUOTE), "interrupted");
	CHECK_INT(errcode_errno(-ERR_ROW_TOO_LONG), EINVAL);
	CHECK_STR(errcode_code(-ERR_ROW_TOO_LONG), "row-too-long");
	CHECK_INT(errcode_errno(-ERR_BAD_ENCODING), EILSEQ);
	CHECK_INT(errcode_errno(-ERR_OUT_OF_ORDER), ESPIPE);
	CHECK_INT(errcode_errno(-ERR_AUTH), EACCES);
	CHECK_STR(errcode_code(-ERR_AUTH), "not-authorised");
	CHECK_STR(errcode_text(-ERR_AUTH), "Amazon did not accept the credentials");
	CHECK_INT(errcode_errno(-ERR_CONFIG), EINVAL);
	CHECK_STR(errcode_code(-ERR_CONFIG), "configuration");
	CHECK_INT(ERR_CONFIG, ERR_END - 1);
}

TEST(all_rows_are_whole)
{
	for (int e = ERR_FIRST + 1; e < ERR_END; e++) {
		CHECK(errcode_errno(e) > 0 && errcode_errno(e) < 1024);
		CHECK_INT(errcode_errno(-e), errcode_errno(e));
		CHECK(errcode_code(e)[0]);
		CHECK_STR(errcode_code(-e), errcode_code(e));
		CHECK(strcmp(errcode_code(e), "internal") != 0);
		CHECK(errcode_text(e)[0]);
		CHECK_STR(errcode_text(-e), errcode_text(e));
	}
}

TEST(system_errors)
{
	CHECK_INT(errcode_errno(-ENOSPC), ENOSPC);
	CHECK_INT(errcode_errno(ENOSPC), ENOSPC);
	CHECK_STR(errcode_code(-ENOSPC), "internal");
	CHECK_STR(errcode_text(-ENOSPC), "No space left on device");
}

TEST(unknown_numbers)
{
	static const int unknown[] = {ERR_FIRST, ERR_END, 900,	    5000,    INT_MAX,
				      INT_MIN,	 -900,	  -ERR_END, -INT_MAX};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		CHECK_INT(errcode_errno(unknown[i]), EIO);
		CHECK_STR(errcode_code(unknown[i]), "internal");
		CHECK_STR(errcode_text(unknown[i]), "unknown error");
	}
}

TEST(zero_is_no_failure)
{
	CHECK_INT(errcode_errno(0), 0);
	CHECK_STR(errcode_code(0), "ok");
}

int main(void)
{
	RUN(rows_stand_at_their_code);
	RUN(all_rows_are_whole);
	RUN(system_errors);
	RUN(unknown_numbers);
	RUN(zero_is_no_failure);
	return CHECK_DONE();
}
