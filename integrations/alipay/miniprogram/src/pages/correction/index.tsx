import { useState } from 'react'
import { correctDeposit, myDeposit, type Corrected, type Doubtful } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Asked } from '../../parts/Asked'
import { Button, Field } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'
import { dayAndTime } from '../../rules/moment'

export default function CorrectionPage() {
  return (
    <Page title="保证金信息更正">
      <SignedIn>
        <Own />
      </SignedIn>
    </Page>
  )
}

function Own() {
  const asked = useAsk(myDeposit)
  return (
    <Asked {...asked} lines={8}>
      {(deposit) =>
        deposit.state === 'none' ? <Form doubtful={deposit.doubtful} /> : <Banner kind="good">您的保证金已到账，不需要更正。</Banner>
      }
    </Asked>
  )
}

function Form({ doubtful }: { doubtful: Doubtful[] }) {
  const only = doubtful.length === 1 ? doubtful[0] : undefined
  const [paidOn, setPaidOn] = useState(only?.arrived_at.slice(0, 10) ?? '')
  const [amount, setAmount] = useState(only?.amount_yuan ?? '')
  const [tail, setTail] = useState('')
  const [corrected, setCorrected] = useState<Corrected>()
  const { busy, fault, run } = useAct()
  const submit = () =>
    run(async () => {
      const claim = { paid_on: paidOn, amount_yuan: amount, payer_account_tail: tail }
      setCorrected(await correctDeposit(session.account()?.period ?? '', claim))
    })
  if (corrected) {
    return (
      <>
        <Banner kind="good">更正成功，保证金已记入您的申请编码。</Banner>
        <Card>
          <Facts
            facts={[
              ['申请编码', corrected.application_code],
              ['保证金', `${corrected.amount_yuan} 元`],
            ]}
          />
        </Card>
      </>
    )
  }
  return (
    <>
      {doubtful.map((each) => (
        <Card key={each.arrived_at} title="待更正的汇款">
          <Facts
            facts={[
              ['到账时间', dayAndTime(each.arrived_at)],
              ['金额', `${each.amount_yuan} 元`],
            ]}
          />
          {!only && (
            <Button
              quiet
              onPress={() => {
                setPaidOn(each.arrived_at.slice(0, 10))
                setAmount(each.amount_yuan)
              }}
            >
              更正这一笔
            </Button>
          )}
        </Card>
      ))}
      <Card>
        <p>汇款时没有写、写错或被银行截断了申请编码，可以在更正截止前在这里认领。汇款人须与申请人同名。</p>
        <Field id="paid-on" label="到账日期" value={paidOn} onChange={setPaidOn} type="date" hint="如 2026-03-12" />
        <Field id="amount" label="汇款金额（元）" value={amount} onChange={setAmount} inputMode="decimal" hint="如 2000.00" />
        <Field id="tail" label="汇款账号末 4 至 8 位" value={tail} onChange={setTail} maxLength={8} autoComplete="off" />
        {fault && <Banner kind="bad">{fault}</Banner>}
        <Button busy={busy} disabled={!paidOn || !amount || tail.length < 4} onPress={submit}>
          提交更正
        </Button>
      </Card>
    </>
  )
}
