"""What the clients' one session leaves out of botocore is nothing that they use."""

from typing import Any

import botocore.handlers
import botocore.hooks
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session
from retake.aws.client import OLD_NAMES, _session

from tools.slimming import SERVICES


def test_events_of_our_services_are_called_as_botocore_calls_them() -> None:
    whole: Any = EventAliaser(HierarchicalEmitter())
    ours: Any = EventAliaser(HierarchicalEmitter(), OLD_NAMES)
    ids = {Session().get_service_model(name).service_id.hyphenize() for name in SERVICES}
    names = {part for service in SERVICES for part in (service, *ids)}
    events = {handler[0] for handler in botocore.handlers.BUILTIN_HANDLERS}
    events |= {f"before-call.{name}.GetIt" for name in names}
    assert len(events) > 100

    for event in events:
        called: Any = whole._alias_event_name(event)
        if called != ours._alias_event_name(event):
            assert ids.isdisjoint(called.split("."))


def test_only_the_clients_session_has_the_short_list() -> None:
    session: Any = _session()

    assert session._events._event_aliases is OLD_NAMES
    assert len(botocore.hooks.EVENT_ALIASES) > len(OLD_NAMES)
