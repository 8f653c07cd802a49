"""`Ref` of a secret is its ARN.

AWS::SecretsManager::Secret returns "the ARN of the secret" for `Ref` (CloudFormation template
reference). ministack returns its name, which reads the secret just as well, but stands in a policy
as a resource that matches nothing once AUTH=true has policies enforced.
"""

from typing import Any

import ministack.services.cloudformation.provisioners as provisioners

KIND = "AWS::SecretsManager::Secret"


def apply() -> None:
    """Name the secret by its ARN from the start. Stacks here are never changed, only made."""
    handler = provisioners._RESOURCE_HANDLERS[KIND]
    create = handler["create"]

    def create_by_arn(*given: Any, **named: Any) -> tuple[str, dict[str, Any]]:
        _, attributes = create(*given, **named)
        return attributes["Arn"], attributes

    provisioners._RESOURCE_HANDLERS[KIND] = handler | {"create": create_by_arn}
