import { myResult, result, type OwnResult, type Result } from '../../hub/bidder'
import { Problem } from '../../hub/problem'
import { session } from '../../hub/session'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { go } from '../../parts/SignedIn'
import { useAsk } from '../../parts/useAsk'
import { usePeriod } from '../../parts/usePeriod'
import { dayAndTime, timeOfDay } from '../../rules/moment'
import { yuan } from '../../rules/price'

export default function ResultPage() {
  const period = usePeriod()
  return <Page title="竞价结果">{period && <Published period={period} />}</Page>
}

function Published({ period }: { period: string }) {
  const { value, fault } = useAsk(() => result(period))
  if (fault) return <Banner kind="warn">{fault}</Banner>
  if (!value) return null
  return (
    <>
      <Mine />
      {Object.entries(value.classes).map(([name, each]) => (
        <Table key={name} name={name} result={each} />
      ))}
    </>
  )
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
  if (value === undefined) return null
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
        {own.won ? '恭喜,您已竞得指标。请在付款截止前按缴款通知书付款。' : '您本期未竞得指标,保证金按公告安排退还。'}
      </Banner>
      <Facts
        facts={[
          ['名次', own.rank],
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
          ['投放指标', each.quota],
          ['报价人数', each.bidders],
          ['成交人数', each.winners],
          ['最低成交价', money(each.lowest_price)],
          ['平均成交价', money(each.average_price)],
          ['最低价报价人数', each.bid_lowest],
          ['最低价成交人数', each.won_lowest],
          ['最后成交报价时间', each.last_winner_at ? `${dayAndTime(each.last_winner_at).split(' ')[0]} ${timeOfDay(each.last_winner_at)}` : '—'],
        ]}
      />
    </Card>
  )
}
