import { useDidShow } from '@tarojs/taro'
import { useRef } from 'react'
import { myNotice } from '../../hub/bidder'
import { Asked } from '../../parts/Asked'
import { openPdf } from '../../parts/download'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'
import { useNow } from '../../parts/useNow'
import { countdown, dayAndTime } from '../../rules/moment'
import { yuanOfFen } from '../../rules/price'

// The answer carries the notice as a PDF: it is not asked for more often than somebody would look.
const POLL_MS = 60_000
const STATES: Record<string, { kind: 'good' | 'warn' | 'bad'; says: string }> = {
  paid: { kind: 'good', says: '财政已确认收款。' },
  void: { kind: 'bad', says: '本通知书已作废，请勿付款，留意后续通知。' },
  defaulted: { kind: 'bad', says: '逾期未付款，已视为违约。' },
}
const DUE = { kind: 'warn' as const, says: '请在截止前付款。是否付清以财政的确认为准，付款后约几分钟在此显示。' }

export default function Settlement() {
  return (
    <Page title="缴款通知书">
      <SignedIn>
        <Notice />
      </SignedIn>
    </Page>
  )
}

function Notice() {
  const asked = useAsk(myNotice, POLL_MS)
  const now = useNow()
  const { busy, fault, run } = useAct()
  const shown = useRef(false)
  useDidShow(() => {
    if (shown.current) asked.again() // back from paying
    shown.current = true
  })
  return (
    <Asked {...asked} lines={6}>
      {(notice) => {
        const state = STATES[notice.state] ?? DUE
        return (
          <>
            <Banner kind={state.kind}>{state.says}</Banner>
            <Card>
              <Facts
                facts={[
                  ['缴款码', notice.pay_code],
                  ['应缴金额', `${yuanOfFen(notice.amount_fen)} 元`],
                  ['付款截止', dayAndTime(new Date(notice.due_at_ms).toISOString())],
                ]}
              />
              {state === DUE && (
                <p className="soft">
                  剩余 <span className="number">{countdown(notice.due_at_ms - now)}</span>。逾期未付视为违约，保证金不予退还。
                </p>
              )}
              {fault && <Banner kind="bad">{fault}</Banner>}
              <Button busy={busy} onPress={() => run(() => openPdf(notice.document))}>
                下载缴款通知书（PDF）
              </Button>
              <Button quiet onPress={asked.again}>
                刷新付款状态
              </Button>
            </Card>
          </>
        )
      }}
    </Asked>
  )
}
