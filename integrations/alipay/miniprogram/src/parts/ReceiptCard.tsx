import Taro from '@tarojs/taro'
import type { Receipt } from '../hub/bids'
import { timeOfDay } from '../rules/moment'
import { yuan } from '../rules/price'
import { Button } from './Field'
import { Facts } from './Page'

/** What the bidder holds in hand: the hub's signed word for the bid. */
export function ReceiptCard({ signed, older }: { signed: Receipt; older?: boolean }) {
  const { receipt, signature } = signed
  const copy = () => void Taro.setClipboardData({ data: JSON.stringify(signed) })
  return (
    <section className={older ? 'card' : 'card receipt'} aria-label={`第 ${receipt.bid_number} 次报价回执`}>
      <h2>{older ? `第 ${receipt.bid_number} 次报价(已被取代)` : '当前有效报价'}</h2>
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
      <Button quiet onPress={copy}>
        复制回执
      </Button>
    </section>
  )
}
