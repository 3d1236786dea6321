import { useDidShow } from '@tarojs/taro'
import { useState } from 'react'
import { currentPeriod, me, myDeposit, periodOf, toldDeposit, type Me, type Period } from '../../hub/bidder'
import { learnTime } from '../../hub/clock'
import { Problem, SIGNED_OUT } from '../../hub/problem'
import { session } from '../../hub/session'
import { Asked } from '../../parts/Asked'
import { Button } from '../../parts/Field'
import { Banner, Card, Facts, Page } from '../../parts/Page'
import { go } from '../../parts/SignedIn'
import { useAsk } from '../../parts/useAsk'
import { useNow } from '../../parts/useNow'
import { dayAndTime, instant, periodName } from '../../rules/moment'
import { standing, type Standing } from '../../rules/standing'

// What a bidder has to know of the month, in its order.
const STEPS: [milestone: string, name: string][] = [
  ['deposits_open', '保证金缴纳开始'],
  ['alipay_closes', '支付宝缴纳截止'],
  ['deposits_close', '银行缴纳截止'],
  ['corrections_close', '保证金信息更正截止'],
  ['activation_opens', '资格激活开始'],
  ['activation_closes', '资格激活截止'],
  ['auction_opens', '竞价开始'],
  ['auction_closes', '竞价结束'],
  ['settlement_closes', '成交付款截止'],
  ['refunds_1_by', '第一批退款截止'],
  ['refunds_2_by', '第二批退款截止'],
]

type Own = Me & Standing

async function lookUp(): Promise<{ period?: Period; mine?: Own }> {
  const current = await currentPeriod()
  if (!current) return {}
  const [period, mine] = await Promise.all([periodOf(current.period), own(), learnTime().catch(() => undefined)])
  return { period, mine }
}

/** When each milestone is; nothing before the plan is published. */
function instants(period?: Period): Record<string, string> | undefined {
  const planned = period?.plan?.milestones
  return planned && Object.fromEntries(Object.entries(planned).map(([name, { at }]) => [name, at]))
}

/** The bidder's own record and deposit; nothing where nobody is signed in, or no longer. */
async function own(): Promise<Own | undefined> {
  if (!session.account()) return undefined
  try {
    const [mine, booked, told] = await Promise.all([me(), myDeposit(), toldDeposit()])
    return { ...mine, deposit: booked.state === 'none' ? told.state : booked.state, doubtful: booked.doubtful.length }
  } catch (error) {
    if (error instanceof Problem && error.code === SIGNED_OUT) return undefined
    throw error
  }
}

export default function Home() {
  const [shown, setShown] = useState(0)
  const asked = useAsk(lookUp)
  const { value, again } = asked
  const now = useNow(10_000)
  useDidShow(() => {
    if (shown) again() // coming back from a page where something was done
    setShown(shown + 1)
  })
  const milestones = instants(value?.period)
  return (
    <Page title={value?.period ? `${periodName(value.period.period)}竞价` : '小客车增量指标竞价'}>
      <Asked {...asked} lines={12}>
        {({ mine }) =>
          milestones ? (
            <>
              <Mine mine={mine} milestones={milestones} now={now} />
              <Card title="本期日程">
                <ol className="steps">{steps(milestones, now)}</ol>
              </Card>
            </>
          ) : (
            <Banner kind="warn">本期工作计划尚未公布，请稍后再来。</Banner>
          )
        }
      </Asked>
      <Card>
        <Link page="auction" name="进入竞价" />
        <Link page="result" name="竞价结果" />
        <Link page="settlement" name="缴款通知书" />
        <Link page="refund" name="保证金退款" />
        <Link page="help" name="帮助" />
      </Card>
    </Page>
  )
}

function Mine({ mine, milestones, now }: { mine?: Own; milestones: Record<string, string>; now: number }) {
  if (!mine) {
    return (
      <Card title="我的进度">
        <p className="soft">登录后可以看到保证金、资格和激活情况。</p>
        <Button onPress={() => go('login')}>登录</Button>
      </Card>
    )
  }
  const { kind, says, page, act } = standing(mine, milestones, now)
  return (
    <Card title="我的进度">
      <Facts
        facts={[
          ['申请编码', mine.application_code],
          ['姓名', mine.name],
          ['登记手机', mine.phone],
          ['编码有效期至', mine.valid_until],
        ]}
      />
      <Banner kind={kind}>{says}</Banner>
      {page && <Button onPress={() => go(page)}>{act}</Button>}
    </Card>
  )
}

function steps(milestones: Record<string, string>, now: number) {
  const known = STEPS.flatMap(([milestone, name]) => {
    const at = milestones[milestone]
    return at === undefined ? [] : [{ milestone, name, at }]
  })
  const next = known.findIndex(({ at }) => instant(at) > now)
  return known.map(({ milestone, name, at }, place) => {
    const state = next === -1 || place < next ? 'past' : place === next ? 'now' : 'later'
    return (
      <li className={`step step-${state}`} key={milestone} aria-current={state === 'now' ? 'step' : undefined}>
        <div className="step-name">{name}</div>
        <div className="soft small number">{dayAndTime(at)}</div>
      </li>
    )
  })
}

function Link({ page, name }: { page: string; name: string }) {
  return (
    <a className="row-link" href={`#/pages/${page}/index`} onClick={(event) => (event.preventDefault(), go(page))}>
      {name}
    </a>
  )
}
