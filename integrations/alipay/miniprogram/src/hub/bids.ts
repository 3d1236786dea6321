import { newRequestId } from '../rules/requestId'
import { untilAnswered } from '../rules/retry'
import { ask } from './http'
import { unknownOutcome } from './problem'
import { session } from './session'

export interface Receipt {
  receipt: {
    period: string
    bidder_class: string
    application_code: string
    request_id: string
    price: number
    bid_at: string
    bid_number: number
    bids_left: number
  }
  signature: string
  public_key: string
}

/** The bids that stand under the session's code, whatever phone they came from; each with its receipt. */
export const standingBids = async () => (await ask<{ bids: Receipt[] }>('/me/bids', { token: session.bidToken() })).bids

/** A bid on its way: what was asked for, and how often it was sent. */
export interface Attempt {
  requestId: string
  price: number
  tries: number
}

const TRIES_MAX = 6
const TIMEOUT_MS = 4_000
const PAUSE_MS = 700

/**
 * Send a bid until an answer comes, always under the same request id: however often it arrives, it is one bid.
 *
 * `onTry` is told before each try. Throws the hub's refusal, or what was last wrong where nobody answered; the attempt may
 * then be continued by passing it in again.
 */
export async function placeBid(price: number, onTry: (attempt: Attempt) => void, again?: Attempt): Promise<Receipt> {
  const requestId = again?.requestId ?? newRequestId()
  const body = { request_id: requestId, price }
  const send = () => ask<Receipt>('/bids', { method: 'POST', body, token: session.bidToken(), timeoutMs: TIMEOUT_MS })
  const patience = { triesMax: TRIES_MAX, pauseMs: PAUSE_MS, unknown: unknownOutcome }
  return untilAnswered(send, (tries) => onTry({ requestId, price, tries }), patience)
}
