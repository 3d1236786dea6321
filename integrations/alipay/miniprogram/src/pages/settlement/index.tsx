import { myNotice } from '../../hub/bidder'
import { openNotice } from '../../parts/download'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { SignedIn } from '../../parts/SignedIn'
import { useAct } from '../../parts/useAct'
import { useAsk } from '../../parts/useAsk'
import { useNow } from '../../parts/useNow'
import { countdown, dayAndTime, instant } from '../../rules/moment'

const POLL_MS = 15_000

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
  const { value: notice, fault } = useAsk(myNotice, POLL_MS)
  const now = useNow()
  const { busy, fault: notOpened, run } = useAct()
  if (fault) return <Banner kind="warn">{fault}</Banner>
  if (!notice) return null
  const paid = notice.state === 'paid'
  return (
    <>
      <Banner kind={paid ? 'good' : 'warn'}>
        {paid ? '财政已确认收款。' : '请在截止前付款。是否付清以财政的确认为准,付款后约几分钟在此显示。'}
      </Banner>
      <Card>
        <Facts
          facts={[
            ['缴款码', notice.pay_code],
            ['应缴金额', `${notice.amount_yuan} 元`],
            ['付款截止', dayAndTime(notice.pay_by)],
          ]}
        />
        {!paid && (
          <p className="soft">
            剩余 <span className="number">{countdown(instant(notice.pay_by) - now)}</span>。逾期未付视为违约,保证金不予退还。
          </p>
        )}
        {notOpened && <Banner kind="bad">{notOpened}</Banner>}
        <Button disabled={busy} onPress={() => run(openNotice)}>
          打开缴款通知书(PDF)
        </Button>
      </Card>
    </>
  )
}
