import pytest
from retake.domain.budgets import Budgets
from retake.domain.errors import Misconfigured
from retake.domain.spending_caps import STACK, Cap, caps_of


def test_what_a_deployment_says_about_money_is_read_once() -> None:
    budgets = Budgets.from_environment(
        {
            "DAILY_BUDGET_USD": "25",
            "MONTHLY_BUDGET_USD": "0.5",
            "BUDGET_CAPS": "daily_edits=100,monthly_seconds=6000",
            "BUDGET_TIME_ZONE": "Europe/Berlin",
            "APPROVE_ABOVE_USD": "0",
            "ON_FULL_BUDGET": "refuse",
        }
    )

    assert budgets.stack == (
        Cap(STACK, "daily_usd", 250_000),
        Cap(STACK, "monthly_usd", 5_000),
        Cap(STACK, "daily_edits", 100),
        Cap(STACK, "monthly_seconds", 6000),
    )
    assert budgets.approve_above_usd_e4 == 0
    assert (budgets.on_full, budgets.calendar.zone) == ("refuse", "Europe/Berlin")


def test_a_stack_that_says_nothing_has_no_budget_and_asks_nobody() -> None:
    budgets = Budgets.from_environment({})

    assert budgets == Budgets()
    assert (budgets.stack, budgets.approve_above_usd_e4, budgets.reuse) == ((), None, "off")


def test_a_caller_has_the_caps_of_its_name_and_each_who_is_not_named_those_of_the_star() -> None:
    said = "agency:daily_usd=20,agency:monthly_usd=200,*:daily_edits=50"
    budgets = Budgets.from_environment({"CALLER_BUDGETS": said})

    assert [cap.name for cap in budgets.of_caller("1111/agency")] == ["daily_usd", "monthly_usd"]
    (each,) = budgets.of_caller("1111/intern")
    assert each == Cap("caller:1111/intern", "daily_edits", 50)
    assert budgets.of_caller(None) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAILY_BUDGET_USD", "much"),
        ("DAILY_BUDGET_USD", "-1"),
        ("DAILY_BUDGET_USD", "1e9"),
        ("DAILY_BUDGET_USD", "0.00001"),
        ("BUDGET_CAPS", "yearly_usd=3"),
        ("BUDGET_CAPS", "daily_edits=2.5"),
        ("BUDGET_CAPS", "daily_edits"),
        ("CALLER_BUDGETS", "agency=20"),
        ("CALLER_BUDGETS", "agency:daily_usd=twenty"),
        ("BUDGET_TIME_ZONE", "Mars/Olympus"),
        ("APPROVE_ABOVE_USD", "nan"),
        ("ON_FULL_BUDGET", "explode"),
        ("PRICE_DAYS", "-1"),
    ],
)
def test_what_cannot_be_meant_is_named_when_the_function_starts(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        Budgets.from_environment({name: value})


@pytest.mark.parametrize("value", [True, None, [5], {"usd": 5}, "five", -5, 1.5])
def test_a_cap_is_a_number_and_nothing_that_looks_like_one(value: object) -> None:
    with pytest.raises(ValueError, match="daily_edits"):
        caps_of(STACK, {"daily_edits": value})


def test_a_cap_says_whose_it_is_and_how_much() -> None:
    (dollars, seconds) = caps_of("folder:shots/", {"daily_usd": 2.5, "monthly_seconds": 600})

    assert dollars.sentence == "the cap of the folder shots/ of $2.50 a day"
    assert seconds.sentence == "the cap of the folder shots/ of 600 billed seconds a month"
