import { useState } from 'react'
import { enterAuction } from '../../hub/bidder'
import { session } from '../../hub/session'
import { Button, Field } from '../../parts/Field'
import { Banner, Card } from '../../parts/Page'
import { useAct } from '../../parts/useAct'

/** The way in on auction day: application code and bidding password. */
export function Entrance({ period, onEntered }: { period: string; onEntered: (bidderClass: string) => void }) {
  const [code, setCode] = useState(session.account()?.code ?? '')
  const [password, setPassword] = useState('')
  const { busy, fault, run } = useAct()
  const enter = () => run(async () => onEntered(await enterAuction(period, code, password)))
  return (
    <Card title="登录竞价">
      <Field id="code" label="申请编码" value={code} onChange={setCode} inputMode="numeric" autoComplete="off" />
      <Field id="password" label="竞价密码" value={password} onChange={setPassword} type="password" autoComplete="current-password" />
      {fault && <Banner kind="bad">{fault}</Banner>}
      <Button busy={busy} disabled={!code || !password} onPress={enter}>
        登录
      </Button>
    </Card>
  )
}
