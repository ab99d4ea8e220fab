/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one question that matters is whether the server may have done what was
 * asked: an upload that is created twice with ADDITIVE counts people twice. So
 * everything that is not known to have been refused is UNSURE, unless doing it
 * twice is harmless. 408, 425 and 429 say that the server did not start; a 5xx
 * says nothing of the kind, not even 503.
 */
#include "net/retry.h"

#include <stdio.h>
#include <string.h>

#include "base/errcode.h"
#include "base/timefmt.h"

#define DAY_MS 86400000

static enum retry_class classify_error(int err, enum retry_class unsure)
{
	switch (err < 0 ? -err : err) {
	case ERR_UNREACHABLE:
	case ERR_THROTTLED:
		return RETRY_TEMPORARY;
	case ERR_LOST_ANSWER:
	case ERR_BAD_REPLY:
	case ERR_REMOTE:
	case ERR_STOPPING:
	case ENOMEM: /* perhaps for the answer */
		return unsure;
	default:
		return RETRY_PERMANENT;
	}
}

enum retry_class retry_classify(int err, int status, bool idempotent)
{
	enum retry_class unsure = idempotent ? RETRY_TEMPORARY : RETRY_UNSURE;

	if (err != 0)
		return classify_error(err, unsure);
	if (status >= 200 && status < 300)
		return RETRY_DONE;
	switch (status) {
	case 401:
		return RETRY_AUTH;
	case 408:
	case 425:
	case 429:
		return RETRY_TEMPORARY;
	case 501:
	case 505:
		return RETRY_PERMANENT;
	default:
		break;
	}
	/* redirects and refusals are what they are; nonsense is no answer */
	return status >= 300 && status < 500 ? RETRY_PERMANENT : unsure;
}

int64_t retry_wait_ms(const struct retry_policy *pol, unsigned attempt, int64_t after_ms,
		      uint32_t chance)
{
	int64_t max = pol->max_ms > 0 ? pol->max_ms : 1;
	int64_t wait = pol->first_ms > 0 ? pol->first_ms : 1;
	int64_t half;

	for (unsigned i = 1; i < attempt && wait < max; i++)
		wait = wait > max / 2 ? max : wait * 2;
	if (wait > max)
		wait = max;
	half = wait / 2;
	/* two steps: half * chance could overflow for a wait of many years */
	wait = half + (wait - half) / 1024 * (chance >> 22) +
	       ((wait - half) % 1024 * (chance >> 22)) / 1024;
	return wait > after_ms ? wait : after_ms;
}

static int64_t bounded(int64_t ms)
{
	if (ms < 0)
		return 0;
	return ms < DAY_MS ? ms : DAY_MS;
}

/* Only digits; -1 otherwise. Anything of more than five digits is over a day. */
static int64_t seconds(const char *s, size_t n)
{
	int64_t v = 0;

	if (n == 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		if (v < DAY_MS)
			v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form that may be sent (RFC 9110,
 * section 5.6.7). The day of the week is not looked at. */
static int64_t http_date(const char *s, size_t n)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct timefmt_civil c = {0};
	char month[4] = "";
	const char *m;
	int end = 0;
	int64_t t;

	if (n != 29 || memcmp(s + 3, ", ", 2) != 0)
		return -1;
	if (sscanf(s + 5, "%2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &c.day, month, &c.year,
		   &c.hour, &c.minute, &c.second, &end) != 6 ||
	    end != 24 || strlen(month) != 3)
		return -1;
	m = strstr(months, month);
	if (!m || (m - months) % 3 != 0)
		return -1;
	c.month = (int)(m - months) / 3 + 1;
	return timefmt_to_epoch(&c, &t) < 0 ? -1 : t;
}

int64_t retry_after_ms(const char *value, int64_t now_wall_ms)
{
	size_t n;
	int64_t t;

	value += strspn(value, " \t");
	n = strlen(value);
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	t = seconds(value, n);
	if (t >= 0)
		return bounded(t > DAY_MS / 1000 ? DAY_MS : t * 1000);
	t = http_date(value, n);
	return t < 0 ? -1 : bounded(t * 1000 - now_wall_ms);
}
