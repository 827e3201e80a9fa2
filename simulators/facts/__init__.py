"""What happened by the plan alone: for each rule kind, when it was broken for sure, when maybe."""

from simulators.facts.criteria import CRITERIA, Criterion

__all__ = ["CRITERIA", "Criterion"]
