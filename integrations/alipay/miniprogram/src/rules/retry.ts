/** How often to send, how long to rest between, and which errors leave open what became of it. */
export interface Patience {
  triesMax: number
  pauseMs: number
  unknown: (error: unknown) => boolean
  rest?: (ms: number) => Promise<void>
}

/**
 * Send the same thing again, more and more slowly, until it is answered one way or the other.
 *
 * `onTry` is told the number of each try, from 1. Throws a refusal at once; after the last try, what was wrong with it.
 */
export async function untilAnswered<T>(send: () => Promise<T>, onTry: (tries: number) => void, patience: Patience): Promise<T> {
  const { triesMax, pauseMs, unknown, rest = sleep } = patience
  for (let tries = 1; ; tries++) {
    onTry(tries)
    try {
      return await send()
    } catch (error) {
      if (!unknown(error) || tries === triesMax) throw error
      await rest(pauseMs * tries)
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
