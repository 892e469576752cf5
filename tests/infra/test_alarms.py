"""Operators hear of whatever the pipeline could not put right by itself."""

from pathlib import Path

from tests.infra.templates import Template


def test_every_alarm_says_what_it_means_and_reaches_the_topic(assembly: Path) -> None:
    """Missing data is calm: an idle pipeline sends no metrics."""
    operations = Template.read(assembly / "HeatersOperations.template.json")
    alarms = operations.of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 6
    for name, alarm in alarms.items():
        assert alarm["AlarmDescription"].endswith((".", "?")), name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["AlarmActions"], name
