import { myResult, result, type OwnResult, type Result } from '../../hub/bidder'
import { Problem } from '../../hub/problem'
import { session } from '../../hub/session'
import { Asked } from '../../parts/Asked'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Loading, Page } from '../../parts/Page'
import { OfPeriod } from '../../parts/OfPeriod'
import { go } from '../../parts/SignedIn'
import { useAsk } from '../../parts/useAsk'
import { dayAndTime, timeOfDay } from '../../rules/moment'
import { grouped, yuan } from '../../rules/price'

export default function ResultPage() {
  return (
    <Page title="竞价结果">
      <OfPeriod>{(period) => <Published period={period} />}</OfPeriod>
    </Page>
  )
}

function Published({ period }: { period: string }) {
  const asked = useAsk(() => result(period).catch(notYet))
  return (
    <Asked {...asked} lines={8}>
      {(published) =>
        published === null ? (
          <Banner kind="warn">本期竞价结果尚未公布，请在竞价结束后再来。</Banner>
        ) : (
          <>
            <Mine />
            {Object.entries(published.classes).map(([name, each]) => (
              <Table key={name} name={name} result={each} />
            ))}
          </>
        )
      }
    </Asked>
  )
}

function notYet(error: unknown): null {
  if (error instanceof Problem && error.code === 'RESULT_NOT_PUBLISHED') return null
  throw error
}

function Mine() {
  const { value, fault } = useAsk(async () => {
    if (!session.account()) return 'signed out' as const
    return myResult().catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'NO_BID') return 'no bid' as const
      throw error
    })
  })
  if (fault) return <Banner kind="bad">{fault}</Banner>
  if (value === undefined) return <Loading />
  if (value === 'no bid') return <Banner kind="warn">您在本期竞价中没有报价。</Banner>
  if (value === 'signed out') {
    return (
      <Card title="我的结果">
        <Button onPress={() => go('login')}>登录后查看我的名次</Button>
      </Card>
    )
  }
  return <Own own={value} />
}

function Own({ own }: { own: OwnResult }) {
  return (
    <Card title="我的结果">
      <Banner kind={own.won ? 'good' : 'warn'}>
        {own.won ? '恭喜，您已竞得指标。请在付款截止前按缴款通知书付款。' : '您本期未竞得指标，保证金按公告安排退还。'}
      </Banner>
      <Facts
        facts={[
          ['名次', grouped(own.rank)],
          ['报价', `${yuan(own.price)} 元`],
          ['受理时间', timeOfDay(own.bid_at)],
        ]}
      />
      {own.won && <Button onPress={() => go('settlement')}>查看缴款通知书</Button>}
    </Card>
  )
}

function Table({ name, result: each }: { name: string; result: Result['classes'][string] }) {
  const money = (amount: number | null) => (amount === null ? '—' : `${yuan(amount)} 元`)
  return (
    <Card title={name === 'unit' ? '单位' : '个人'}>
      <Facts
        facts={[
          ['投放指标', grouped(each.quota)],
          ['报价人数', grouped(each.bidders)],
          ['成交人数', grouped(each.winners)],
          ['最低成交价', money(each.lowest)],
          ['平均成交价', money(each.average)],
          ['最低价报价人数', grouped(each.at_lowest)],
          ['最低价成交人数', grouped(each.won_at_lowest)],
          ['最后成交报价时间', each.last_winner_at ? `${dayAndTime(each.last_winner_at).split(' ')[0]} ${timeOfDay(each.last_winner_at)}` : '—'],
        ]}
      />
    </Card>
  )
}
