"""The carrier's names and codes for everything that the port speaks of, a table a noun."""

from __future__ import annotations

from crm.carrier.codes import CAUSE, REASON
from crm.carrier.fields import (
    DAY,
    FLAG,
    HOUR,
    MOMENT,
    MONTH,
    NAMES,
    NUMBER,
    TEXT,
    WHOLE,
    YUAN,
    Codes,
    Many,
    Maybe,
    Table,
)
from crm.carrier.places import PROVINCE
from crm.model import (
    Allowance,
    Appointment,
    Balance,
    BalanceBucket,
    Bill,
    BillItem,
    Broadband,
    CallRecord,
    Grant,
    Interaction,
    Invoice,
    InvoiceRequest,
    Offering,
    Order,
    OrderItem,
    OrderRequest,
    Payment,
    PointsLot,
    PortOutCode,
    Price,
    Product,
    Proof,
    Qualification,
    Rate,
    Reckoning,
    Refund,
    Shop,
    Subscriber,
    Tariff,
    Ticket,
    TopUp,
    UsageSummary,
)

BOOK = Codes({"general": "0", "gift": "1", "dedicated": "2", "frozen": "9"})
RESOURCE = Codes({"data": "DATA", "voice": "VOICE", "sms": "SMS"})
SCOPE = Codes({"general": "01", "directed": "02", "local": "03", "rolled_over": "04", "shared": "05"})
CATEGORY = Codes({"plan": "10", "data_pack": "20", "service": "30", "reward": "40", "hold": "90"})
LINE_STATE = Codes({"active": "1", "suspended": "2", "terminated": "9"})
CALL = Codes({"call_out": "01", "call_in": "02", "sms_out": "11", "sms_in": "12"})
ACTION = Codes({"add": "A", "modify": "M", "delete": "D"})
ORDER_STATE = Codes(
    {"acknowledged": "10", "rejected": "19", "pending": "20", "held": "21", "inProgress": "30", "cancelled": "80",
     "completed": "90", "failed": "91", "partial": "92"}
)  # fmt: skip
TICKET_KIND = Codes({"fault": "GZ", "complaint": "TS", "callback": "HF", "lead": "SJ"})
TICKET_STATE = Codes(
    {"acknowledged": "1", "inProgress": "2", "pending": "3", "resolved": "8", "closed": "9", "cancelled": "0"}
)
URGENCY = Codes({"normal": "1", "urgent": "2"})
TALK_STATE = Codes({"open": "0", "inProgress": "1", "completed": "2"})
TALK_SIDE = Codes({"inbound": "I", "outbound": "O"})
VISIT_STATE = Codes({"confirmed": "1", "cancelled": "0"})
PAYMENT_STATE = Codes({"pending": "0", "done": "1", "failed": "2", "expired": "3"})
PAID_BY = Codes({"card": "CZK", "hosted": "WEB", "counter": "YYT", "auto": "DK"})
BILL_STATE = Codes({"open": "0", "closing": "1", "settled": "2", "overdue": "3"})
CHARGE = Codes(
    {"monthly_fee": "1001", "pack": "1002", "out_of_bundle_data": "2001", "out_of_bundle_voice": "2002",
     "out_of_bundle_sms": "2003", "roaming": "2101", "roaming_voice": "2102", "international": "2103",
     "third_party": "3001", "proration": "4001", "late_fee": "4002", "instalment": "4003", "promotion_end": "4004",
     "earlier_arrears": "4005", "minimum_spend": "4006", "one_time": "5001"}
)  # fmt: skip
RECKONED = Codes(
    {"gb": "G", "minute": "M", "message": "T", "day": "D", "share": "F", "late_day": "Z", "instalment": "Q",
     "difference": "C"}
)  # fmt: skip
PRICE_KIND = Codes({"recurring": "M", "one_time": "O", "usage": "U"})
TARIFF_USE = Codes(
    {"mb": "LL", "call_home": "HG", "call_local": "BD", "call_in": "JT", "text_out": "FX", "text_in": "SX",
     "call": "CT", "text": "GX"}
)  # fmt: skip
PRICE_UNIT = Codes({"": "", "gb": "GB", "minute": "MIN", "message": "TIAO"})
HELD_STATE = Codes({"active": "1", "pendingActive": "2", "pendingTerminate": "3", "suspended": "4", "terminated": "9"})
SALE = Codes({"on_sale": "1", "withdrawn": "0"})

