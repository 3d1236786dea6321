import { useEffect, useState } from 'react'
import { live as readLive } from '../../hub/bidder'
import { learnTime } from '../../hub/clock'
import { session } from '../../hub/session'
import { Asked } from '../../parts/Asked'
import { OfPeriod } from '../../parts/OfPeriod'
import { Banner, Card, Page } from '../../parts/Page'
import { useAsk } from '../../parts/useAsk'
import { useNow } from '../../parts/useNow'
import { countdown, dayAndTime, instant, timeOfDay } from '../../rules/moment'
import { phaseAt, windowPhaseAt, type Live, type Phase, type WindowPhase } from '../../rules/phase'
import { grouped, yuan } from '../../rules/price'
import { Bidding } from './Bidding'
import { Entrance } from './Entrance'

const POLL_MS = 5_000
// Of phones that open the page in the same second, not all ask in the same second.
const SPREAD_MS = 1_500

export default function Auction() {
  return (
    <Page title="竞价">
      <OfPeriod>{(period) => <Window period={period} />}</OfPeriod>
    </Page>
  )
}

function Window({ period }: { period: string }) {
  const [everyMs] = useState(() => POLL_MS + Math.random() * SPREAD_MS)
  const { value, fault, again } = useAsk(() => readLive(period), everyMs)
  useEffect(() => void learnTime().catch(() => undefined), [])
  // What was once seen stays, however the network is: an answer that does not come takes nothing off the page.
  const lost = fault && value !== undefined
  return (
    <>
      {lost && <Banner kind="warn">网络不稳定，正在重新连接。已受理的报价不受影响。</Banner>}
      <Asked value={value} fault={lost ? '' : fault} again={again} lines={8}>
        {(live) => (live ? <Open live={live} /> : <Banner kind="warn">本期竞价安排尚未公布。</Banner>)}
      </Asked>
    </>
  )
}

function Open({ live }: { live: Live }) {
  const [bidderClass, setBidderClass] = useState(session.bidderClass())
  const now = useNow(250)
  const phase = phaseAt(live, now)
  return (
    <>
      <Clock live={live} phase={phase} now={now} />
      {phase !== 'closed' && !bidderClass && <Entrance period={live.period} onEntered={setBidderClass} />}
      {bidderClass && <Bidding {...{ live, phase, bidderClass, now }} />}
      <Divided live={live} bidderClass={bidderClass} now={now} />
      <Broadcasts live={live} bidderClass={bidderClass} />
      <Rules live={live} />
    </>
  )
}

const SAYS: Record<Phase, string> = {
  before: '距竞价开始',
  open: '距竞价结束',
  paused: '竞价已暂停，恢复时间见公告',
  counting: '竞价已结束，正在计算结果',
  closed: '竞价已结束，结果已公布',
}

function Clock({ live, phase, now }: { live: Live; phase: Phase; now: number }) {
  const end = phase === 'before' ? live.opens_at : live.closes_at
  const counting = phase === 'before' || phase === 'open'
  return (
    <Card>
      <p className="soft">{phase === 'paused' && live.resumes_at ? `竞价已暂停，${timeOfDay(live.resumes_at).slice(0, 8)} 恢复` : SAYS[phase]}</p>
      {counting && (
        <p className="clock" role="timer">
          {countdown(instant(end) - now)}
        </p>
      )}
      <p className="soft small number">以服务器时间为准：{timeOfDay(new Date(now).toISOString()).slice(0, 8)}</p>
    </Card>
  )
}

const BOUND: Record<WindowPhase['limit'], string> = {
  cap: '不超过最高限价',
  warning_price: '首次报价不超过警示价',
  around_lowest: '修改后的报价须在目前最低可成交价上下浮动范围内',
}

/** Where the window has parts with rules of their own: what holds now, and until when. */
function Divided({ live, bidderClass, now }: { live: Live; bidderClass: string; now: number }) {
  const phase = windowPhaseAt(live, now)
  if (!phase) return null
  const low = live.lowest?.classes[bidderClass]
  return (
    <Card title="本阶段规则">
      <p>
        {timeOfDay(phase.closes_at).slice(0, 5)} 前：{BOUND[phase.limit]}
        {phase.band !== null && `(±${yuan(phase.band)} 元)`}，可报价 {phase.bids_max} 次{!phase.newcomers && '；此前没有报价的不能再报价'}。
      </p>
      {low && (
        <p>
          目前最低可成交价 <b className="number">{yuan(low.lowest)} 元</b>，可报 {yuan(low.from)} 至 {yuan(low.to)} 元。
        </p>
      )}
    </Card>
  )
}

function Broadcasts({ live, bidderClass }: { live: Live; bidderClass: string }) {
  if (!live.broadcasts.length) return null
  const classes = bidderClass ? [bidderClass] : Object.keys(live.limits)
  return (
    <Card title="平均报价播报">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">时间</th>
            <th scope="col">类别</th>
            <th scope="col">报价人数</th>
            <th scope="col">均价（元）</th>
          </tr>
        </thead>
        <tbody>
          {[...live.broadcasts].reverse().flatMap((each) =>
            classes.map((name) => (
              <tr key={`${each.number} ${name}`}>
                <td>{timeOfDay(each.at).slice(0, 5)}</td>
                <td>{className(name)}</td>
                <td>{grouped(each.classes[name]?.bidders ?? 0)}</td>
                <td>{each.classes[name]?.average == null ? '—' : yuan(each.classes[name].average)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </Card>
  )
}

function Rules({ live }: { live: Live }) {
  return (
    <Card title="规则">
      <p>
        {dayAndTime(live.opens_at)} 至 {dayAndTime(live.closes_at).split(' ').pop()}，每人最多报价 {live.bids_max} 次，以最后一次被受理的报价为准。
      </p>
      <p>价高者得，同价的受理时间早者得。</p>
      <p className="soft small">网络中断时，本页面用同一请求号自动重发：同一请求号无论到达几次，只算一次报价。</p>
    </Card>
  )
}

export function className(name: string): string {
  return name === 'unit' ? '单位' : '个人'
}
