"""What the hub asks of its counterparties. Rooms know these; settings choose who stands behind.

Every request goes out under a number of the hub's own that was stored first. A call whose outcome is not known raises
``Pending``: it is asked about under the same number and never sent anew.
"""

from integrations.ports.bank import (
    BatchFile,
    BatchReturn,
    BatchState,
    DepositBank,
    Direction,
    PaymentOutcome,
    RefundLine,
    ReturnLine,
    Statement,
    StatementLine,
)
from integrations.ports.regulator import (
    ApplicantFile,
    ApplicantRow,
    QualificationFile,
    QualificationRow,
    Regulator,
)
from integrations.ports.sms import (
    Sms,
    SmsCarrier,
    SmsPreview,
    SmsReceipt,
    SmsReport,
)
from integrations.ports.treasury import (
    Confirmation,
    Notice,
    NoticeState,
    PaymentGuide,
    Receipt,
    TreasuryLink,
)
from integrations.ports.wallet import (
    BillKind,
    TradeState,
    Wallet,
    WalletBill,
    WalletBillLine,
    WalletNotification,
    WalletOrder,
    WalletOutcome,
    WalletPayment,
    WalletRefund,
    WalletTrade,
    WalletTransfer,
)

__all__ = [
    "ApplicantFile",
    "ApplicantRow",
    "BatchFile",
    "BatchReturn",
    "BatchState",
    "BillKind",
    "Confirmation",
    "DepositBank",
    "Direction",
    "Notice",
    "NoticeState",
    "PaymentGuide",
    "PaymentOutcome",
    "QualificationFile",
    "QualificationRow",
    "Receipt",
    "RefundLine",
    "Regulator",
    "ReturnLine",
    "Sms",
    "SmsCarrier",
    "SmsPreview",
    "SmsReceipt",
    "SmsReport",
    "Statement",
    "StatementLine",
    "TradeState",
    "TreasuryLink",
    "Wallet",
    "WalletBill",
    "WalletBillLine",
    "WalletNotification",
    "WalletOrder",
    "WalletOutcome",
    "WalletPayment",
    "WalletRefund",
    "WalletTrade",
    "WalletTransfer",
]
