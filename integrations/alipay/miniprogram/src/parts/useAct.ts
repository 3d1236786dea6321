import { useCallback, useState } from 'react'
import { sentence } from '../hub/problem'

/** Something the bidder does once at a time: whether it is under way, what went wrong, and how to start it. */
export function useAct(): { busy: boolean; fault: string; run: (act: () => Promise<void>) => void } {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const run = useCallback((act: () => Promise<void>) => {
    setBusy(true)
    setFault('')
    act()
      .catch((error: unknown) => setFault(sentence(error)))
      .finally(() => setBusy(false))
  }, [])
  return { busy, fault, run }
}
