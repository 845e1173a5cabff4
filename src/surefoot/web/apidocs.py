"""The reference of /api/v1 as a page of its own: made of its OpenAPI document here, so that it needs no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.pipeline.tokens import SCOPES
from surefoot.web.problems import KINDS

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a route, or a field of an answer."""

    name: str
    kind: str
    words: str
    model: str = ""  # which model it holds, "" where it is a plain value


@dataclass(frozen=True, slots=True)
class Route:
    """One route."""

    path: str
    summary: str
    words: str
    scope: str
    fields: tuple[Field, ...]
    answer: str  # the model's name


@dataclass(frozen=True, slots=True)
class Shape:
    """One model."""

    name: str
    words: str
    fields: tuple[Field, ...]


def reference(document: Schema) -> dict[str, Any]:
    """What the page shows."""
    shapes = [
        Shape(name, _plain(one.get("description", "")), tuple(_field(n, f) for n, f in one["properties"].items()))
        for name, one in document["components"]["schemas"].items()
        if "properties" in one and not name.startswith(("HTTPValidation", "Validation"))
    ]
    problems = [(f"urn:surefoot:problem:{kind}", str(status), title) for kind, (status, title) in KINDS.items()]
    return {
        "routes": [_route(path, one["get"]) for path, one in document["paths"].items()],
        "shapes": sorted(shapes, key=lambda one: one.name),
        "paragraphs": _plain(document["info"]["description"]).split("\n\n"),
        "version": document["info"]["version"],
        "scopes": SCOPES,
        "problems": problems,
    }


def _route(path: str, one: Schema) -> Route:
    scopes = [scope for way in one.get("security", ()) for of in way.values() for scope in of]
    content = one["responses"]["200"].get("content", {})
    answer = content.get("application/json", {}).get("schema", {})
    fields = tuple(
        Field(
            f"{{{p['name']}}}" if p["in"] == "path" else f"?{p['name']}=", _kind(p["schema"]),
            _plain(p.get("description", "")) + _usual(p["schema"]),
        )
        for p in one.get("parameters", ())
    )  # fmt: skip
    named = _model(answer) or next(iter(content), "")
    told = _plain(one.get("description", ""))
    return Route(path, one["summary"], "" if told == one["summary"] else told, ", ".join(scopes), fields, named)


def _field(name: str, schema: Schema) -> Field:
    return Field(name, _kind(schema), words(schema), _model(schema))


def words(schema: Schema) -> str:
    """What is said of a field: by itself, or of what it may be."""
    said = (one.get("description", "") for one in (schema, *schema.get("anyOf", ())))
    return _plain(next((one for one in said if one), ""))


def _usual(schema: Schema) -> str:
    usual = schema.get("default")
    return "" if usual in (None, "", False) else f" [{usual}]"


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return _model(schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_kind(schema['additionalProperties'])}"
    return kind


def _model(schema: Schema) -> str:
    """The model a schema holds, however deep."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    return next((name for one in inner if (name := _model(one))), "")


def _plain(text: str) -> str:
    return text.replace("`", "")
