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
import { phaseAt, type Live, type Phase } from '../../rules/phase'
import { yuan } from '../../rules/price'
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
      {lost && <Banner kind="warn">网络不稳定,正在重新连接。已受理的报价不受影响。</Banner>}
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
      {bidderClass && <Bidding {...{ live, phase, bidderClass }} />}
      <Broadcasts live={live} bidderClass={bidderClass} />
      <Rules live={live} />
    </>
  )
}

const SAYS: Record<Phase, string> = {
  before: '距竞价开始',
  open: '距竞价结束',
  paused: '竞价已暂停,恢复时间见公告',
  counting: '竞价已结束,正在计算结果',
  closed: '竞价已结束,结果已公布',
}

function Clock({ live, phase, now }: { live: Live; phase: Phase; now: number }) {
  const end = phase === 'before' ? live.opens_at : live.closes_at
  const counting = phase === 'before' || phase === 'open'
  return (
    <Card>
      <p className="soft">{SAYS[phase]}</p>
      {counting && (
        <p className="clock" role="timer">
          {countdown(instant(end) - now)}
        </p>
      )}
      <p className="soft small number">以服务器时间为准:{timeOfDay(new Date(now).toISOString()).slice(0, 8)}</p>
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
            <th scope="col">平均价(元)</th>
          </tr>
        </thead>
        <tbody>
          {[...live.broadcasts].reverse().flatMap((each) =>
            classes.map((name) => (
              <tr key={`${each.number} ${name}`}>
                <td>{timeOfDay(each.at).slice(0, 5)}</td>
                <td>{className(name)}</td>
                <td>{each.classes[name]?.bidders ?? 0}</td>
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
        {dayAndTime(live.opens_at)} 至 {dayAndTime(live.closes_at).split(' ').pop()},每人最多报价 {live.bids_max} 次,以最后一次被受理的报价为准;
        价高者得,同价的受理时间早者得。
      </p>
      <p className="soft small">网络中断时,本页面用同一请求号自动重发:同一请求号无论到达几次,只算一次报价。</p>
    </Card>
  )
}

export function className(name: string): string {
  return name === 'unit' ? '单位' : '个人'
}
