"""One structured logger. Only ids, counts and codes are logged: never a name, a number of a person, or a payload."""

from aws_lambda_powertools import Logger

logger = Logger(service="hangpai")
