import { useState } from 'react'
import { giveAccount, myRefunds, type Refund } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Asked } from '../../parts/Asked'
import { Button, Field } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'

const STATES: Record<string, { kind: 'good' | 'warn' | 'bad'; says: string }> = {
  planned: { kind: 'warn', says: '已列入退款批次，等待付款。' },
  sent: { kind: 'warn', says: '已交银行，正在处理。' },
  paid: { kind: 'good', says: '已退款。' },
  failed: { kind: 'bad', says: '银行退回，请提供另一账户。' },
}
const ANSWERED = { kind: 'warn' as const, says: '已收到您的另一账户，等待重新付款。' }
const SOURCES: Record<string, string> = { deposit: '保证金', excess: '多缴部分', credit: '未能入账的汇款' }

export default function RefundPage() {
  return (
    <Page title="保证金退款">
      <SignedIn>
        <Refunds />
      </SignedIn>
    </Page>
  )
}

function Refunds() {
  const asked = useAsk(myRefunds)
  return (
    <Asked {...asked} lines={6}>
      {({ refunds }) => (
        <>
          {refunds.length === 0 && <Banner kind="warn">目前没有您的退款。退款日期见首页日程和公告。</Banner>}
          {refunds.map((refund) => (
            <One key={refund.our_ref} refund={refund} />
          ))}
          {refunds.some((refund) => refund.state === 'failed') && <AnotherAccount onGiven={asked.again} />}
        </>
      )}
    </Asked>
  )
}

function One({ refund }: { refund: Refund }) {
  const state = refund.state === 'failed' && refund.answered ? ANSWERED : STATES[refund.state]
  return (
    <Card title={SOURCES[refund.source] ?? '退款'}>
      <Banner kind={state?.kind ?? 'warn'}>{state?.says ?? refund.state}</Banner>
      <Facts
        facts={[
          ['本金', `${refund.principal_yuan} 元`],
          ['利息', `${refund.interest_yuan} 元`],
          ['退款日', refund.leaves_on],
          ['收款账户', refund.account],
          ...(refund.reason ? ([['退回原因', refund.reason]] as [string, string][]) : []),
        ]}
      />
    </Card>
  )
}

function AnotherAccount({ onGiven }: { onGiven: () => void }) {
  const [number, setNumber] = useState('')
  const [name, setName] = useState('')
  const [given, setGiven] = useState(false)
  const { busy, fault, run } = useAct()
  const submit = () =>
    run(async () => {
      await giveAccount(session.account()?.period ?? '', number, name)
      setGiven(true)
      setNumber('')
      onGiven()
    })
  return (
    <Card title="提供另一账户">
      <p>账户须为申请人本人（本单位）所有。重新付款前可以再次更改。</p>
      <Field id="account" label="账号" value={number} onChange={setNumber} inputMode="numeric" maxLength={34} autoComplete="off" />
      <Field id="owner" label="户名" value={name} onChange={setName} maxLength={60} autoComplete="name" />
      {fault && <Banner kind="bad">{fault}</Banner>}
      {given && !fault && !number && <Banner kind="good">已提交。</Banner>}
      <Button busy={busy} disabled={number.length < 6 || !name} onPress={submit}>
        提交
      </Button>
    </Card>
  )
}
