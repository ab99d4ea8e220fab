/* SPDX-License-Identifier: Apache-2.0 */
/*
 * awsfile - a profile's keys in the text of the shared AWS files
 *
 * Source   AWS SDKs and Tools Reference Guide, "Shared config and credentials files"
 * Layer    net (pure)
 * Memory   none: values are lent from the text
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

enum awsfile_kind {
	AWSFILE_CONFIG,	     /* [default] and [profile NAME] */
	AWSFILE_CREDENTIALS, /* [NAME] */
};

/* Is there a section for the profile? */
bool awsfile_has(struct slice text, enum awsfile_kind kind, const char *profile);

/* The key's value without blanks around it; n 0 when there is none. */
struct slice awsfile_get(struct slice text, enum awsfile_kind kind, const char *profile,
			 const char *key);
