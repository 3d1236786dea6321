import { useEffect, useState } from 'react'
import { serverNow } from '../hub/clock'

/** The server's time in epoch ms, looked at again every `everyMs`. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
