"""`sns:publish` from a state machine keeps its message attributes.

On AWS `MessageAttributes` of the optimised integration reach the subscribers and their filter
policies (Step Functions developer guide, "Publish messages to Amazon SNS"). ministack reads
attributes in the form of the HTTP query protocol only, which a state does not use.
"""

import copy
from typing import Any

import ministack.services.sns as topics


def apply() -> None:
    """Read attributes that come as a mapping, too."""
    parse = topics._parse_message_attributes

    def parse_either(params: dict[str, Any]) -> dict[str, Any]:
        attributes = params.get("MessageAttributes")
        return copy.deepcopy(attributes) if isinstance(attributes, dict) else parse(params)

    topics._parse_message_attributes = parse_either
