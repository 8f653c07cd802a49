"""What is counted for alarms and dashboards, as CloudWatch's embedded metrics in the log.

Written at every `LogLevel`: an alarm must not fall silent because somebody wants fewer lines. The
form is Powertools' own ("Metrics", CloudWatch EMF); its code is loaded with the logger anyway.
"""

from collections.abc import Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics

COUNT = "Count"
SECONDS = "Seconds"
NO_UNIT = "None"
USD = NO_UNIT  # CloudWatch has no unit of money
Measures = Mapping[str, tuple[str, float]]
"""By the metric's name: its unit and value."""
TO_BE_MENDED: Measures = {"ToBeMended": (COUNT, 1.0)}
"""Counted beside whatever only a person can put right, so that one alarm reads all of it."""


def write(measures: Measures, namespace: str, **dimensions: str | None) -> None:
    """One line of the log with all of them."""
    line = EphemeralMetrics(namespace=namespace)
    for name, (unit, value) in measures.items():
        line.add_metric(name=name, unit=unit, value=value)
    for name, said in dimensions.items():
        line.add_dimension(name=name, value=said or "none")
    line.flush_metrics()
