import { useState } from 'react'
import { giveAccount, myRefunds, type Refund } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Button, Field } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'

const STATES: Record<string, string> = {
  planned: '等待付款',
  sent: '银行正在处理',
  paid: '已退款',
  failed: '退款未成功,请提供另一账户',
}

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
  const { value, fault, again } = useAsk(myRefunds)
  if (fault) return <Banner kind="warn">{fault}</Banner>
  if (!value) return null
  const failed = value.refunds.some((refund) => refund.state === 'failed')
  return (
    <>
      {value.refunds.length === 0 && <Banner kind="warn">目前没有您的退款。退款日期见公告。</Banner>}
      {value.refunds.map((refund) => (
        <One key={refund.our_ref} refund={refund} />
      ))}
      {failed && <AnotherAccount onGiven={again} />}
    </>
  )
}

function One({ refund }: { refund: Refund }) {
  return (
    <Card>
      <Facts
        facts={[
          ['状态', STATES[refund.state] ?? refund.state],
          ['本金', `${refund.principal_yuan} 元`],
          ['利息', `${refund.interest_yuan} 元`],
          ...(refund.reason ? ([['原因', refund.reason]] as [string, string][]) : []),
        ]}
      />
    </Card>
  )
}

function AnotherAccount({ onGiven }: { onGiven: () => void }) {
  const [number, setNumber] = useState('')
  const [name, setName] = useState('')
  const { busy, fault, run } = useAct()
  const submit = () =>
    run(async () => {
      await giveAccount(session.account()?.period ?? '', number, name)
      onGiven()
    })
  return (
    <Card title="提供另一账户">
      <p>账户须为申请人本人(本单位)所有。</p>
      <Field id="account" label="账号" value={number} onChange={setNumber} inputMode="numeric" autoComplete="off" />
      <Field id="owner" label="户名" value={name} onChange={setName} autoComplete="name" />
      {fault && <Banner kind="bad">{fault}</Banner>}
      <Button disabled={busy || number.length < 6 || !name} onPress={submit}>
        提交
      </Button>
    </Card>
  )
}
