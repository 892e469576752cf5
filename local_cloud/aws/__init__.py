"""The other services, real processes behind them: Lambda, Batch, Step Functions, SQS, EventBridge, Cognito."""
