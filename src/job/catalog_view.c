/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog_view - a reading made into what the tree shows
 *
 * Ids become names of folders and parts of S3 keys, so one that could mean
 * anything else there is left out, and so is one that another already bears.
 * Both lists are sorted by id: lookups are binary.
 */
#include "job/catalog_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/scope.h"

#define NAME_MAX_BYTES 255
#define TEXT_MAX       (8u << 20) /* one definition, printed */

bool catalog_view_name_ok(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			      "0123456789._-");

	return n > 0 && n <= NAME_MAX_BYTES && id[n] == '\0' && strcmp(id, ".") != 0 &&
	       strcmp(id, "..") != 0;
}

/* --- freeing ------------------------------------------------------------ */

static void dataset_fini(struct catalog_dataset *d)
{
	free(d->id);
	schema_free(d->schema);
	free(d->definition);
}

static void instance_fini(struct catalog_instance *in)
{
	for (size_t i = 0; i < in->n_datasets; i++)
		dataset_fini(&in->datasets[i]);
	free(in->datasets);
	free(in->id);
	free(in->account_id);
	free(in->marketplace_id);
	free(in->text);
}

void catalog_put(const struct catalog_view *v)
{
	struct catalog_reading *r = (struct catalog_reading *)v;

	if (!r || atomic_fetch_sub(&r->refs, 1) > 1)
		return;
	for (size_t i = 0; i < r->view.n_instances; i++)
		instance_fini(&r->view.instances[i]);
	free(r->view.instances);
	json_free(r->json);
	free(r);
}

/* --- picking ------------------------------------------------------------ */

struct pick {
	const char *id; /* lent by the reading */
	const struct json *from;
	size_t at;
};

static int pick_order(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;
	int c = strcmp(x->id, y->id);

	return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

/* The usable members of arr, sorted, the first of those that share an id.
 * id_of finds the id. */
static int pick(const struct json *arr, const char *(*id_of)(const struct json *),
		const char *kind, bool quiet, struct pick **out, size_t *out_n)
{
	size_t total = json_count(arr), n = 0, kept = 0;
	struct pick *all = calloc(total ? total : 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < total; i++) {
		const struct json *from = json_at(arr, i);
		const char *id = id_of(from);

		if (catalog_view_name_ok(id))
			all[n++] = (struct pick){id, from, i};
		else if (!quiet)
			log_warn("amc", "%s=\"%.255s\" left out: not usable as a name",
				 kind, id);
	}
	qsort(all, n, sizeof(*all), pick_order);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || strcmp(all[kept - 1].id, all[i].id) != 0)
			all[kept++] = all[i];
		else if (!quiet)
			log_warn("amc", "%s=%s left out: another has the same id", kind,
				 all[i].id);
	}
	*out = all;
	*out_n = kept;
	return 0;
}

static const char *dataset_id(const struct json *d)
{
	return json_str(d, "dataSetId");
}

static const char *instance_id(const struct json *entry)
{
	return json_str(json_get(entry, "instance"), "instanceId");
}

/* --- building ----------------------------------------------------------- */

/* {"name": what} as text. */
static int wrapped(const char *name, const struct json *what, char **out)
{
	_cleanup_buf_ struct buf text = BUF_INIT(TEXT_MAX);
	struct json *obj = json_object();
	const char *s;
	int r;

	json_put(obj, name, json_copy(what));
	r = json_write(obj, true, &text);
	json_free(obj);
	if (r < 0)
		return r;
	s = buf_str(&text);
	*out = s ? strdup(s) : NULL;
	return *out ? 0 : -ENOMEM;
}

static int fill_dataset(struct catalog_dataset *d, const struct pick *from)
{
	int r;

	d->id = strdup(from->id);
	if (!d->id)
		return -ENOMEM;
	r = wrapped("dataSet", from->from, &d->definition);
	if (r < 0)
		return r;
	r = catalog_schema(from->from, &d->schema, &d->problem);
	return r == -ENOMEM ? r : 0; /* else told to whoever writes there */
}

static int fill_instance(struct catalog_instance *in, const struct pick *from, bool quiet)
{
	struct pick *picks = NULL;
	size_t n = 0;
	int r;

	in->id = strdup(from->id);
	in->account_id = strdup(json_str(from->from, "accountId"));
	in->marketplace_id = strdup(json_str(from->from, "marketplaceId"));
	if (!in->id || !in->account_id || !in->marketplace_id)
		return -ENOMEM;
	r = wrapped("instance", json_get(from->from, "instance"), &in->text);
	if (r == 0)
		r = pick(json_get(from->from, "dataSets"), dataset_id, "dataset", quiet,
			 &picks, &n);
	if (r < 0)
		return r;
	in->datasets = calloc(n ? n : 1, sizeof(*in->datasets));
	r = in->datasets ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++) {
		in->n_datasets = i + 1;
		r = fill_dataset(&in->datasets[i], &picks[i]);
	}
	free(picks);
	return r;
}

int catalog_view_new(struct json *json, bool quiet, struct catalog_reading **out)
{
	struct catalog_reading *v = calloc(1, sizeof(*v));
	struct pick *picks = NULL;
	size_t n = 0;
	int r;

	if (!v)
		return -ENOMEM;
	atomic_init(&v->refs, 1);
	v->view.read_ms = json_int(json, "read_ms", 0);
	r = pick(json_get(json, "instances"), instance_id, "instance", quiet, &picks, &n);
	if (r == 0) {
		v->view.instances = calloc(n ? n : 1, sizeof(*v->view.instances));
		r = v->view.instances ? 0 : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		v->view.n_instances = i + 1;
		r = fill_instance(&v->view.instances[i], &picks[i], quiet);
	}
	free(picks);
	if (r < 0) {
		catalog_put(&v->view);
		return r;
	}
	v->json = json;
	*out = v;
	return 0;
}

/* --- looking up --------------------------------------------------------- */

static int instance_order(const void *key, const void *member)
{
	return strcmp(key, ((const struct catalog_instance *)member)->id);
}

static int dataset_order(const void *key, const void *member)
{
	return strcmp(key, ((const struct catalog_dataset *)member)->id);
}

const struct catalog_instance *catalog_instance(const struct catalog_view *v,
						const char *instance)
{
	if (!instance || v->n_instances == 0)
		return NULL;
	return bsearch(instance, v->instances, v->n_instances, sizeof(*v->instances),
		       instance_order);
}

const struct catalog_dataset *catalog_dataset(const struct catalog_view *v,
					      const char *instance, const char *dataset)
{
	const struct catalog_instance *in = catalog_instance(v, instance);

	if (!in || !dataset || in->n_datasets == 0)
		return NULL;
	return bsearch(dataset, in->datasets, in->n_datasets, sizeof(*in->datasets),
		       dataset_order);
}
