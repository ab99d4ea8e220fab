/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns - a schema in few words
 *
 *	columns("email:EMAIL when:TIMESTAMP!* sku country:@ id:x user_id:-")
 *
 * A type, kind of personal data or consent behind the colon; ! = not nullable, * = main
 * event time, @ = country code, x = external id, - = filled by AMC.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "data/schema.h"
#include "tool/check.h"

__attribute__((unused)) static void columns_flag(struct schema_column *c, char flag)
{
	switch (flag) {
	case '!':
		c->nullable = false;
		break;
	case '*':
		c->main_event_time = true;
		break;
	case '@':
		c->country_code = true;
		break;
	case 'x':
		c->external_id = true;
		break;
	case '-':
		c->amc_fills = true;
		break;
	default:
		abort();
	}
}

__attribute__((unused)) static void columns_add(struct schema *s, const char *word,
						size_t n)
{
	struct schema_column c = {.nullable = true};
	const char *colon = memchr(word, ':', n);
	size_t name_n = colon ? (size_t)(colon - word) : n, k = 0;
	char kind[32] = "";

	memcpy(c.name, word, name_n);
	for (size_t i = name_n + 1; i < n; i++) {
		if ((word[i] >= 'A' && word[i] <= 'Z') || word[i] == '_')
			kind[k++] = word[i];
		else
			columns_flag(&c, word[i]);
	}
	if (kind[0] && schema_type_parse(kind, &c.type) < 0 &&
	    schema_consent_parse(kind, &c.consent) < 0)
		CHECK_INT(schema_pii_parse(kind, &c.pii), 0);
	CHECK_INT(schema_add(s, &c, NULL), 0);
}

__attribute__((unused)) static struct schema *columns(const char *words)
{
	struct schema *s;

	CHECK_INT(schema_new(&s), 0);
	while (*words) {
		size_t n = strcspn(words, " ");

		columns_add(s, words, n);
		words += n + (words[n] == ' ');
	}
	return s;
}
