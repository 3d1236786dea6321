import { currentPeriod } from '../hub/bidder'
import { useAsk } from './useAsk'

/** The period that is going on, such as `2026-03`; empty until it is known. */
export function usePeriod(): string {
  return useAsk(currentPeriod).value?.period ?? ''
}
