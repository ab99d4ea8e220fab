/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - the columns of a data set: type, treatment, what is required
 *
 * Source   Amazon's "Advertiser Data Upload" 3.0: DataSet and Column
 * Layer    data (pure)
 * Memory   the schema's own, by the number of its columns; read-only once built, so
 *          any thread may read it
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/problem.h"
#include "base/slice.h"

#define SCHEMA_MAX_COLUMNS 256 /* AMC allows 100; room for its own additions */
#define SCHEMA_MAX_NAME	   255

enum schema_type {
	SCHEMA_STRING,
	SCHEMA_DECIMAL,
	SCHEMA_INTEGER,
	SCHEMA_LONG,
	SCHEMA_TIMESTAMP,
	SCHEMA_DATE,
};

enum schema_pii {
	SCHEMA_PII_NONE,
	SCHEMA_PII_EMAIL,
	SCHEMA_PII_PHONE,
	SCHEMA_PII_FIRST_NAME,
	SCHEMA_PII_LAST_NAME,
	SCHEMA_PII_ADDRESS,
	SCHEMA_PII_CITY,
	SCHEMA_PII_STATE,
	SCHEMA_PII_ZIP,
	SCHEMA_PII_COUNTRY_CODE,
};

/* What a consent column tells; never hashed, never converted. */
enum schema_consent {
	SCHEMA_CONSENT_NONE,
	SCHEMA_CONSENT_TCF,
	SCHEMA_CONSENT_GPP,
	SCHEMA_CONSENT_AMZN_USER_DATA,	/* GRANTED, DENIED or null */
	SCHEMA_CONSENT_AMZN_AD_STORAGE, /* the same */
};

struct schema_column {
	char name[SCHEMA_MAX_NAME + 1];
	enum schema_type type;
	enum schema_pii pii;
	bool nullable;	      /* default true */
	bool main_event_time; /* makes it a fact data set */
	bool country_code;    /* isCountryCode: plain, upper-cased */
	bool amc_fills;	      /* isMainUserId, isMainUserIdType: never from input */
	bool external_id;     /* externalIdentity: never hashed */
	enum schema_consent consent;
};

struct schema {
	size_t n, cap;
	bool fact;
	char country[3]; /* the data set's own countryCode, or "" */
	struct schema_column *col;
};

/* Empty schema, given; freed with schema_free(). */
MUST_CHECK int schema_new(struct schema **out);
void schema_free(struct schema *s);
MUST_CHECK int schema_copy(const struct schema *s, struct schema **out); /* given */

/* "STRING" etc. as AMC spells them, any case. -EINVAL when unknown. */
MUST_CHECK int schema_type_parse(const char *s, enum schema_type *out);
MUST_CHECK int schema_pii_parse(const char *s, enum schema_pii *out);
MUST_CHECK int schema_consent_parse(const char *s, enum schema_consent *out);
const char *schema_type_name(enum schema_type t);
const char *schema_pii_name(enum schema_pii t); /* "" for none */

/* Copies c. -ERR_BAD_SCHEMA: too many, empty or too long or repeated name, a
 * second main event time, a main event time that is neither TIMESTAMP nor
 * DATE. */
MUST_CHECK int schema_add(struct schema *s, const struct schema_column *c,
			  struct problem *p);
