import type { ReactNode } from 'react'
import { Asked } from './Asked'
import { Banner } from './Page'
import { currentPeriod } from '../hub/bidder'
import { useAsk } from './useAsk'

/** What belongs to the period that is going on. */
export function OfPeriod({ children }: { children: (period: string) => ReactNode }) {
  const asked = useAsk(currentPeriod)
  return (
    <Asked {...asked} lines={6}>
      {(current) => (current ? children(current.period) : <Banner kind="warn">目前没有进行中的竞价，请留意公告。</Banner>)}
    </Asked>
  )
}
