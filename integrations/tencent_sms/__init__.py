"""Tencent Cloud SMS (腾讯云短信), API version 2021-01-11: the second carrier of texts."""
