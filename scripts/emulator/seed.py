# SPDX-License-Identifier: Apache-2.0
"""The world that a start without --seed begins with, and the form of a seed."""


def _pii(name, kind, **more):
    return dict({"name": name, "columnType": "DIMENSION", "dataType": "STRING",
                 "externalUserIdType": {"hashedPii": kind}}, **more)


def _column(name, data_type, column_type="DIMENSION", **more):
    return dict({"name": name, "columnType": column_type, "dataType": data_type}, **more)


CUSTOMERS = {
    "dataSetId": "customers",
    "description": "one row a customer",
    "countryCode": "US",
    "columns": [
        _pii("email", "EMAIL"),
        _pii("phone", "PHONE"),
        _pii("first_name", "FIRST_NAME"),
        _pii("last_name", "LAST_NAME"),
        _pii("zip", "ZIP"),
        _column("first_seen", "DATE"),
        _column("loyalty_points", "INTEGER", "METRIC"),
        _column("revenue", "DECIMAL", "METRIC"),
        _column("country", "STRING", isCountryCode=True),
        _column("note", "STRING"),
    ],
}

ORDERS = {
    "dataSetId": "orders",
    "description": "one row an order",
    "period": "P1D",
    "countryCode": "US",
    "columns": [
        _pii("email", "EMAIL"),
        _column("purchase_time", "TIMESTAMP", nullable=False, isMainEventTime=True),
        _column("order_id", "STRING", nullable=False),
        _column("sku", "STRING"),
        _column("quantity", "LONG", "METRIC"),
        _column("amount", "DECIMAL", "METRIC"),
    ],
}

DEFAULT = {
    "region": "us-east-1",
    "clients": [{
        "client_id": "amzn1.application-oa2-client.demo",
        "client_secret": "demo-client-secret",
        "refresh_tokens": ["Atzr|demo-refresh-token"],
    }],
    "keys": [{
        "access_key_id": "AKIADEMO0000EXAMPLE0",
        "secret_access_key": "demo/Secret+Access/Key0000000000000000EX",
    }],
    "roles": [
        {"arn": "arn:aws:iam::123456789012:role/demo-uploader",
         "web_identity_tokens": ["demo-web-identity-token"], "max_seconds": 43200,
         "instance": True, "container_token": "demo-container-token"},
        {"arn": "arn:aws:iam::210987654321:role/demo-partner",
         "external_id": "demo-external-id"},
    ],
    "accounts": [
        {"accountId": "ENTITYDEMO1", "accountName": "Demo US",
         "marketplaceId": "ATVPDKIKX0DER"},
        {"accountId": "ENTITYDEMO2", "accountName": "Demo UK",
         "marketplaceId": "A1F83G8C2ARO7P"},
    ],
    "instances": [
        {"instanceId": "amcdemo1", "instanceName": "demo-us", "accountId": "ENTITYDEMO1",
         "dataSets": [CUSTOMERS, ORDERS]},
        {"instanceId": "amcdemo2", "instanceName": "demo-uk", "accountId": "ENTITYDEMO2",
         "dataSets": [dict(CUSTOMERS, countryCode="GB")]},
    ],
    "buckets": [{"name": "demo-staging"}],
}

HELP = """\
A seed is one JSON object; what it leaves out is taken from the built-in one:
  region     the buckets' region
  clients    [{client_id, client_secret, refresh_tokens: [..], scope? (of these; all),
             redirect_uris? (any)}]
  keys       [{access_key_id, secret_access_key, session_token?, expires_at? (epoch
             seconds), expires_in_s?, deny?: [patterns of actions, such as
             "s3:PutObjectTagging" or "kms:GenerateDataKey"]}]
  roles      [{arn, external_id?, trusted?: [access key ids; all], max_seconds? (3600),
             web_identity_tokens?: [..], expired_web_identity_tokens?: [..],
             instance? (true: the metadata service hands it out), container_token?,
             deny?}]
  accounts   [{accountId, accountName, marketplaceId}]
  instances  [{instanceId, accountId, instanceName?, dataUploadAwsAccountId?,
             advertisers?: [ids], dataSets: [as in AMC's create call]}], and any
             member of AMC's own answer, such as creationStatus
  buckets    [{name, region?, tags?: {..}, policy?: {..}, kms_key_id? (its default
             encryption)}]
The built-in seed: client amzn1.application-oa2-client.demo, accounts ENTITYDEMO1 and
ENTITYDEMO2, instances amcdemo1 (data sets customers, orders) and amcdemo2
(customers), bucket demo-staging, roles demo-uploader and demo-partner (which wants the
external id demo-external-id). Its keys are in the line printed at the start."""
