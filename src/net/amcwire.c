/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict in what is sent: every member that has a default on the other side is
 * spelled out. Liberal in what is read: any member may be missing, and a status
 * that nobody has told us of means that AMC is still at work.
 */
#include "net/amcwire.h"

#include <string.h>
#include <strings.h>

#include "base/url.h"
#include "net/webapi.h"

int amcwire_path(struct buf *out, const char *instance, const char *kind, const char *x,
		 const char *y)
{
	const char *ids[] = {instance, kind, x, y};
	int r = buf_adds(out, "/amc/advertiserData");

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids) && ids[i] && r == 0; i++) {
		if (strspn(ids[i], ".") == strlen(ids[i]))
			return -EINVAL;
		r = buf_addc(out, '/');
		if (r == 0)
			r = url_encode(slice_str(ids[i]), false, out);
	}
	return r;
}

const char *amcwire_key_member(const struct amc_upload *u)
{
	return u->manifest ? "sourceManifestS3Key" : "sourceFileS3Key";
}

/* Every member of csvDataFormat is spelled out, since the default of
 * quoteEscapeCharacter is a backslash; commentCharacter must stay unset, or rows
 * that begin with it are lost. */
int amcwire_upload_body(const struct amc_upload *u, struct buf *out)
{
	struct json *body = json_object();
	struct json *source = json_object();
	struct json *format = json_object();
	struct json *csv = json_object();
	int r;

	json_put_str(body, "updateStrategy", u->strategy);
	json_put_str(body, "compressionFormat", u->gzip ? "GZIP" : "NONE");
	if (u->country && *u->country)
		json_put_str(body, "countryCode", u->country);
	json_put_str(source, "sourceS3Bucket", u->bucket);
	json_put_str(source, amcwire_key_member(u), u->key);
	json_put(body, "dataSource", source);
	json_put_str(csv, "fieldDelimiter", ",");
	json_put_str(csv, "recordDelimiter", "\n");
	json_put_str(csv, "quoteCharacter", "\"");
	json_put_str(csv, "quoteEscapeCharacter", "\"");
	json_put(format, "csvDataFormat", csv);
	json_put(body, "fileFormat", format);
	r = json_write(body, false, out);
	json_free(body);
	return r;
}

static enum amc_phase phase_of(const char *status)
{
	static const char *const done[] = {"SUCCESS", "COMPLETED", "SUCCEEDED"};

	for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++)
		if (strcasecmp(status, done[i]) == 0)
			return AMC_SUCCEEDED;
	return strcasecmp(status, "FAILED") == 0 ? AMC_FAILED : AMC_WORKING;
}

bool amcwire_read_status(const struct json *j, const char *fallback_id,
			 struct amc_status *out)
{
	const char *id = json_str(j, "uploadId");

	*out = (struct amc_status){.phase = AMC_WORKING};
	if (!*id)
		id = fallback_id;
	if (!*id || strlen(id) >= sizeof(out->id))
		return false;
	memcpy(out->id, id, strlen(id) + 1);
	webapi_clean(slice_str(json_str(j, "status")), out->status, sizeof(out->status));
	webapi_clean(slice_str(json_str(j, "message")), out->message,
		     sizeof(out->message));
	out->phase = phase_of(out->status);
	if (json_is_object(json_get(j, "metrics")))
		out->metrics = json_copy(json_get(j, "metrics"));
	return true;
}
