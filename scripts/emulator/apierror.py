# SPDX-License-Identifier: Apache-2.0
"""AMC's refusals, in the shape of the resource that refuses."""
from .httpcore import json_response

CODES = {400: "BadRequestException", 401: "UnauthorizedException",
         403: "AccessDeniedException", 404: "ResourceNotFoundException",
         405: "MethodNotAllowedException", 406: "NotAcceptableException",
         409: "ConflictException", 415: "UnsupportedMediaTypeException",
         429: "TooManyRequestsException"}


class ApiError(Exception):
    def __init__(self, status, text, headers=None):
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


def error_response(err, kind, ident):
    text = str(err)
    code = CODES.get(err.status, "InternalServerException")
    if kind == "accounts":
        body = {"message": text, "requestId": ident}
    elif kind == "instances":
        body = {"code": code, "details": text}
    elif kind == "audiences":
        body = {"code": str(err.status), "details": text, "requestId": ident}
    else:
        body = {"code": code, "details": text, "errors": [text], "requestId": ident}
    return json_response(body, err.status, err.headers)
