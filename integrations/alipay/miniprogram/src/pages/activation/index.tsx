import { useState } from 'react'
import { activate } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Button, Check, Field } from '../../parts/Field'
import { OfPeriod } from '../../parts/OfPeriod'
import { Banner, Card, Page } from '../../parts/Page'
import { go } from '../../parts/SignedIn'
import { SmsCode } from '../../parts/SmsCode'
import { useAct } from '../../parts/useAct'

const PASSWORD_MIN = 8

export default function Activation() {
  return (
    <Page title="资格激活">
      <OfPeriod>{(period) => <Form period={period} />}</OfPeriod>
    </Page>
  )
}

function Form({ period }: { period: string }) {
  const [code, setCode] = useState(session.account()?.code ?? '')
  const [phone, setPhone] = useState('')
  const [smsCode, setSmsCode] = useState('')
  const [password, setPassword] = useState('')
  const [repeated, setRepeated] = useState('')
  const [rollover, setRollover] = useState(false)
  const [activatedAt, setActivatedAt] = useState('')
  const { busy, fault, run } = useAct()
  const differs = repeated !== '' && repeated !== password
  const ready = smsCode.length === 6 && password.length >= PASSWORD_MIN && password === repeated
  const submit = () => run(async () => setActivatedAt((await activate(period, code, { phone, smsCode, password, rollover })).activated_at))
  if (activatedAt) {
    return (
      <>
        <Banner kind="good">激活成功。请牢记竞价密码，竞价当天凭申请编码和密码登录。</Banner>
        <Button onPress={() => go('auction')}>查看竞价规则</Button>
      </>
    )
  }
  return (
      <Card>
        <Field id="code" label="申请编码" value={code} onChange={setCode} inputMode="numeric" autoComplete="off" />
        <Field id="phone" label="登记手机号码" value={phone} onChange={setPhone} type="tel" maxLength={11} autoComplete="tel" />
        <SmsCode {...{ period, code, phone, smsCode }} purpose="activation" onChange={setSmsCode} />
        <Field
          id="password"
          label="设置竞价密码"
          value={password}
          onChange={setPassword}
          type="password"
          autoComplete="new-password"
          hint="至少 8 位，同时含字母和数字"
        />
        <Field
          id="repeated"
          label="再次输入竞价密码"
          value={repeated}
          onChange={setRepeated}
          type="password"
          autoComplete="new-password"
          fault={differs ? '两次输入的密码不一致' : ''}
        />
        <Check
          id="rollover"
          label="延期退保：若本期未成交，保证金留到下一期使用（仅一期），暂不退款。"
          on={rollover}
          onChange={setRollover}
        />
        {fault && <Banner kind="bad">{fault}</Banner>}
        <Button busy={busy} disabled={!ready} onPress={submit}>
          激活
        </Button>
      </Card>
  )
}
