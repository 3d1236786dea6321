import { useState } from 'react'
import { myDeposit, openPayment, payment, toldDeposit, type Deposit, type Told } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Asked } from '../../parts/Asked'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { authCode, insideAlipay, tradePay } from '../../parts/pay'
import { go, SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'
import { dayAndTime, periodName } from '../../rules/moment'

const POLL_MS = 5_000

const CHANNELS: Record<string, string> = { hangzhou: '杭州银行', minsheng: '民生银行', alipay: '支付宝' }
const STATES: Record<string, { kind: 'good' | 'warn' | 'bad'; says: string }> = {
  held: { kind: 'good', says: '保证金已到账。' },
  rolled: { kind: 'good', says: '保证金已延期，留到下一期使用。' },
  refunding: { kind: 'warn', says: '保证金正在退还。' },
  refunded: { kind: 'good', says: '保证金已退还。' },
  forfeited: { kind: 'bad', says: '逾期未付成交款，保证金已上缴财政。' },
}

interface Both {
  booked: Deposit
  told: Told
}

async function lookUp(): Promise<Both> {
  const [booked, told] = await Promise.all([myDeposit(), toldDeposit()])
  return { booked, told }
}

export default function DepositPage() {
  return (
    <Page title="缴纳保证金">
      <SignedIn>
        <Own />
      </SignedIn>
    </Page>
  )
}

function Own() {
  const asked = useAsk(lookUp, POLL_MS)
  return (
    <Asked {...asked} lines={6}>
      {({ booked, told }) => (
        <>
          {booked.state !== 'none' && <Held deposit={booked} />}
          {booked.state === 'none' && told.state === 'pending' && <Coming told={told} />}
          {booked.doubtful.length > 0 && <ToCorrect deposit={booked} />}
          {booked.state === 'none' && told.state !== 'pending' && <ByAlipay onPaid={asked.again} />}
          {booked.state === 'none' && told.state !== 'pending' && <ByBank />}
        </>
      )}
    </Asked>
  )
}

function Held({ deposit }: { deposit: Deposit }) {
  const state = STATES[deposit.state] ?? { kind: 'warn' as const, says: deposit.state }
  const over = deposit.excess_yuan && Number(deposit.excess_yuan) > 0
  return (
    <Card title="我的保证金">
      <Banner kind={state.kind}>{state.says}</Banner>
      <Facts
        facts={[
          ['金额', `${deposit.amount_yuan} 元`],
          ...(over ? ([['多缴（随退款退回）', `${deposit.excess_yuan} 元`]] as [string, string][]) : []),
          ['渠道', deposit.rolled_from ? `${periodName(deposit.rolled_from)}延期退保` : (CHANNELS[deposit.channel ?? ''] ?? '—')],
          ['到账日', deposit.value_date ?? '—'],
        ]}
      />
    </Card>
  )
}

function Coming({ told }: { told: Told }) {
  return (
    <Card title="我的保证金">
      <Banner kind="warn">已收到付款消息，正在等待对账单确认，一般在下一个工作日。请勿重复付款。</Banner>
      {told.payments.map((each) => (
        <Facts
          key={each.arrived_at}
          facts={[
            ['金额', `${each.amount_yuan} 元`],
            ['渠道', CHANNELS[each.channel] ?? each.channel],
            ['付款时间', dayAndTime(each.arrived_at)],
          ]}
        />
      ))}
    </Card>
  )
}

function ToCorrect({ deposit }: { deposit: Deposit }) {
  return (
    <Card title="待更正的汇款">
      <Banner kind="warn">有 {deposit.doubtful.length} 笔您名下的汇款缺少或写错了申请编码，请在更正截止前认领。</Banner>
      <Button onPress={() => go('correction')}>更正保证金信息</Button>
    </Card>
  )
}

const SAYS: Record<string, { kind: 'good' | 'warn' | 'bad'; text: string }> = {
  paid: { kind: 'good', text: '支付宝已确认付款，正在入账。' },
  pending: { kind: 'warn', text: '付款结果尚不明确，正在向支付宝查询。请勿重复付款。' },
  open: { kind: 'warn', text: '这笔付款没有完成。' },
  closed: { kind: 'bad', text: '这笔付款已超时关闭，请重新支付。' },
}

function ByAlipay({ onPaid }: { onPaid: () => void }) {
  const [state, setState] = useState('')
  const { busy, fault, run } = useAct()
  const pay = () =>
    run(async () => {
      const opened = await openPayment(session.account()?.period ?? '', await authCode())
      const told = await tradePay(opened.trade_no)
      setState('pending')
      // The hub asks Alipay: what the phone says proves nothing.
      setState((await payment(opened.our_ref, told)).state)
      onPaid()
    })
  const says = SAYS[state]
  return (
    <Card title="用支付宝缴纳">
      <p>个人可以用支付宝缴纳；单位请用银行汇款。一个申请编码只缴一笔，以到账时间为准。</p>
      {says && <Banner kind={says.kind}>{says.text}</Banner>}
      {fault && <Banner kind="bad">{fault}</Banner>}
      {insideAlipay() ? (
        <Button busy={busy} disabled={state === 'paid' || state === 'pending'} onPress={pay}>
          {busy ? '正在确认…' : '支付保证金'}
        </Button>
      ) : (
        <p className="soft">请打开支付宝，在生活号或小程序中打开本页面付款。</p>
      )}
    </Card>
  )
}

function ByBank() {
  return (
    <Card title="用银行汇款">
      <p>
        向公告中的保证金专户汇款，并在附言中只写申请编码 <b className="number">{session.account()?.code}</b>。
      </p>
      <p className="soft small">编码漏写或写错的，可以在更正截止前认领。</p>
      <Button quiet onPress={() => go('correction')}>
        汇款时编码写错了
      </Button>
    </Card>
  )
}
