import { instant } from './moment.ts'

/** The window as it is published and polled: one small object, the same for everybody, behind a cache. */
export interface Live {
  period: string
  opens_at: string
  closes_at: string
  bids_max: number
  limits: Record<string, { reserve: number; tick: number; cap: number | null }>
  paused_at?: string | null
  broadcasts: Broadcast[]
  closed: boolean
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
  if (live.paused_at && nowMs >= instant(live.paused_at)) return 'paused'
  return nowMs < instant(live.opens_at) ? 'before' : 'open'
}
