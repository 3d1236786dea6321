import Taro from '@tarojs/taro'
import { useState } from 'react'
import { signIn } from '../../hub/bidder'
import { Button, Field } from '../../parts/Field'
import { Banner, Card, Page } from '../../parts/Page'
import { SmsCode } from '../../parts/SmsCode'
import { useAct } from '../../parts/useAct'
import { OfPeriod } from '../../parts/OfPeriod'

export default function Login() {
  return (
    <Page title="登录">
      <OfPeriod>{(period) => <Form period={period} />}</OfPeriod>
      <p className="soft small">关闭页面即退出登录。本页面不在手机上保存您的个人信息。</p>
    </Page>
  )
}

function Form({ period }: { period: string }) {
  const [code, setCode] = useState('')
  const [phone, setPhone] = useState('')
  const [smsCode, setSmsCode] = useState('')
  const { busy, fault, run } = useAct()
  const enter = () =>
    run(async () => {
      await signIn(period, code, phone, smsCode)
      // Whoever came by the page's own address has nowhere to go back to.
      if (Taro.getCurrentPages().length > 1) await Taro.navigateBack()
      else await Taro.reLaunch({ url: '/pages/home/index' })
    })
  return (
    <Card>
        <Field id="code" label="申请编码" value={code} onChange={setCode} inputMode="numeric" autoComplete="off" />
        <Field id="phone" label="登记手机号码" value={phone} onChange={setPhone} type="tel" maxLength={11} autoComplete="tel" />
        <SmsCode {...{ period, code, phone, smsCode }} purpose="account" onChange={setSmsCode} />
        {fault && <Banner kind="bad">{fault}</Banner>}
        <Button busy={busy} disabled={smsCode.length !== 6} onPress={enter}>
          登录
        </Button>
    </Card>
  )
}
