import { useEffect, useState } from 'react'
import { sendSmsCode, type Purpose } from '../hub/bidder'
import { Button, Field } from './Field'
import { useAct } from './useAct'

const WAIT_SECONDS = 60

interface Who {
  period: string
  code: string
  phone: string
  purpose: Purpose
  smsCode: string
  onChange: (smsCode: string) => void
}

/** Ask for an SMS code, and type it. A new one may be asked for after a minute, as the carrier has it. */
export function SmsCode({ period, code, phone, purpose, smsCode, onChange }: Who) {
  const [left, setLeft] = useState(0)
  const [said, setSaid] = useState('')
  const { busy, fault, run } = useAct()
  useEffect(() => {
    if (!left) return
    const timer = setTimeout(() => setLeft(left - 1), 1_000)
    return () => clearTimeout(timer)
  }, [left])
  const send = () =>
    run(async () => {
      setSaid((await sendSmsCode(period, code, phone, purpose)).message)
      setLeft(WAIT_SECONDS)
    })
  const ready = code !== '' && /^1[3-9]\d{9}$/.test(phone)
  return (
    <Field
      id="sms-code"
      label="短信验证码"
      value={smsCode}
      onChange={onChange}
      inputMode="numeric"
      maxLength={6}
      autoComplete="one-time-code"
      hint={said || '6 位数字，5 分钟内有效'}
      fault={fault}
      beside={
        <Button quiet busy={busy} disabled={left > 0 || !ready} onPress={send}>
          {left ? `${left} 秒后重发` : '获取验证码'}
        </Button>
      }
    />
  )
}
