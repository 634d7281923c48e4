"""TM Forum's swagger files, which lie beside the repository, and what of them the reference CRM serves."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from crm.reference.app import crm_app
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.reference.http import Office
from crm.reference.store import Store
from tests.contracts.crm.serving import Clock

jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="comes with schemathesis")
FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "tmf"
UNDECLARED = {
    ("post", 404): "the one that a document names does not exist; the files know 404 where the path names it only",
    **{(method, status): "how HTTP says it; TMF630 has these for every operation"
       for method in ("get", "post", "patch") for status in (413, 415, 503)},
}  # fmt: skip
"""Statuses that an operation's file does not list, with the reason why we answer so."""
OLD_ERRORS = {"658": "its Error has numbers as code and status, where all others have text"}
"""Files whose Error we answer in the form of the others."""
Operation = tuple[str, str, str]
"""(API, path under its base path, method)."""


@lru_cache(1)
def swaggers() -> dict[str, Any]:
    """By number: "621". Skips the test where they are not."""
    files = {path.name[3:6]: path for path in sorted(FOLDER.glob("TMF*.swagger.json"))}
    if not files:
        pytest.skip("TM Forum's swagger files are not beside the repository")
    return {number: json.loads(path.read_text()) for number, path in files.items()}


def base_path(number: str) -> str:
    return str(swaggers()[number]["basePath"]).rstrip("/")


@lru_cache(1)
def served() -> list[Operation]:
    """What both the swaggers and the reference CRM have, in the swaggers' order."""
    office = Office(Store("sqlite+aiosqlite://"), demo_catalogue(), demo_policy(), Clock(), "", b"")
    routes = {(r.method.lower(), r.resource.canonical) for r in crm_app(office).router.routes() if r.resource}
    return [
        (number, path, method)
        for number, swagger in swaggers().items()
        for path, operations in swagger["paths"].items()
        for method in operations
        if (method, base_path(number) + path) in routes
    ]


def operation_of(method: str, path: str) -> tuple[Operation, dict[str, Any]] | None:
    """The operation that a request is, None where the path is none of TM Forum's."""
    for number, swagger in swaggers().items():
        if not path.startswith(base_path(number) + "/"):
            continue
        rest = path[len(base_path(number)) :].strip("/").split("/")
        pattern = f"/{rest[0]}" + ("/{id}" if len(rest) > 1 else "")
        found = swagger["paths"].get(pattern, {}).get(method.lower())
        return ((number, pattern, method.lower()), found) if found else None
    return None


def faults(number: str, schema: Any, document: Any) -> list[str]:
    """How a document is not what the swagger says; formats count."""
    whole = {**schema, "definitions": swaggers()[number]["definitions"]}
    checker = jsonschema_rs.Draft4Validator(whole, validate_formats=True)
    return [f"{'.'.join(map(str, e.instance_path))}: {e.message[:160]}" for e in checker.iter_errors(document)]


def shallow(number: str, depth: int = 2) -> dict[str, Any]:
    """The swagger with what is nested deeper left open: TM Forum's definitions name each other without end, and what is
    made up by them takes seconds and fills pages."""
    whole = swaggers()[number]
    paths = {
        path: {method: _shallow_operation(number, operation, depth) for method, operation in operations.items()}
        for path, operations in whole["paths"].items()
    }
    return {**{key: value for key, value in whole.items() if key != "definitions"}, "paths": paths}


def _shallow_operation(number: str, operation: dict[str, Any], depth: int) -> dict[str, Any]:
    asked = [{**p, "schema": _cut(number, p["schema"], depth)} if "schema" in p else p for p in operation["parameters"]]
    told = {status: {k: v for k, v in one.items() if k != "schema"} for status, one in operation["responses"].items()}
    return {**operation, "parameters": asked, "responses": told}


def _cut(number: str, schema: dict[str, Any], depth: int) -> dict[str, Any]:
    if "$ref" in schema:
        return _cut(number, swaggers()[number]["definitions"][schema["$ref"].rpartition("/")[2]], depth)
    if schema.get("type") == "array":
        return {"type": "array", "items": _cut(number, schema["items"], depth)}
    if "properties" not in schema:
        return schema
    if depth == 0:
        return {"type": "object"}
    within = {name: _cut(number, one, depth - 1) for name, one in schema["properties"].items()}
    return {"type": "object", "required": schema.get("required", []), "properties": within}


def answer_faults(operation: Operation, status: int, document: Any) -> list[str]:
    """How an answer is not what its operation says."""
    number, path, method = operation
    declared = swaggers()[number]["paths"][path][method]["responses"].get(str(status))
    if status >= 500 or (declared is None and (method, status) not in UNDECLARED):
        return [f"{status} is no answer of this operation"]
    if status >= 400 and (number in OLD_ERRORS or declared is None):
        return faults("621", swaggers()["621"]["definitions"]["Error"], document)
    return faults(number, (declared or {}).get("schema", {}), document)


def joined(statuses: tuple[int, ...] = ()) -> dict[str, Any]:
    """All that is served as one swagger without a base path, so that one process of Prism knows it all. `statuses` are
    declared for every operation, whatever its file lists."""
    paths: dict[str, Any] = {}
    for number, path, method in served():
        operation = _named(number, swaggers()[number]["paths"][path][method])
        missing = {"description": "as TMF630 has it", "schema": {"$ref": "#/definitions/621.Error"}}
        told = {**{str(status): missing for status in statuses}, **operation["responses"]}
        one = {key: value for key, value in operation.items() if key != "operationId"} | {"responses": told}
        paths.setdefault(base_path(number) + path, {})[method] = one
    definitions = {
        f"{number}.{name}": _named(number, one)
        for number, swagger in swaggers().items()
        for name, one in swagger["definitions"].items()
    }
    types = ["application/json;charset=utf-8"]
    about = {"title": "all", "version": "4"}
    return {
        "swagger": "2.0", "info": about, "consumes": types, "produces": types, "paths": paths,
        "definitions": definitions,
    }  # fmt: skip


def _named(number: str, part: Any) -> Any:
    """With references to definitions of this API only."""
    if isinstance(part, list):
        return [_named(number, one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value.replace("#/definitions/", f"#/definitions/{number}.") if key == "$ref" else _named(number, value)
        for key, value in part.items()
    }
