"""What the routes need of a stack."""

from collections.abc import Callable, Mapping
from dataclasses import field

from retake.api import create_edit
from retake.aws.presigned import Presigner
from retake.aws.s3 import Storage
from retake.domain.budgets import Budgets
from retake.domain.edit import Edit
from retake.domain.footage import Footage
from retake.domain.values import dataclass
from retake.media.ranged_reader import Reader
from retake.records.store import Records
from retake.steps.announce import Announcer


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """Everything the routes need; the deployed function supplies it, and so does a test."""

    records: Records
    storage: Storage
    grants: Presigner
    counter: create_edit.Counter
    wake: Callable[[str], object]
    erase: Callable[[str], None]
    look: Callable[[Reader], Footage]
    announcer: Announcer
    results_bucket: str
    take_forms: Callable[[int], None] = lambda count: None
    model_order: tuple[str, ...] = ()
    record_days: int = 90
    share: Callable[[Edit, str], str | None] = lambda edit, address: None
    caller_folders: Mapping[str, str] = field(default_factory=dict)
    budgets: Budgets = field(default_factory=Budgets)
