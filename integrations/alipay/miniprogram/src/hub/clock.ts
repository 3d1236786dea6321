import { ask } from './http'

const SAMPLES = 3

let offsetMs = 0
let roundTripMs = Infinity

/** The server's time in epoch ms, as well as this phone can know it. The server's own clock decides about every bid. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

/** Learn how far this phone's clock is off; the fastest answer is the truest. */
export async function learnTime(): Promise<void> {
  for (let i = 0; i < SAMPLES; i++) {
    const sent = Date.now()
    const { now_ms } = await ask<{ now_ms: number }>('/time', { timeoutMs: 5_000 })
    const took = Date.now() - sent
    if (took < roundTripMs) {
      roundTripMs = took
      offsetMs = now_ms + took / 2 - (sent + took)
    }
  }
}
