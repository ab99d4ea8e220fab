/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name is cut into words at everything that is no letter and where the case
 * rises (firstName), so that digits and separators do not matter. Some words are
 * enough by themselves unless another one turns the meaning (phone, but not
 * phone_type); others mean something only in the company of words about persons
 * (name and customer_name, but not product_name).
 */
#include "app/pii_name.h"

#include <stddef.h>
#include <string.h>

#include "base/slice.h"

#define MAX_WORDS 16
#define MAX_BYTES 256

struct words {
	char text[MAX_BYTES];
	struct slice word[MAX_WORDS];
	size_t n;
};

/* Enough by themselves. Lists are words between blanks. */
static const char strong[] =
	" email emails emailaddress mailaddress phone phones telephone phonenumber "
	"telephonenumber mobilephone mobilenumber cellphone msisdn firstname lastname "
	"surname forename fullname givenname familyname middlename maidenname fname "
	"lname streetaddress homeaddress postaladdress mailingaddress billingaddress "
	"shippingaddress addressline zipcode postcode postalcode ";

/* The same in two words. */
static const char *const pairs[][2] = {
	{"e", "mail"},	    {"first", "name"},	{"last", "name"},   {"full", "name"},
	{"given", "name"},  {"family", "name"}, {"middle", "name"}, {"maiden", "name"},
	{"street", "name"}, {"post", "code"},	{"postal", "code"}, {"zip", "code"},
};

/* These turn a strong word into something else: a count, a flag, a hash. */
static const char turning[] =
	" opt optin optout consent permission status state type kind count cnt flag is "
	"has can valid verified domain subject campaign template provider open opens "
	"opened click clicks clicked sent send sends bounce bounced subscribed "
	"unsubscribe unsubscribed date time at ts timestamp day week month year source "
	"channel list hash hashed sha md brand model os make carrier country area "
	"language frequency newsletter event score segment product category plan "
	"quality preference pref device match matched rate revenue store shop company "
	"file marketing engagement interaction version length token ";

/* Alone, or with nothing but company. */
static const char weak[] = " mail mails mobile cell tel fax name names address addresses "
			   "addr street zip ";

static const char company[] =
	" customer cust person personal contact client user buyer recipient subscriber "
	"member patient guest employee cardholder holder billing shipping delivery bill "
	"ship to home work private primary secondary main alternate alt my own plain raw "
	"original orig input number no nr num line postal mailing code first last ";

static bool listed(const char *list, struct slice w)
{
	for (const char *at = list + 1; *at; at += strcspn(at, " ") + 1) {
		if (slice_eq(slice_of(at, strcspn(at, " ")), w))
			return true;
	}
	return false;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Other bytes than ASCII are letters of words that stand in no list. */
static bool is_letter(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* firstName, EMAILAddress */
static bool begins_word(const char *s, size_t i)
{
	if (i == 0 || !is_letter(s[i - 1]))
		return true;
	if (!is_upper(s[i]))
		return false;
	return !is_upper(s[i - 1]) || (s[i + 1] >= 'a' && s[i + 1] <= 'z');
}

static void cut(const char *s, struct words *w)
{
	w->n = 0;
	for (size_t i = 0; s[i] && i < MAX_BYTES; i++) {
		if (!is_letter(s[i]))
			continue;
		w->text[i] = is_upper(s[i]) ? (char)(s[i] - 'A' + 'a') : s[i];
		if (begins_word(s, i)) {
			if (w->n == MAX_WORDS)
				return;
			w->word[w->n++] = slice_of(w->text + i, 0);
		}
		w->word[w->n - 1].n++;
	}
}

static bool has_pair(const struct words *w)
{
	for (size_t i = 0; i + 1 < w->n; i++) {
		for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++) {
			if (slice_eq_str(w->word[i], pairs[k][0]) &&
			    slice_eq_str(w->word[i + 1], pairs[k][1]))
				return true;
		}
	}
	return false;
}

bool pii_name(const char *column)
{
	struct words w;
	bool good = false, any_weak = false, others = false;

	cut(column, &w);
	good = has_pair(&w);
	for (size_t i = 0; i < w.n; i++) {
		if (listed(turning, w.word[i]))
			return false;
		good = good || listed(strong, w.word[i]);
		if (listed(weak, w.word[i]))
			any_weak = true;
		else if (!listed(company, w.word[i]))
			others = true;
	}
	return good || (any_weak && !others);
}
