"""The whole import of a list, as the period's machine runs it, against a DynamoDB that keeps up; what a row costs."""
