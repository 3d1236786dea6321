import { useState } from 'react'
import { myDeposit, payDeposit, type Deposit } from '../../hub/bidder'
import { authCode, insideAlipay, tradePay, type Told } from '../../parts/pay'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { go, SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'
import { dayAndTime } from '../../rules/moment'
import { session } from '../../hub/session'

const POLL_MS = 4_000

const CHANNELS: Record<string, string> = { hangzhou: '杭州银行', minsheng: '民生银行', alipay: '支付宝', rollover: '上期延期退保' }

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
  const { value, fault } = useAsk(myDeposit, POLL_MS)
  const deposit = value?.deposit
  return (
    <>
      {fault && <Banner kind="bad">{fault}</Banner>}
      {deposit && <Held deposit={deposit} />}
      {deposit === null && <Pay />}
      {deposit === null && <ByBank />}
    </>
  )
}

function Held({ deposit }: { deposit: Deposit }) {
  const pending = deposit.state === 'pending'
  return (
    <Card title="我的保证金">
      <Banner kind={pending ? 'warn' : 'good'}>{pending ? '已收到付款消息,正在等待银行对账单确认。' : '保证金已到账。'}</Banner>
      <Facts
        facts={[
          ['金额', `${deposit.amount_yuan} 元`],
          ['渠道', CHANNELS[deposit.channel] ?? deposit.channel],
          ['到账时间', dayAndTime(deposit.arrived_at)],
        ]}
      />
    </Card>
  )
}

const SAYS: Record<Told, { kind: 'good' | 'warn' | 'bad'; text: string }> = {
  paid: { kind: 'good', text: '付款已提交,正在等待支付宝确认。确认后本页会显示“保证金已到账”。' },
  unknown: { kind: 'warn', text: '付款结果尚不明确,正在向支付宝查询。请勿重复付款。' },
  cancelled: { kind: 'warn', text: '您取消了付款。' },
  failed: { kind: 'bad', text: '付款未成功,请重试或改用银行汇款。' },
  elsewhere: { kind: 'warn', text: '请在支付宝小程序中付款,或用银行汇款。' },
}

function Pay() {
  const [told, setTold] = useState<Told>()
  const { busy, fault, run } = useAct()
  const waiting = told === 'paid' || told === 'unknown'
  const pay = () => run(async () => setTold(await tradePay((await payDeposit(await authCode())).trade_no)))
  return (
    <Card title="用支付宝缴纳">
      <p>个人可以用支付宝缴纳;单位请用银行汇款。一个申请编码只缴一笔,以到账时间为准。</p>
      {told && <Banner kind={SAYS[told].kind}>{SAYS[told].text}</Banner>}
      {fault && <Banner kind="bad">{fault}</Banner>}
      {insideAlipay ? (
        <Button disabled={busy || waiting} onPress={pay}>
          {waiting ? '正在确认…' : '支付保证金'}
        </Button>
      ) : (
        <p className="soft">请打开支付宝,搜索本小程序,登录后付款。</p>
      )}
    </Card>
  )
}

function ByBank() {
  return (
    <Card title="用银行汇款">
      <p>
        向公告中的保证金专户汇款,并在附言中只写申请编码 <b className="number">{session.account()?.code}</b>。
      </p>
      <p className="soft small">编码漏写或写错的,可以在更正截止前认领。</p>
      <Button quiet onPress={() => go('correction')}>
        汇款时编码写错了
      </Button>
    </Card>
  )
}
