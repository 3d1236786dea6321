"""Aliyun Dysms (阿里云短信), API version 2017-05-25: texts to bidders, and what became of them."""
