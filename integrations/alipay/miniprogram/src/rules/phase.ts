import { instant } from './moment.ts'
import type { PriceLimits } from './price.ts'

/** The auction as it is published and polled: one small object, the same for everybody, behind a cache. */
export interface Live {
  period: string
  opens_at: string
  closes_at: string
  bids_max: number
  limits: Record<string, PriceLimits & { warning?: number | null }>
  /** Empty where one rule bounds the whole window. */
  phases?: WindowPhase[]
  paused_at?: string | null
  resumes_at?: string | null
  broadcasts: Broadcast[]
  /** The lowest price that would win as it stood at `at`; only where a phase hangs on it. */
  lowest?: { at: string; classes: Record<string, { lowest: number; from: number; to: number }> } | null
  closed: boolean
}

export interface WindowPhase {
  name: string
  opens_at: string
  closes_at: string
  bids_max: number
  newcomers: boolean
  limit: 'cap' | 'warning_price' | 'around_lowest'
  band: number | null
}

export interface Broadcast {
  number: number
  at: string
  classes: Record<string, { bidders: number; average: number | null }>
}

export type Phase = 'before' | 'open' | 'paused' | 'counting' | 'closed'

/** Where the auction stands at an instant of the server's clock. */
export function phaseAt(live: Live, nowMs: number): Phase {
  if (live.closed) return 'closed'
  if (nowMs >= instant(live.closes_at)) return 'counting'
  const over = live.resumes_at != null && nowMs >= instant(live.resumes_at)
  if (live.paused_at && nowMs >= instant(live.paused_at) && !over) return 'paused'
  return nowMs < instant(live.opens_at) ? 'before' : 'open'
}

/** The part of the window that an instant falls into; none where the window is not divided. */
export function windowPhaseAt(live: Live, nowMs: number): WindowPhase | undefined {
  return live.phases?.find((phase) => nowMs < instant(phase.closes_at))
}

/** What bounds a price of a class at an instant; the hub decides by what stands when it takes the bid. */
export function limitsAt(live: Live, bidderClass: string, nowMs: number): PriceLimits | undefined {
  const limits = live.limits[bidderClass]
  const phase = windowPhaseAt(live, nowMs)
  if (!limits || !phase) return limits
  const { reserve, tick, cap } = limits
  if (phase.limit === 'warning_price') return { reserve, tick, cap: lower(cap, limits.warning ?? null) }
  const low = live.lowest?.classes[bidderClass]
  if (phase.limit !== 'around_lowest' || !low) return { reserve, tick, cap }
  return { reserve: Math.max(reserve, low.from), tick, cap: lower(cap, low.to) }
}

function lower(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other < one) ? other : one
}
