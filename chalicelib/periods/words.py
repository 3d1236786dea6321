"""What classes and channels are called. Apart from whatever reads tables, so that a page can be drawn without AWS."""

from __future__ import annotations

CLASSES: dict[str, str] = {"individual": "个人", "unit": "单位"}
CHANNELS: dict[str, str] = {"hangzhou": "杭州银行", "minsheng": "民生银行", "alipay": "支付宝"}
