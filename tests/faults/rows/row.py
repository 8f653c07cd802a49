"""The form of a row: what goes wrong, what must hold, and what shows that it does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`tests` are short node ids: `retake/steps/intake::a_name` is the test `test_a_name` in
    tests/retake/steps/test_intake.py. `cloud` is a command that shows on a real account what no
    test here can; `gap` says what nobody tries yet.
    """

    number: str
    fault: str
    holds: str
    tests: tuple[str, ...] = ()
    cloud: str = ""
    gap: str = ""

    @property
    def nodes(self) -> list[str]:
        """The node ids as pytest takes them."""
        return [_node(each) for each in self.tests]


def _node(short: str) -> str:
    path, _, name = short.partition("::")
    folder, _, module = path.rpartition("/")
    return f"tests/{folder}/test_{module}.py::test_{name}"


def row(number: str, fault: str, holds: str, *tests: str, cloud: str = "", gap: str = "") -> Row:
    return Row(number, fault, holds, tests, cloud, gap)


# What the harness tries on every call of an edit.
SINGLES = "faults/single_faults::no_single_fault_breaks_an_invariant_or_loses_what_can_be_found"
SEEDS = "faults/pairs_and_seeds::no_seed_of_the_sample_breaks_an_invariant"
OF_A_BATCH = "faults/batches::no_single_fault_on_the_way_of_a_batch_breaks_an_invariant"
PAIRS = "faults/pairs_and_seeds::no_fault_after_a_lost_answer_to_the_paid_call_breaks_an_invariant"
PROTOCOL = (
    "faults/protocol::of_all_32_768_sequences_none_bills_twice_and_none_loses_what_can_be_found"
)
