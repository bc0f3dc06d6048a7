"""A stranger's client: it knows the API from `/openapi.json` alone, and shares no code with the project."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from jsonschema import Draft202012Validator

Document = Mapping[str, Any]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class OpenApiClient:
    """One service as its document describes it: what goes out and what comes back is held against it."""

    http: httpx.AsyncClient
    document: Document

    @classmethod
    async def of(cls, http: httpx.AsyncClient) -> "OpenApiClient":
        return cls(http, (await http.get("/openapi.json")).raise_for_status().json())

    async def send(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, **body: Any
    ) -> httpx.Response:
        """Call an operation: `path` as people write it; `body` changes the example that the document gives."""
        operation = self._operation(method, path)
        content = self._content(operation, body)
        answer = await self.http.request(method, path, params=query, json=content)
        described = operation["responses"][str(answer.status_code)]["content"]
        media_type = answer.headers["content-type"].partition(";")[0]
        self._validate(described[media_type]["schema"], answer.json())
        return answer

    async def ask(self, path: str, **query: Any) -> Any:
        return (await self.send("GET", path, query=query)).raise_for_status().json()

    def _operation(self, method: str, path: str) -> Document:
        matches = [
            operations for template, operations in self.document["paths"].items() if fits(template, path)
        ]
        operation: Document = matches[0][method.lower()]
        return operation

    def _content(self, operation: Document, changes: Mapping[str, Any]) -> Any:
        if "requestBody" not in operation:
            return None
        schema = operation["requestBody"]["content"][JSON]["schema"]
        content = {**self._example(schema), **changes}
        content = {name: value for name, value in content.items() if value is not None}
        self._validate(schema, content)
        return content

    def _example(self, schema: Document) -> Document:
        while "$ref" in schema or "anyOf" in schema:
            schema = self._at(schema["$ref"]) if "$ref" in schema else schema["anyOf"][0]
        example: Document = schema["examples"][0]
        return example

    def _at(self, pointer: str) -> Document:
        part_of_document: Any = self.document
        for part in pointer.removeprefix("#/").split("/"):
            part_of_document = part_of_document[part]
        return part_of_document  # type: ignore[no-any-return]

    def _validate(self, schema: Document, content: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole).validate(content)


def fits(template: str, path: str) -> bool:
    """Tell whether an address is one of a template such as `/drafts/{draft_code}`."""
    asked, parts = path.split("/"), template.split("/")
    named = [any(field for _, field, *_ in string.Formatter().parse(part)) for part in parts]
    return len(asked) == len(parts) and all(
        open_ or part == given for open_, part, given in zip(named, parts, asked, strict=True)
    )
