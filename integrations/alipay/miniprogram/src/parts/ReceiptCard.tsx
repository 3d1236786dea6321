import { useState } from 'react'
import type { Receipt } from '../hub/bids'
import { timeOfDay } from '../rules/moment'
import { yuan } from '../rules/price'
import { Button } from './Field'
import { Facts } from './Page'
import { canShare, copy, share } from './share'

/** What the bidder holds in hand: the hub's signed word for the bid. */
export function ReceiptCard({ signed, older }: { signed: Receipt; older?: boolean }) {
  const { receipt, signature } = signed
  const [copied, setCopied] = useState(false)
  const text = JSON.stringify(signed)
  return (
    <section className={older ? 'card' : 'card receipt'} aria-label={`第 ${receipt.bid_number} 次报价回执`}>
      <h2>{older ? `第 ${receipt.bid_number} 次报价（已被取代）` : '当前有效报价'}</h2>
      {!older && <p className="price">{yuan(receipt.price)} 元</p>}
      <Facts
        facts={[
          ...(older ? ([['报价', `${yuan(receipt.price)} 元`]] as [string, string][]) : []),
          ['受理时间', timeOfDay(receipt.bid_at)],
          ['第几次报价', receipt.bid_number],
          ['剩余次数', receipt.bids_left],
        ]}
      />
      <p className="receipt-code">签名 {signature.slice(0, 24)}…</p>
      <div className="pad">
        <Button quiet onPress={() => void copy(text).then(() => setCopied(true))}>
          {copied ? '已复制' : '复制回执'}
        </Button>
        {canShare && (
          <Button quiet onPress={() => void share('报价回执', text)}>
            分享
          </Button>
        )}
      </div>
      {!older && (
        <p className="soft small">
          如何核对：请保存回执全文。开标后可凭它在公证材料中核对报价、时间和名次；签名为 Ed25519，公钥见当期公告，任何人都可用公开的核对程序验证。
        </p>
      )}
    </section>
  )
}
