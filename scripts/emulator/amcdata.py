# SPDX-License-Identifier: Apache-2.0
"""AMC's calls about data sets, their columns, uploads and deletions: one method a
route of amc.py's table."""
import urllib.parse

from . import schema
from .apierror import ApiError
from .paging import page
from .schema import Refused
from .uploads import check_create

MAX_DATASETS = 5000
MAX_DESCRIPTION = 255


def _check_description(text, where):
    if text is not None and (not isinstance(text, str) or len(text) > MAX_DESCRIPTION):
        raise Refused("%s is not a string of at most %d characters" % (
            where, MAX_DESCRIPTION))


class DataSetCalls:
    def _dataset(self, instance, ident):
        dataset = self.world.datasets[instance].get(ident)
        if dataset is None:
            raise ApiError(404, "The data set does not exist")
        return dataset

    def list_datasets(self, request, instance):
        return page(self.world.switches, request, "dataSets",
                    list(self.world.datasets[instance].values()))

    def create_dataset(self, request, instance):
        dataset = self.json_of(request).get("dataSet")
        schema.check_dataset(dataset, self.world.switches.max_id)
        known = self.world.datasets[instance]
        if dataset["dataSetId"] in known:
            raise ApiError(self.world.switches.duplicate_status,
                           "A data set of this dataSetId exists")
        if len(known) >= MAX_DATASETS:
            raise ApiError(400, "The instance has %d data sets" % MAX_DATASETS)
        self.world.add_dataset(instance, dataset)
        self.world.save()
        return {"dataSetId": dataset["dataSetId"], "instanceId": instance}

    def get_dataset(self, _request, instance, dataset):
        return {"dataSet": self._dataset(instance, dataset)}

    def update_dataset(self, request, instance, dataset):
        known = self._dataset(instance, dataset)
        body = self.json_of(request)
        description, country = body.get("description"), body.get("countryCode")
        _check_description(description, "description")
        if country is not None:
            if self.world.switches.country_fixed:
                raise Refused("only the description of a data set can be changed")
            schema.check_country(country, "countryCode")
            if not schema.has_identity(known):
                raise Refused("Country code cannot be specified for a data set that "
                              "does not contain identity")
        known.update({n: v for n, v in (("description", description),
                                        ("countryCode", country)) if v is not None})
        self.world.save()
        return {"dataSet": known}

    def delete_dataset(self, _request, instance, dataset):
        self._dataset(instance, dataset)
        self.world.drop_dataset(instance, dataset)
        self.world.save()
        return {"dataSetId": dataset, "instanceId": instance}

    # -- columns ----------------------------------------------------------------------

    def _column(self, instance, dataset, name):
        """(data set, column)"""
        known = self._dataset(instance, dataset)
        for column in known["columns"]:
            if column["name"] == name:
                return known, column
        raise ApiError(404, "The column does not exist")

    def _replace(self, instance, known, columns):
        """A new object, by which an upload under way sees that it was changed."""
        changed = dict(known, columns=columns)
        self.world.datasets[instance][known["dataSetId"]] = changed
        self.world.save()
        self.world.save_rows(instance, known["dataSetId"])
        return {"dataSet": changed}

    def add_column(self, request, instance, dataset):
        known = self._dataset(instance, dataset)
        column = self.json_of(request).get("column")
        schema.check_column(column, "column", self.world.switches.max_id)
        for flag in ("isMainEventTime", "isMainUserId", "isMainUserIdType"):
            if column.get(flag):
                raise Refused("column.%s cannot be added later" % flag)
        columns = known["columns"] + [dict({"nullable": True}, **column)]
        schema.check_together(columns)
        self.world.tables[instance, dataset].add_column(column["name"])
        return self._replace(instance, known, columns)

    def update_column(self, request, instance, dataset, column):
        known, old = self._column(instance, dataset, column)
        body = self.json_of(request)
        name, text = body.get("updatedColumnName"), body.get("updateDescription")
        _check_description(text, "updateDescription")
        new = dict(old)
        if text is not None:
            new["description"] = text
        if name is not None and name != column:
            new["name"] = name
            schema.check_column(new, "column", self.world.switches.max_id)
        columns = [new if c is old else c for c in known["columns"]]
        schema.check_together(columns)
        self.world.tables[instance, dataset].rename_column(column, new["name"])
        return self._replace(instance, known, columns)

    def delete_column(self, _request, instance, dataset, column):
        known, old = self._column(instance, dataset, column)
        if old.get("isMainEventTime"):
            raise Refused("the main event time column cannot be deleted")
        if old.get("isMainUserId") or old.get("isMainUserIdType") or \
                "externalUserIdType" in old:
            raise Refused("a user id column cannot be deleted")
        self.world.tables[instance, dataset].drop_column(column)
        return self._replace(instance, known,
                             [c for c in known["columns"] if c is not old])

    # -- uploads ------------------------------------------------------------------------

    def create_upload(self, request, instance, dataset):
        known = self._dataset(instance, dataset)
        body = self.json_of(request)
        check_create(body, known)
        upload = self.uploads.create(instance, dataset, body)
        return {"status": self.uploads.view(upload)["status"],
                "uploadId": upload["uploadId"]}

    def get_upload(self, _request, instance, dataset, upload):
        self._dataset(instance, dataset)
        found = self.uploads.find(instance, dataset, upload)
        if found is None:
            raise ApiError(404, "The upload does not exist")
        return {"upload": self.uploads.view(found)}

    def list_uploads(self, request, instance):
        query = dict(urllib.parse.parse_qsl(request.raw_query))
        return page(self.world.switches, request, "uploads",
                    self.uploads.select(instance, query))

    # -- deletions --------------------------------------------------------------------

    def create_deletion(self, request, instance):
        return self.deletions.create(instance, self.json_of(request))

    def get_deletion(self, _request, instance, deletion):
        found = self.deletions.find(instance, deletion)
        if found is None:
            raise ApiError(404, "The user deletion request does not exist")
        return {"identityDeletion": found}

    def list_deletions(self, request, instance):
        return page(self.world.switches, request, "userDeletions",
                    self.deletions.select(instance), least=0)
