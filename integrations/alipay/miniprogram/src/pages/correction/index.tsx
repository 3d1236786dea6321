import { useState } from 'react'
import { correctDeposit, type Deposit } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Button, Field } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'

export default function CorrectionPage() {
  return (
    <Page title="保证金信息更正">
      <SignedIn>
        <Form />
      </SignedIn>
    </Page>
  )
}

function Form() {
  const [paidOn, setPaidOn] = useState('')
  const [amount, setAmount] = useState('')
  const [tail, setTail] = useState('')
  const [deposit, setDeposit] = useState<Deposit>()
  const { busy, fault, run } = useAct()
  const submit = () =>
    run(async () => {
      const claim = { paid_on: paidOn, amount_yuan: amount, payer_account_tail: tail }
      setDeposit(await correctDeposit(session.account()?.period ?? '', claim))
    })
  if (deposit) {
    return (
      <>
        <Banner kind="good">更正成功,保证金已记入您的申请编码。</Banner>
        <Card>
          <Facts facts={[['保证金', `${deposit.amount_yuan} 元`]]} />
        </Card>
      </>
    )
  }
  return (
    <Card>
      <p>汇款时没有写、写错或被银行截断了申请编码,可以在更正截止前在这里认领。汇款人须与申请人同名。</p>
      <Field id="paid-on" label="到账日期" value={paidOn} onChange={setPaidOn} type="date" />
      <Field id="amount" label="汇款金额(元)" value={amount} onChange={setAmount} inputMode="decimal" hint="如 2000.00" />
      <Field id="tail" label="汇款账号末 4 至 8 位" value={tail} onChange={setTail} maxLength={8} autoComplete="off" />
      {fault && <Banner kind="bad">{fault}</Banner>}
      <Button disabled={busy || !paidOn || !amount || tail.length < 4} onPress={submit}>
        提交更正
      </Button>
    </Card>
  )
}
