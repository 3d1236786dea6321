import { useShareAppMessage } from '@tarojs/taro'
import { useEffect, useState } from 'react'
import { placeBid, standingBids, type Attempt, type Receipt } from '../../hub/bids'
import { sentence, unknownOutcome } from '../../hub/problem'
import { Button } from '../../parts/Field'
import { Banner, Card, Loading } from '../../parts/Page'
import { PricePad } from '../../parts/PricePad'
import { ReceiptCard } from '../../parts/ReceiptCard'
import { limitsAt, type Live, type Phase } from '../../rules/phase'
import { priceFault, yuan } from '../../rules/price'

/** The bid: type, confirm, send until an answer comes, keep the receipt. */
export function Bidding({ live, phase, bidderClass, now }: { live: Live; phase: Phase; bidderClass: string; now: number }) {
  const [price, setPrice] = useState('')
  const [confirming, setConfirming] = useState(false)
  const [attempt, setAttempt] = useState<Attempt>()
  const [fault, setFault] = useState('')
  const [receipts, setReceipts] = useState<Receipt[]>([])
  const [looked, setLooked] = useState<'' | 'done' | 'failed'>('')
  useEffect(() => {
    if (!looked) standingBids().then(
      (stand) => (setReceipts((kept) => merged(kept, stand)), setLooked('done')),
      () => setLooked('failed'),
    )
  }, [looked])
  useShareAppMessage(() => ({ title: '我的报价回执', desc: JSON.stringify(receipts[0] ?? ''), path: 'pages/auction/index' }))
  const limits = limitsAt(live, bidderClass, now)
  if (!limits) return null
  const [standing, ...older] = receipts
  const left = standing ? standing.receipt.bids_left : live.bids_max
  const ready = phase === 'open' && price !== '' && !priceFault(price, limits)

  const send = async (asked: number, again?: Attempt) => {
    setConfirming(false)
    setFault('')
    try {
      const receipt = await placeBid(asked, setAttempt, again)
      setReceipts((kept) => merged(kept, [receipt]))
      setAttempt(undefined)
      setPrice('')
    } catch (error) {
      setFault(sentence(error))
      // Nobody answered: the bid may stand. It stays open until the same request id is answered.
      if (!unknownOutcome(error)) setAttempt(undefined)
      else setAttempt((sent) => sent && { ...sent, tries: 0 })
    }
  }

  return (
    <>
      {attempt && <OnItsWay attempt={attempt} fault={fault} onAgain={() => void send(attempt.price, attempt)} />}
      {!attempt && fault && <Banner kind="bad">{fault}</Banner>}
      {standing && <ReceiptCard signed={standing} />}
      {looked === '' && <Loading lines={3} />}
      {looked === 'failed' && (
        <Banner kind="warn">
          <p>暂时查不到您已有的报价，不影响报价和已受理的报价。</p>
          <Button quiet onPress={() => setLooked('')}>
            重新查询
          </Button>
        </Banner>
      )}
      {phase === 'open' && !attempt && looked !== '' && left > 0 && (
        <Card title={standing ? `修改报价（还可 ${left} 次）` : `报价（共 ${left} 次）`}>
          <PricePad {...{ price, limits }} onChange={setPrice} disabled={confirming} />
          {confirming ? (
            <>
              <Banner kind="warn">
                确认以 <b className="number">{yuan(Number(price))} 元</b> 报价？提交后这次机会即用去一次。
              </Banner>
              <Button onPress={() => void send(Number(price))}>确认提交</Button>
              <Button quiet onPress={() => setConfirming(false)}>
                返回修改
              </Button>
            </>
          ) : (
            <Button disabled={!ready} onPress={() => setConfirming(true)}>
              提交报价
            </Button>
          )}
        </Card>
      )}
      {phase === 'open' && left === 0 && <Banner kind="good">报价次数已用完，最后一次报价有效。</Banner>}
      {older.map((receipt) => (
        <ReceiptCard key={receipt.receipt.request_id} signed={receipt} older />
      ))}
    </>
  )
}

/** Every receipt once, the standing one first: what this phone sent, and what another did. */
function merged(kept: Receipt[], more: Receipt[]): Receipt[] {
  const byRequest = new Map([...kept, ...more].map((each) => [each.receipt.request_id, each]))
  return [...byRequest.values()].sort((one, other) => other.receipt.bid_number - one.receipt.bid_number)
}

function OnItsWay({ attempt, fault, onAgain }: { attempt: Attempt; fault: string; onAgain: () => void }) {
  const waiting = attempt.tries > 0
  return (
    <Banner kind="warn">
      <p>
        <b>{yuan(attempt.price)} 元的报价尚未收到回执。</b>
        {waiting ? `正在用同一请求号发送（第 ${attempt.tries} 次），不会重复报价。` : fault}
      </p>
      <p className="receipt-code">请求号 {attempt.requestId}</p>
      {!waiting && <Button onPress={onAgain}>用同一请求号再次发送</Button>}
    </Banner>
  )
}
