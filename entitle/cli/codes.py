"""The codes that records hold, as people read them in Chinese; in English they stand for themselves."""

from typing import Final

from entitle.messages import Lang

CHINESE: Final = {
    # what happened
    "change.planned": "已安排变更",
    "change.undone": "已撤销变更",
    "charge.paid": "已扣款",
    "charge.pending": "扣款处理中",
    "contract.cancelled": "已退订",
    "contract.changed": "已变更方案",
    "contract.price-kept": "价格不变",
    "contract.restored": "已恢复续期",
    "customer.forgotten": "顾客已遗忘",
    "grant.claimed": "已领取",
    "grant.expired": "已过期",
    "grant.issued": "已发放",
    "grant.redeemed": "已核销",
    "grant.revealed": "已查看券码",
    "grant.revoked": "已收回",
    "hold.confirmed": "已确认预占",
    "hold.expired": "预占已过期",
    "hold.placed": "已预占",
    "hold.voided": "已释放预占",
    "issue.waiting": "等待发放",
    "notice.claim-expiring": "领取即将截止",
    "notice.ended": "已结束",
    "notice.payment-failed": "扣款失败",
    "notice.pool-low": "库存不足提醒",
    "notice.price-changed": "价格变动提醒",
    "notice.renewal": "续期提醒",
    "order.placed": "已下单",
    "order.refunded": "已退款",
    "pass.conflict": "凭证重复使用",
    "pool.expired": "库存已过期",
    "pool.filled": "已补充库存",
    "quota.spent": "已使用额度",
    "redemption.reversed": "已撤销核销",
    "refund.due": "待退款",
    # states
    "active": "生效中",
    "cancelled": "已退订",
    "claimable": "待领取",
    "ended": "已结束",
    "expired": "已过期",
    "failing": "扣款失败",
    "revoked": "已收回",
    "running": "进行中",
    "scheduled": "待发放",
    "used": "已用完",
    # stages of a decision
    "sale": "销售时间与渠道",
    "missing": "缺少信息",
    "eligible": "购买资格",
    "guards": "风控",
    "price": "价格",
    "limits": "限购",
    # verbs
    "buy": "购买",
    "cancel": "退订",
    "change_plan": "变更方案",
    "claim": "领取",
    "confirm": "确认",
    "fill": "补充库存",
    "forget": "遗忘",
    "gate": "风控",
    "hold": "预占",
    "redeem": "核销",
    "refund": "退款",
    "reveal": "查看券码",
    "reverse": "撤销核销",
    "settle": "结算",
    "spend": "使用",
    "tick": "到期处理",
    "undo_cancel": "撤销退订",
    "undo_change": "撤销变更",
    "void": "释放",
    # accounts and assets
    "benefit": "权益",
    "held": "持有",
    "issued": "发放",
    "payer": "付款方",
    "pool": "库存池",
    "receivable": "应收",
    "sales": "销售",
    "sold": "售出",
    "stock": "库存",
    "supply": "进货",
    "unused": "未用限额",
}


def code_word(code: str, lang: Lang) -> str:
    """A code in words; of `sales:club-year` what stands before the colon."""
    head, colon, name = code.partition(":")
    return f"{CHINESE.get(head, head)}{colon}{name}" if lang == "zh" else code