SUBSCRIBER = Table(
    Subscriber, id=("userId", TEXT), msisdn=("svcNum", NUMBER), account_id=("acctId", TEXT),
    account_holder=("holderFlag", FLAG), name=("custName", TEXT), birth_date=("birthday", DAY),
    brand=("brandCode", TEXT), region=("provCode", PROVINCE), city=("cityName", TEXT), grid=("gridId", TEXT),
    rural=("ruralFlag", FLAG), language=("lang", TEXT), status=("userState", LINE_STATE),
    student=("studentFlag", FLAG), account_manager=("managerName", Maybe(TEXT)),
    suspended_for=("stopCause", Maybe(CAUSE)), suspended_at=("stopTime", Maybe(MOMENT)),
    joined_at=("openTime", Maybe(MOMENT)),
)  # fmt: skip
BUCKET = Table(
    BalanceBucket, id=("bookId", TEXT), kind=("bookType", BOOK), amount_fen=("leftAmt", YUAN),
    name=("bookName", NAMES), valid_until=("expTime", Maybe(MOMENT)),
)  # fmt: skip
BALANCE = Table(Balance, msisdn=("svcNum", NUMBER), buckets=("bookList", Many(BUCKET)), as_of=("qryTime", MOMENT))
ALLOWANCE = Table(
    Allowance, id=("resId", TEXT), type=("resType", RESOURCE), scope=("useScope", SCOPE), name=("resName", NAMES),
    total=("totalNum", WHOLE), used=("usedNum", WHOLE), offering_id=("offerId", TEXT), valid_until=("expTime", MOMENT),
)  # fmt: skip
USAGE = Table(
    UsageSummary, msisdn=("svcNum", NUMBER), month=("acctMonth", MONTH), data_kb=("dataKb", WHOLE),
    voice_minutes=("voiceMin", WHOLE), sms_count=("smsNum", WHOLE), roaming_data_kb=("roamKb", WHOLE),
)  # fmt: skip
POINTS = Table(
    PointsLot, id=("scoreId", TEXT), msisdn=("svcNum", NUMBER), earned=("addScore", WHOLE), left=("leftScore", WHOLE),
    earned_on=("addDate", DAY), expires_at=("expTime", MOMENT),
)  # fmt: skip
RECORD = Table(
    CallRecord, id=("cdrId", TEXT), msisdn=("svcNum", NUMBER), at=("beginTime", MOMENT), kind=("callType", CALL),
    peer=("otherNum", TEXT), seconds=("durSec", WHOLE), amount_fen=("fee", YUAN),
)  # fmt: skip
BROADBAND = Table(
    Broadband, account=("bbAcct", TEXT), msisdn=("svcNum", NUMBER), address=("instAddr", TEXT),
    speed_mbps=("rateM", WHOLE), until=("expDate", DAY), state=("userState", LINE_STATE),
)  # fmt: skip
RECKONING = Table(
    Reckoning, kind=("calcType", RECKONED), count=("calcNum", WHOLE), each_fen=("unitFee", YUAN), of=("calcBase", WHOLE)
)
ITEM = Table(
    BillItem, cause=("feeItem", CHARGE), name=("feeName", NAMES), amount_fen=("fee", YUAN), on=("feeDate", DAY),
    offering_id=("offerId", Maybe(TEXT)), reckoning=("calc", Maybe(RECKONING)),
)  # fmt: skip
BILL = Table(
    Bill, id=("billId", TEXT), msisdn=("svcNum", NUMBER), month=("acctMonth", MONTH), total_fen=("totalFee", YUAN),
    due_fen=("oweFee", YUAN), due_on=("payLimitDate", DAY), state=("billState", BILL_STATE),
    items=("feeList", Many(ITEM)), gift_fen=("giftFee", YUAN),
)  # fmt: skip
PAYMENT = Table(
    Payment, id=("payId", TEXT), msisdn=("svcNum", NUMBER), amount_fen=("payAmt", YUAN), method=("payMode", PAID_BY),
    state=("payState", PAYMENT_STATE), created_at=("createTime", MOMENT), paid_at=("payTime", Maybe(MOMENT)),
    conversation=("extInfo", TEXT),
)  # fmt: skip
TOP_UP = Table(
    TopUp, id=("rechId", TEXT), msisdn=("svcNum", NUMBER), amount_fen=("rechAmt", YUAN), balance_fen=("leftAmt", YUAN),
    at=("rechTime", MOMENT), payment_id=("payId", Maybe(TEXT)),
)  # fmt: skip
REFUND = Table(
    Refund, id=("backId", TEXT), msisdn=("svcNum", NUMBER), offering_id=("offerId", TEXT), amount_fen=("backAmt", YUAN),
    at=("backTime", MOMENT),
)  # fmt: skip
INVOICE_REQUEST = Table(
    InvoiceRequest, msisdn=("svcNum", NUMBER), month=("acctMonth", MONTH), title=("buyerName", TEXT),
    tax_id=("buyerTaxNo", TEXT), email=("email", TEXT),
)  # fmt: skip
INVOICE = Table(
    Invoice, id=("invId", TEXT), msisdn=("svcNum", NUMBER), month=("acctMonth", MONTH), amount_fen=("invAmt", YUAN),
    title=("buyerName", TEXT), tax_id=("buyerTaxNo", TEXT), email=("email", TEXT), issued_at=("invTime", MOMENT),
    reversal=("redInvId", TEXT), reversed_at=("redTime", Maybe(MOMENT)),
)  # fmt: skip
PRICE = Table(Price, kind=("feeMode", PRICE_KIND), amount_fen=("fee", YUAN), unit=("feeUnit", PRICE_UNIT))
GRANT = Table(Grant, type=("resType", RESOURCE), scope=("useScope", SCOPE), amount=("resNum", WHOLE))
RATE = Table(Rate, use=("useType", TARIFF_USE), amount_fen=("fee", YUAN))
TARIFF = Table(Tariff, countries=("natList", Many(TEXT)), rates=("rateList", Many(RATE)))
OFFERING = Table(
    Offering, id=("offerId", TEXT), name=("offerName", NAMES), description=("offerDesc", NAMES),
    category=("offerType", CATEGORY), prices=("feeList", Many(PRICE)), grants=("resList", Many(GRANT)),
    requires=("relyList", Many(TEXT)), excludes=("mutexList", Many(TEXT)), maximum=("maxNum", WHOLE),
    regions=("provList", Many(PROVINCE)), audience=("custGroup", TEXT), sale_state=("saleState", SALE),
    aliases=("aliasList", Many(TEXT)), tier=("tierNo", WHOLE), generation=("netType", TEXT),
    lasts_days=("effDays", WHOLE), lock_in_months=("lockMonths", WHOLE), provider=("spName", NAMES),
    version=("verNo", TEXT), points=("needScore", WHOLE),
    countries=("natList", Many(TEXT)), tariffs=("tariffList", Many(TARIFF)),
)  # fmt: skip
PRODUCT = Table(
    Product, id=("prodInstId", TEXT), msisdn=("svcNum", NUMBER), offering_id=("offerId", TEXT),
    name=("offerName", NAMES), category=("offerType", CATEGORY), status=("instState", HELD_STATE),
    price_fen=("fee", YUAN), since=("effTime", MOMENT), until=("expTime", Maybe(MOMENT)),
    lock_in_until=("lockDate", Maybe(DAY)),
)  # fmt: skip
ORDER_ITEM = Table(OrderItem, action=("oprType", ACTION), offering_id=("offerId", TEXT))
QUALIFICATION = Table(
    Qualification, ok=("canDo", FLAG), reasons=("denyList", Many(REASON)), price_fen=("totalFee", YUAN),
    due_now_fen=("nowFee", YUAN), monthly_fen=("monthFee", YUAN), effective_at=("effTime", MOMENT),
    catalogue_version=("verNo", TEXT),
)  # fmt: skip
ORDER_REQUEST = Table(
    OrderRequest, msisdn=("svcNum", NUMBER), items=("offerList", Many(ORDER_ITEM)), external_id=("extOrderId", TEXT),
    channel=("chnlCode", TEXT), quoted_fen=("confirmFee", Maybe(YUAN)), proof=("confirmMode", TEXT),
)  # fmt: skip
ORDER = Table(
    Order, id=("orderId", TEXT), msisdn=("svcNum", NUMBER), items=("offerList", Many(ORDER_ITEM)),
    state=("orderState", ORDER_STATE), total_fen=("totalFee", YUAN), placed_at=("acceptTime", MOMENT),
    effective_at=("effTime", MOMENT), external_id=("extOrderId", TEXT), completed_at=("finishTime", Maybe(MOMENT)),
    reasons=("denyList", Many(REASON)), channel=("chnlCode", TEXT), proof=("confirmMode", TEXT),
)  # fmt: skip
TICKET = Table(
    Ticket, id=("workId", TEXT), msisdn=("svcNum", NUMBER), kind=("workType", TICKET_KIND), text=("workDesc", TEXT),
    urgency=("urgentLvl", URGENCY), state=("workState", TICKET_STATE), created_at=("acceptTime", MOMENT),
    due_at=("limitTime", MOMENT), accountable=("dealStaff", TEXT), note=("dealNote", TEXT),
)  # fmt: skip
PROOF = Table(
    Proof, password=("svcPwd", TEXT), id_number=("certNo", TEXT), name=("custName", TEXT), id_tail=("certTail", TEXT),
    monthly_fen=("monthFee", Maybe(YUAN)),
)  # fmt: skip
PORT_OUT = Table(PortOutCode, code=("authCode", TEXT), until=("expTime", MOMENT))
SHOP = Table(
    Shop, id=("hallId", TEXT), name=("hallName", NAMES), address=("hallAddr", NAMES), region=("provCode", PROVINCE),
    city=("cityName", TEXT), district=("areaName", TEXT), opens=("openHour", HOUR), closes=("closeHour", HOUR),
    every_day=("holidayFlag", FLAG), does=("bizList", Many(TEXT)), quiet_from=("idleFrom", Maybe(HOUR)),
    quiet_until=("idleUntil", Maybe(HOUR)),
)  # fmt: skip
INTERACTION = Table(
    Interaction, id=("contactId", TEXT), msisdn=("svcNum", NUMBER), channel=("chnlCode", TEXT),
    direction=("direct", TALK_SIDE), reason=("reasonCode", TEXT), description=("contactDesc", TEXT),
    state=("contactState", TALK_STATE), began_at=("beginTime", MOMENT), ended_at=("endTime", Maybe(MOMENT)),
    created_at=("createTime", MOMENT),
)  # fmt: skip
VISIT = Table(
    Appointment, id=("bookId", TEXT), msisdn=("svcNum", NUMBER), shop_id=("hallId", TEXT), errand=("bizCode", TEXT),
    at=("bookTime", MOMENT), state=("bookState", VISIT_STATE),
)  # fmt: skip
