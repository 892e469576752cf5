"""The state machine as Amazon States Language, made from STAGES. Plain data: nothing here knows the CDK."""
