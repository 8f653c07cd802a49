"""A witness of one running stack: overhears its functions, and judges them at the end."""

import tempfile
from pathlib import Path
from typing import Self

from local.emulator.clients import Clients
from local.emulator.engine import STACK_NAME
from tests.least_privilege.calls import Need, needs, recorded
from tests.least_privilege.grants import Judge

RECORDER = Path(__file__).parent / "recorder"


class Witness:
    """A context manager around a stack's life; `environment` is for its engine.

    The block's end raises AssertionError when a function did what its role does not allow.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="retake-calls-")
        self.environment = {"PYTHONPATH": str(RECORDER), "RETAKE_CALLS": self._folder.name}
        self._judge: Judge | None = None

    def meet(self, clients: Clients) -> None:
        """Learn what everything is called in a stack that is up now."""
        resources = clients.cloudformation.get_paginator("list_stack_resources")
        names = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in resources.paginate(StackName=STACK_NAME)
            for each in page["StackResourceSummaries"]
        }
        (stack,) = clients.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
        chosen = {it["ParameterKey"]: it["ParameterValue"] for it in stack["Parameters"]}
        self._judge = Judge(names, chosen)

    @property
    def judge(self) -> Judge:
        if self._judge is None:
            raise RuntimeError("The witness has not met a stack.")
        return self._judge

    def needs(self) -> set[Need]:
        """What all calls so far needed."""
        return needs(recorded(Path(self._folder.name)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            made = self.needs()
        finally:
            self._folder.cleanup()
        if kind is not None or self._judge is None:
            return
        if denied := self._judge.denied(made):
            raise AssertionError("\n".join(denied))
