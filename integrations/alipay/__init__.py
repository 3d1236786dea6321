"""Alipay's open platform (支付宝): RSA2-signed calls out, notifications in, a bill a day."""
