"""A route for any method, imported with the body of a REST API, serves the methods left over.

SAM writes `Method: any` as `x-amazon-apigateway-any-method` (API Gateway Developer Guide, "OpenAPI
extensions"). ministack keeps such a method under the name ANY, but does not read the extension.
"""

from typing import Any

import ministack.services.apigateway_v1 as gateway

EXTENSION = "x-amazon-apigateway-any-method"


def apply() -> None:
    """Import it as the method that ministack falls back to."""
    import_item = gateway._import_path_item

    def import_item_with_any(api_id: str, path: str, item: dict[str, Any], *more: Any) -> None:
        import_item(api_id, path, item, *more)
        if EXTENSION not in item:
            return
        # Only now the resource is there, at the end of the path.
        (resource_id,) = (
            found
            for found, resource in gateway._resources[api_id].items()
            if resource["path"] == path
        )
        gateway._import_operation(api_id, resource_id, "ANY", item[EXTENSION], *more)

    gateway._import_path_item = import_item_with_any
